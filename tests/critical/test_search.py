"""The search loop: every start has its own end, and the end has a name."""

import tracemalloc

import numpy as np
import pytest

from landscape import (
    EigenvectorFollowing,
    GradientNormMinimization,
    Landscape,
    Newton,
    SearchRuns,
    SearchStatus,
    Sphere,
    problem,
    search,
)
from landscape.batch import NoMemory
from landscape.critical.trust_region import Proposal, gradient_noise, model_residual, shorten, trust_region_step
from landscape.spectrum.dense import tangent_system

METHODS = [Newton(), EigenvectorFollowing(index=0), EigenvectorFollowing(index=1)]


def starts(landscape, size, seed=0):
    return landscape.starts(np.random.default_rng(seed), size)


@pytest.mark.parametrize("method", METHODS, ids=repr)
@pytest.mark.parametrize("name", ["himmelblau", "styblinski_tang", "xy_chain", "spherical_spin_glass"])
def test_converged_means_that_the_gradient_is_gone(name, method):
    landscape = problem(name)
    runs = search(landscape, starts(landscape, 200), method)
    found = runs.converged()
    assert len(found) > 50
    slope = np.abs(np.linalg.eigvalsh(landscape.tangent_hessian(found.x))).max(axis=1)
    assert (found.gradient_norm <= 1e-9 * landscape.manifold.length_scale * slope).all()
    recomputed = np.linalg.norm(landscape.riemannian_gradient(found.x), axis=1)
    np.testing.assert_allclose(found.gradient_norm, recomputed, atol=1e-14 * slope.max())


def test_where_the_gradient_lies_in_the_kernel_of_the_hessian_it_is_flat_and_not_critical():
    # f = x + y^2 has no critical point; on the line y = 0 the gradient (1, 0) is mapped to zero by the Hessian.
    landscape = Landscape.from_function(
        lambda p: p[..., 0] + p[..., 1] ** 2,
        lambda p: np.stack([np.ones(p.shape[:-1]), 2 * p[..., 1]], axis=-1),
        lambda p: np.broadcast_to(np.diag([0.0, 2.0]), (*p.shape, 2)),
        dim=2,
    )
    runs = search(landscape, starts(landscape, 50), Newton())
    assert (runs.status == SearchStatus.FLAT).all()
    assert np.abs(runs.x[:, 1]).max() < 1e-2
    np.testing.assert_allclose(runs.gradient_norm, 1.0, rtol=1e-3)


def test_a_local_minimum_of_the_gradient_norm_is_flat():
    # f = x^3 / 3 + c x has f' >= c > 0, least where f'' = 0; at c = 0 the point is critical, however degenerate.
    def cubic(c):
        return Landscape.from_function(
            lambda x: (x**3 / 3 + c * x)[..., 0], lambda x: x**2 + c, lambda x: 2 * x[..., None], dim=1
        )

    for c in [1.0, 1e-3, 1e-6, 1e-9]:
        runs = search(cubic(c), starts(cubic(c), 20), Newton())
        assert (runs.status == SearchStatus.FLAT).all(), (c, runs)
    assert (search(cubic(0.0), starts(cubic(0.0), 20), Newton()).status == SearchStatus.CONVERGED).all()
    below = search(cubic(-1e-9), starts(cubic(0.0), 20), Newton()).converged()
    np.testing.assert_allclose(np.abs(below.x), 10**-4.5, rtol=1e-6)


def test_a_vanishing_tail_is_not_critical():
    # A Gaussian well: outside the inflection point searches run away, and the gradient gets as small as you please.
    landscape = Landscape.from_function(
        lambda x: -np.exp(-(x[..., 0] ** 2)),
        lambda x: 2 * x * np.exp(-(x**2)),
        lambda x: ((2 - 4 * x**2) * np.exp(-(x**2)))[..., None],
        dim=1,
        box=(-3, 3),
    )
    runs = search(landscape, starts(landscape, 100), Newton())
    np.testing.assert_allclose(runs.converged().x, 0, atol=1e-8)
    away = runs[runs.status != SearchStatus.CONVERGED]
    assert len(away) > 50
    assert (away.gradient_norm < 1e-20).all()
    assert np.isin(away.status, (SearchStatus.FLAT, SearchStatus.STEP_LIMIT)).all()


def test_a_search_that_leaves_the_domain_ends_there():
    himmelblau = problem("himmelblau")
    right = himmelblau.with_options(domain=lambda x: x[..., 0] > 0)
    runs = search(right, starts(himmelblau, 300), Newton())
    assert right.inside(runs.converged().x).all()
    left = runs[runs.status == SearchStatus.LEFT_DOMAIN]
    assert len(left) > 100
    assert not right.inside(left.x).any()
    assert len(left) + len(runs.converged()) == 300
    outside = search(right, [[-3.0, 1.0]], Newton())
    assert outside.status.tolist() == [SearchStatus.LEFT_DOMAIN]
    np.testing.assert_array_equal(outside.x, [[-3.0, 1.0]])


def broken(gradient_hole=np.inf, hessian_hole=np.inf):
    """(x - 1)^2 with a gradient or a Hessian that is NaN below some x."""
    return Landscape.from_function(
        lambda x: ((x - 1) ** 2)[..., 0],
        lambda x: np.where(x < -gradient_hole, np.nan, 2 * (x - 1)),
        lambda x: np.where(x < -hessian_hole, np.nan, 2.0)[..., None],
        dim=1,
        box=(-2, 2),
    )


@pytest.mark.parametrize("landscape", [broken(gradient_hole=0.5), broken(hessian_hole=0.5)])
def test_points_without_derivatives_are_non_finite_and_do_not_disturb_others(landscape):
    x = np.array([[-1.0], [0.0], [-0.6], [1.5]])
    runs = search(landscape, x, Newton())
    expected = [SearchStatus.NON_FINITE, SearchStatus.CONVERGED] * 2
    assert runs.status.tolist() == expected
    np.testing.assert_array_equal(runs.x[[0, 2]], x[[0, 2]])
    np.testing.assert_allclose(runs.x[[1, 3]], 1.0)


def test_a_step_into_a_hole_is_shortened():
    # The Newton step from 1.2 for x - log-like f = x^2 / 2 - ln(x) + ... overshoots below 0, where f' is NaN.
    landscape = Landscape.from_function(
        lambda x: np.log(x)[..., 0] + 1 / x[..., 0],
        lambda x: np.where(x > 0, 1 / x - 1 / x**2, np.nan),
        lambda x: np.where(x > 0, -1 / x**2 + 2 / x**3, np.nan)[..., None],
        dim=1,
        box=(0.1, 1.9),
    )
    runs = search(landscape, np.linspace(0.1, 1.8, 12)[:, None], Newton())
    assert (runs.status == SearchStatus.CONVERGED).all()
    np.testing.assert_allclose(runs.x, 1.0, rtol=1e-9)


def test_a_search_ends_at_its_limit_of_steps():
    himmelblau = problem("himmelblau")
    x = starts(himmelblau, 20)
    none = search(himmelblau, x, Newton(), max_steps=0)
    assert (none.status == SearchStatus.STEP_LIMIT).all()
    np.testing.assert_array_equal(none.x, x)
    np.testing.assert_array_equal(none.steps, 0)
    two = search(himmelblau, x, Newton(), max_steps=2)
    assert two.count()["step_limit"] >= 15
    assert two.steps.max() == 2


def test_searches_do_not_depend_on_their_company():
    glass = problem("spherical_spin_glass", n=4, seed=1)
    x = starts(glass, 60)
    together = search(glass, x, Newton())
    order = np.random.default_rng(5).permutation(60)
    shuffled = search(glass, x[order], Newton())
    np.testing.assert_array_equal(shuffled.status, together.status[order])
    np.testing.assert_allclose(shuffled.x, together.x[order], atol=1e-7)
    alone = [search(glass, start, Newton()) for start in x[:10]]
    assert [int(run.status[0]) for run in alone] == together.status[:10].tolist()


def test_points_stay_on_the_manifold():
    sphere = problem("spherical_spin_glass", n=5)
    runs = search(sphere, 3 * starts(sphere, 40), Newton())  # starts are brought to the sphere
    np.testing.assert_allclose(np.linalg.norm(runs.x, axis=1), 1.0, rtol=1e-12)
    torus = problem("xy_chain")
    runs = search(torus, starts(torus, 40) + 10, Newton())
    assert (runs.x >= 0).all()
    assert (runs.x < 2 * np.pi).all()


def test_the_callers_starts_are_not_written():
    himmelblau = problem("himmelblau")
    x = starts(himmelblau, 10)
    before = x.copy()
    x.flags.writeable = False
    runs = search(himmelblau, x, Newton())
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(runs.x, x)


def test_progress_is_told_after_each_step():
    himmelblau = problem("himmelblau")
    seen = []
    runs = search(himmelblau, starts(himmelblau, 30), Newton(), progress=lambda step, left: seen.append((step, left)))
    assert [step for step, _ in seen] == list(range(1, runs.steps.max() + 1))
    assert [left for _, left in seen] == [int((runs.steps >= step).sum()) for step, _ in seen]


@pytest.mark.parametrize("method", [*METHODS, GradientNormMinimization()], ids=repr)
def test_searches_that_wait_for_others_end_where_they_would_have(method, monkeypatch):
    landscape = problem("styblinski_tang", dim=3)
    x = starts(landscape, 50)
    together = search(landscape, x, method)
    monkeypatch.setattr("landscape.critical.search._TOGETHER", 7 * 9)
    seen = []
    apart = search(landscape, x, method, progress=lambda step, left: seen.append(left))
    np.testing.assert_array_equal(apart.status, together.status)
    np.testing.assert_allclose(apart.x, together.x, atol=1e-8)
    np.testing.assert_array_equal(apart.start, together.start)
    assert seen == sorted(seen, reverse=True)
    again = search(landscape, x, method)
    np.testing.assert_array_equal(again.x, apart.x)
    np.testing.assert_array_equal(again.steps, apart.steps)


def test_methods_without_a_hessian_wait_for_fewer_others():
    landscape = problem("styblinski_tang", dim=50)
    sizes = []
    for method in (Newton(), GradientNormMinimization()):
        active = []
        search(landscape, starts(landscape, 2000), method, 1, progress=lambda step, left, to=active: to.append(left))
        sizes.append(len(active))
    assert sizes == [2, 1]  # 4 000 000 numbers are 1600 Hessians of 50 x 50


def peak(function):
    """Bytes that a call allocates at its worst."""
    tracemalloc.start()
    function()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.mark.parametrize("method", [Newton(), EigenvectorFollowing(index=1)], ids=repr)
def test_memory_grows_with_the_starts_by_their_positions_and_not_by_their_hessians(method, monkeypatch):
    landscape = problem("rastrigin", dim=20)
    monkeypatch.setattr("landscape.critical.search._TOGETHER", 100 * 20**2)
    few, many = starts(landscape, 500), starts(landscape, 3500)
    growth = peak(lambda: search(landscape, many, method, 3)) - peak(lambda: search(landscape, few, method, 3))
    assert growth / 3000 < 8 * 20**2  # one Hessian a start would already be more


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"starts": np.zeros((10, 3))}, r"^starts has shape \(10, 3\) but the landscape has dim 2$"),
        ({"starts": [[np.nan, 0.0]]}, "^starts has coordinates that are not finite$"),
        ({"starts": [[0.0, 0.0]], "max_steps": -1}, "^max_steps is -1 but must not be negative$"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        search(problem("himmelblau"), **{"method": Newton(), **arguments})


def test_runs_count_and_print():
    himmelblau = problem("himmelblau")
    runs = search(himmelblau, starts(himmelblau, 25), Newton())
    assert isinstance(runs, SearchRuns)
    assert runs.count() == {"step_limit": 0, "converged": 25, "flat": 0, "left_domain": 0, "non_finite": 0}
    assert repr(runs) == "SearchRuns(Newton(): 25 converged)"
    assert len(search(himmelblau, np.zeros((0, 2)), Newton())) == 0


def test_shorten_keeps_direction_and_short_steps():
    steps = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    np.testing.assert_allclose(shorten(steps, np.array([1.0, 1.0, 1.0])), [[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]])


def test_the_model_is_linear_in_the_step():
    glass = problem("spherical_spin_glass", n=4)
    system = tangent_system(glass, starts(glass, 5))
    newton = -np.linalg.solve(system.hessian, system.gradient[..., None])[..., 0]
    np.testing.assert_allclose(model_residual(system, newton), 0, atol=1e-12)
    np.testing.assert_array_equal(model_residual(system, 0 * newton), system.gradient)


def test_noise_is_what_rounding_leaves_and_scales_with_the_function():
    himmelblau = problem("himmelblau")
    roots = search(himmelblau, starts(himmelblau, 50), Newton()).converged().x
    system = tangent_system(himmelblau, roots)
    noise = gradient_noise(himmelblau, roots, system)
    assert (np.linalg.norm(system.gradient, axis=1) <= noise).all()
    assert (noise < 1e-10).all()
    tripled = himmelblau.with_options(
        gradient=lambda x: 3 * himmelblau.gradient(x), hessian=lambda x: 3 * himmelblau.hessian(x)
    )
    np.testing.assert_allclose(gradient_noise(tripled, roots, tangent_system(tripled, roots)), 3 * noise)
    s = 1e-7
    shrunk = Landscape.from_function(
        lambda x: himmelblau.value(x / s),
        lambda x: himmelblau.gradient(x / s) / s,
        lambda x: himmelblau.hessian(x / s) / s**2,
        dim=2,
        box=(-6 * s, 6 * s),
    )
    np.testing.assert_allclose(gradient_noise(shrunk, s * roots, tangent_system(shrunk, s * roots)), noise / s)


def test_a_method_of_ones_own():
    class Follow:
        """Pure Newton, undamped."""

        def init(self, landscape, x):
            return NoMemory()

        def step(self, landscape, run, memory):
            return trust_region_step(landscape, self, run, memory)

        def propose(self, landscape, system, radius, memory):
            step = shorten(-np.linalg.solve(system.lifted_hessian(), system.gradient[..., None])[..., 0], radius)
            return Proposal(step, model_residual(system, step)), memory

        def judge(self, norms):
            return np.ones(len(norms.after), dtype=bool), np.ones(len(norms.after))

    sphere = Landscape.from_function(lambda x: x[..., 2], manifold=Sphere(3))
    runs = search(sphere, starts(sphere, 20), Follow())
    poles = runs.converged().x
    assert len(poles) > 10
    np.testing.assert_allclose(np.abs(poles), np.tile([0.0, 0.0, 1.0], (len(poles), 1)), atol=1e-6)
