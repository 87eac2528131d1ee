"""The ensemble: every run for itself, every end with a name, and positions recorded on the way."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from landscape import (
    Adam,
    ArmijoGradientDescent,
    Descent,
    DescentStatus,
    Euclidean,
    GradientDescent,
    HeavyBall,
    Landscape,
    Nesterov,
    NoisyGradientDescent,
    descend,
    problem,
)
from landscape.descent.ensemble import CHUNK_NUMBERS

METHODS = [GradientDescent(0.01), HeavyBall(0.005, 0.8), Nesterov(0.005, 0.8), ArmijoGradientDescent()]
each_method = pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)


def starts(landscape, size, seed=0):
    return landscape.starts(np.random.default_rng(seed), size)


@each_method
@pytest.mark.parametrize("name", ["himmelblau", "double_well"])
def test_a_run_is_the_same_alone_and_in_company(name, method):
    # These landscapes compute coordinate by coordinate: the same bits whatever the batch.
    landscape = problem(name)
    x = starts(landscape, 1000)
    together = descend(landscape, x, method, 300)
    order = np.random.default_rng(1).permutation(1000)
    shuffled = descend(landscape, x[order], method, 300)
    np.testing.assert_array_equal(shuffled.status, together.status[order])
    np.testing.assert_allclose(shuffled.x, together.x[order], rtol=0, atol=1e-9)
    for k in [0, 17, 999]:
        alone = descend(landscape, x[k], method, 300)
        assert alone.status[0] == together.status[k]
        assert abs(int(alone.steps[0]) - int(together.steps[k])) <= 1  # the norm of a batch of one rounds differently
        np.testing.assert_allclose(alone.x[0], together.x[k], rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", [GradientDescent(0.01), HeavyBall(0.005), Nesterov(0.005)], ids=repr)
def test_a_run_has_the_same_bits_alone_and_in_company(method):
    landscape = problem("himmelblau")
    x = starts(landscape, 1000)
    together = descend(landscape, x, method, 50, tol=0.0)
    for k in [0, 17, 999]:
        np.testing.assert_array_equal(descend(landscape, x[k], method, 50, tol=0.0).x[0], together.x[k])


@each_method
def test_converged_means_a_gradient_below_the_tolerance_and_not_before(method):
    landscape = problem("himmelblau")
    x = starts(landscape, 200)
    for tol in [1e-2, 1e-6]:
        runs = descend(landscape, x, method, 5000, tol=tol)
        assert (runs.status == DescentStatus.CONVERGED).all()
        assert (runs.gradient_norm <= tol).all()
        assert (runs.gradient_norm > 0).any()
        np.testing.assert_allclose(runs.gradient_norm, np.linalg.norm(landscape.gradient(runs.x), axis=1), rtol=1e-9)
        np.testing.assert_array_equal(runs.value, landscape.value(runs.x))
    one = descend(landscape, x[:5], method, 5000, tol=1e-3, record=1)
    for k in range(5):
        path = one.trajectory.x[: one.steps[k] + 1, k]
        steepness = np.linalg.norm(landscape.gradient(path), axis=1)
        assert (steepness[:-1] > 1e-3).all()
        assert steepness[-1] <= 1e-3


def test_with_no_tolerance_every_run_takes_all_its_steps():
    landscape = problem("himmelblau")
    runs = descend(landscape, starts(landscape, 50), GradientDescent(0.01), 2000, tol=0.0)
    moving = runs.gradient_norm > 0
    assert (runs.status[moving] == DescentStatus.STEP_LIMIT).all()
    assert (runs.steps[moving] == 2000).all()
    short = descend(landscape, starts(landscape, 50), GradientDescent(0.01), 100, tol=0.0)
    assert (short.steps == 100).all()


def test_a_start_that_is_critical_takes_no_step():
    runs = descend(problem("himmelblau"), [[3.0, 2.0], [0.0, 0.0]], GradientDescent(0.01), 10)
    assert runs.status.tolist() == [DescentStatus.CONVERGED, DescentStatus.STEP_LIMIT]
    assert runs.steps.tolist() == [0, 10]


@pytest.mark.parametrize("method", METHODS[:3], ids=repr)
def test_too_large_a_learning_rate_diverges_and_says_so(method):
    big = type(method)(**{**vars(method), "lr": 5.0})
    runs = descend(problem("himmelblau"), starts(problem("himmelblau"), 50), big, 100)
    assert (runs.status == DescentStatus.DIVERGED).all()
    assert (runs.steps < 100).all()
    assert len(runs) == 50  # none is dropped


def test_a_gradient_that_is_not_finite_at_a_finite_point():
    landscape = Landscape.from_function(
        lambda x: (x**2).sum(-1) / 2, lambda x: np.where(x < -0.5, np.nan, x - 1), dim=1
    )
    runs = descend(landscape, [[-0.9], [0.5]], GradientDescent(0.1))
    assert runs.status.tolist() == [DescentStatus.NON_FINITE, DescentStatus.CONVERGED]
    np.testing.assert_array_equal(runs.x[0], [-0.9])


def test_a_run_that_leaves_the_domain_ends_there():
    landscape = problem("himmelblau").with_options(domain=lambda x: x[..., 0] > 0)
    runs = descend(landscape, starts(landscape, 300), GradientDescent(0.01))
    left = runs[runs.status == DescentStatus.LEFT_DOMAIN]
    assert len(left) > 100
    assert (left.x[:, 0] <= 0).all()
    assert (runs[runs.status == DescentStatus.CONVERGED].x[:, 0] > 0).all()
    crossed = left[left.start[:, 0] > 0]
    assert len(crossed) > 0
    assert (crossed.steps >= 1).all()
    assert (left[left.start[:, 0] <= 0].steps == 0).all()


@each_method
@pytest.mark.parametrize("every", [1, 3, 7])
def test_recorded_positions_are_the_positions(method, every):
    landscape = problem("himmelblau")
    x = starts(landscape, 20)
    runs = descend(landscape, x, method, 21, tol=1e-3, record=every)
    path = runs.trajectory
    assert path.steps.tolist() == list(range(0, 22, every))
    assert path.x.shape == (len(path.steps), 20, 2)
    np.testing.assert_array_equal(path.x[0], x)
    np.testing.assert_array_equal(path.x[-1], runs.x)  # 21 is a multiple of 1, 3 and 7
    for frame, step in enumerate(path.steps):
        again = descend(landscape, x, method, int(step), tol=1e-3)
        np.testing.assert_allclose(path.x[frame], again.x, atol=1e-9)


def test_a_run_that_has_ended_stays_where_it_ended():
    landscape = problem("quadratic", eigenvalues=(1.0,))
    runs = descend(landscape, [[1e-5], [1.0]], GradientDescent(0.5), 100, tol=1e-6, record=1)
    assert runs.steps[0] < runs.steps[1]
    frames = runs.trajectory.x[:, 0, 0]
    assert (frames[runs.steps[0] :] == runs.x[0, 0]).all()
    assert len(frames) == runs.steps.max() + 1  # nothing is recorded once nobody runs


def test_nothing_is_recorded_unasked_and_slices_drop_it():
    landscape = problem("himmelblau")
    runs = descend(landscape, starts(landscape, 5), GradientDescent(0.01), 5)
    assert runs.trajectory is None
    assert descend(landscape, starts(landscape, 5), GradientDescent(0.01), 5, record=1)[:2].trajectory is None


@each_method
def test_starts_are_not_written(method):
    landscape = problem("himmelblau")
    x = starts(landscape, 10)
    x.flags.writeable = False
    before = x.copy()
    runs = descend(landscape, x, method, 50)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(runs.start, before)
    assert not np.shares_memory(runs.x, runs.start)


@each_method
def test_descents_on_a_sphere_stay_on_the_sphere_and_go_down(method):
    glass = problem("spherical_spin_glass", n=6, seed=1)
    runs = descend(glass, 2 * starts(glass, 40), method, 4000, tol=1e-7, record=100)
    assert (runs.status == DescentStatus.CONVERGED).all()
    np.testing.assert_allclose(np.linalg.norm(runs.trajectory.x, axis=-1), 1.0, rtol=1e-12)
    assert (runs.value < glass.value(runs.start)).all()
    assert (np.linalg.eigvalsh(glass.tangent_hessian(runs.x)) > 0).all()
    radial = np.abs(np.linalg.norm(glass.riemannian_gradient(runs.x), axis=1) - runs.gradient_norm)
    assert radial.max() < 1e-12


@each_method
def test_angles_stay_on_the_torus(method):
    ring = problem("xy_chain", n=5)
    runs = descend(ring, starts(ring, 40) - 20, method, 4000)
    assert ((runs.x >= 0) & (runs.x < 2 * np.pi)).all()
    assert np.isin(runs.status, (DescentStatus.CONVERGED, DescentStatus.STEP_LIMIT)).all()
    assert (runs.status == DescentStatus.CONVERGED).mean() > 0.5
    assert (runs.value < ring.value(runs.start)).all()


def test_basins_of_himmelblau_have_their_shares():
    # Shares of the gradient flow's basins on [-6, 6]^2, from an independent grid of 600^2. The learning rate is small,
    # so that steps follow the flow. Each count lies within its 99.99 % binomial interval (with the grid's own
    # error, a share of 1e-3, on top): a false alarm for about 4 in 10,000 seeds.
    landscape = problem("himmelblau")
    size = 20_000
    runs = descend(landscape, starts(landscape, size, seed=4), GradientDescent(0.001), 4000, tol=1e-2)
    assert (runs.status == DescentStatus.CONVERGED).all()
    minima = np.array([(3, 2), (3.584428, -1.848126), (-3.779310, -3.283186), (-2.805118, 3.131312)])
    nearest = np.linalg.norm(runs.x[:, None] - minima, axis=-1).argmin(axis=1)
    assert np.linalg.norm(runs.x - minima[nearest], axis=1).max() < 1e-2
    for count, share in zip(np.bincount(nearest), [0.2496, 0.2489, 0.2433, 0.2582], strict=True):
        low, high = stats.binom.interval(0.9999, size, share)
        assert low - 1e-3 * size <= count <= high + 1e-3 * size


def test_progress_counts_the_steps_of_all_runs_and_ends_at_the_last():
    landscape = problem("himmelblau")
    seen = []
    runs = descend(
        landscape,
        starts(landscape, 9),
        GradientDescent(0.01),
        500,
        progress=lambda done, total: seen.append((done, total)),
    )
    last = int(runs.steps.max())
    ended = [int((runs.steps < k).sum()) for k in range(1, last + 1)]
    expected = [(500 * gone + k * (9 - gone), 4500) for k, gone in enumerate(ended, start=1)]
    assert seen == [*expected, (4500, 4500)]
    for chunk in (1, 4):
        seen.clear()
        descend(
            landscape, starts(landscape, 9), GradientDescent(0.01), 500, progress=lambda *a: seen.append(a), chunk=chunk
        )
        done = [d for d, _ in seen]
        assert done == sorted(done)
        assert seen[-1] == (4500, 4500)


CHUNKS = [1, 7, 64, 99, 1000]


@pytest.mark.parametrize("method", [GradientDescent(0.01), HeavyBall(0.005), Nesterov(0.005), Adam(0.05)], ids=repr)
def test_chunks_change_no_bit(method):
    # Himmelblau's function is computed coordinate by coordinate: no matrix product rounds by the shape of the batch.
    landscape = problem("himmelblau")
    x = starts(landscape, 99)
    whole = descend(landscape, x, method, 60, tol=0.0, record=20)
    for chunk in CHUNKS:
        runs = descend(landscape, x, method, 60, tol=0.0, record=20, chunk=chunk)
        for name in ("start", "x", "value", "status", "steps"):
            np.testing.assert_array_equal(getattr(runs, name), getattr(whole, name))
        np.testing.assert_array_equal(runs.trajectory.x, whole.trajectory.x)
        np.testing.assert_allclose(runs.gradient_norm, whole.gradient_norm, rtol=1e-13)


@each_method
def test_chunks_change_no_status_and_no_frame(method):
    landscape = problem("himmelblau").with_options(domain=lambda x: x[..., 0] > -3)
    x = starts(landscape, 99)
    whole = descend(landscape, x, method, 150, tol=1e-3, record=10)
    assert len(set(whole.status.tolist())) > 1
    for chunk in CHUNKS:
        runs = descend(landscape, x, method, 150, tol=1e-3, record=10, chunk=chunk)
        np.testing.assert_array_equal(runs.status, whole.status)
        np.testing.assert_array_equal(runs.trajectory.steps, whole.trajectory.steps)
        np.testing.assert_allclose(runs.trajectory.x, whole.trajectory.x, atol=1e-9)


def test_no_more_starts_are_together_than_the_dimension_and_the_memory_allow():
    sizes = []
    landscape = problem("quadratic", eigenvalues=tuple(np.linspace(1, 2, 1000)))
    watched = landscape.with_options(gradient=lambda x: sizes.append(len(x)) or landscape.gradient(x))
    x = starts(landscape, 300)
    runs = descend(watched, x, GradientDescent(0.1), 2, tol=0.0)
    without = max(sizes)
    assert without * 2000 <= CHUNK_NUMBERS < (without + 1) * 2000
    sizes.clear()
    descend(watched, x, HeavyBall(0.1), 2, tol=0.0)
    assert max(sizes) * 3000 <= CHUNK_NUMBERS < (max(sizes) + 1) * 3000
    sizes.clear()
    together = descend(watched, x, GradientDescent(0.1), 2, tol=0.0, chunk=300)
    assert max(sizes) == 300
    np.testing.assert_array_equal(runs.x, together.x)


def test_a_random_method_depends_on_seed_and_chunk_alone():
    landscape = problem("himmelblau")
    x = starts(landscape, 40)

    def ends(seed, chunk):
        return descend(
            landscape, x, NoisyGradientDescent(0.001), 30, rng=np.random.default_rng(seed), chunk=chunk
        ).x.tolist()

    assert ends(1, 16) == ends(1, 16)
    assert ends(1, 16) != ends(2, 16)
    assert ends(1, 16) != ends(1, 10)


def test_a_diverging_run_leaves_at_once():
    sizes = []
    landscape = problem("himmelblau")
    watched = landscape.with_options(gradient=lambda x: sizes.append(len(x)) or landscape.gradient(x))
    x = np.array([[0.1, 0.2]] * 5 + [[100.0, 100.0]] * 3)
    runs = descend(watched, x, GradientDescent(0.001), 50)
    assert runs.status.tolist() == [DescentStatus.STEP_LIMIT] * 5 + [DescentStatus.DIVERGED] * 3
    assert sizes[1 : 1 + runs.steps[-1]] == [8] * runs.steps[-1]
    assert set(sizes[1 + runs.steps[-1] :]) == {5}


def test_a_trajectory_that_cannot_fit_is_refused_before_the_first_step(monkeypatch):
    monkeypatch.setattr("landscape.descent.trajectory.available_memory", lambda: 100_000)
    landscape = problem("himmelblau")
    x = starts(landscape, 100)  # 1600 bytes a frame: 62 frames fit
    with pytest.raises(
        ValueError, match=r"^1001 positions of 100 runs in dim 2 take 0\.0016 GB but 0\.0001 GB are free"
    ) as e:
        descend(landscape.with_options(gradient=None), x, GradientDescent(0.01), 1000, record=1)
    assert str(e.value).endswith(": record=17 would fit")
    assert len(descend(landscape, x, GradientDescent(1e-4), 1000, record=17).trajectory.x) == 59
    with pytest.raises(ValueError, match=r"free: record=17 would fit$"):
        descend(landscape, x, GradientDescent(0.01), 1000, record=16)
    monkeypatch.setattr("landscape.descent.trajectory.available_memory", lambda: 3000)
    with pytest.raises(ValueError, match=r"free: use fewer starts$"):
        descend(landscape, x, GradientDescent(0.01), 1000, record=1000)


def test_a_trajectory_takes_no_memory_for_steps_that_nobody_takes():
    landscape = problem("quadratic", eigenvalues=(1.0,))
    runs = descend(landscape, [[1e-5], [1.0]], GradientDescent(0.5), 10**7, tol=1e-6, record=1)
    assert len(runs.trajectory.x) == runs.steps.max() + 1 < 30


def in_float32(x):
    """Himmelblau's function and its gradient, which refuse any other precision."""
    assert x.dtype == np.float32
    return x


@pytest.mark.parametrize("method", METHODS[:3], ids=repr)
def test_float32_stays_float32(method):
    himmelblau = problem("himmelblau")
    landscape = Landscape.from_function(
        lambda x: himmelblau.value(x),
        lambda x: himmelblau.gradient(x),
        lambda x: himmelblau.hessian(x),
        dim=2,
        box=(-6, 6),
    )
    x = starts(landscape, 50)
    watched = landscape.with_options(
        value=lambda x: landscape.value(in_float32(x)), gradient=lambda x: landscape.gradient(in_float32(x))
    )
    single = descend(watched, x, method, 3000, tol=1e-3, dtype=np.float32, record=100)
    for name in ("start", "x", "value", "gradient_norm"):
        assert getattr(single, name).dtype == np.float32
    assert single.trajectory.x.dtype == np.float32
    assert landscape.gradient(single.x).dtype == np.float32
    double = descend(landscape, x.astype(np.float32), method, 3000, tol=1e-3)
    assert double.x.dtype == np.float64
    assert (single.status == DescentStatus.CONVERGED).all()
    near = np.linalg.norm(single.x - double.x, axis=1) < 1e-3
    assert near.sum() >= 49  # a start on the edge of a basin may go either way


@each_method
@pytest.mark.parametrize("name", ["quadratic", "spherical_spin_glass", "xy_chain"])
def test_float32_where_the_landscape_knows_only_float64(name, method):
    landscape = problem(name, **{"quadratic": {"eigenvalues": (1.0, 3.0)}}.get(name, {}))
    x = starts(landscape, 20)
    runs = descend(landscape, x, method, 2000, tol=1e-3, dtype="float32")
    assert (runs.x.dtype, runs.value.dtype, runs.gradient_norm.dtype) == (np.float32,) * 3
    assert (runs.status == DescentStatus.CONVERGED).mean() > 0.5
    np.testing.assert_allclose(
        np.linalg.norm(landscape.riemannian_gradient(runs.x.astype(float)), axis=1), runs.gradient_norm, atol=1e-3
    )


def test_positions_keep_their_precision_whatever_a_method_returns():
    class Doubles:
        def init(self, landscape, x, gradient):
            return NoDrift()

        def step(self, landscape, x, gradient, memory, rng):
            x = x - 0.001 * gradient.astype(np.float64)
            return x, landscape.gradient(x), memory

    runs = descend(problem("himmelblau"), [[1.0, 1.0]], Doubles(), 3, dtype=np.float32)
    assert runs.x.dtype == np.float32


@pytest.mark.parametrize("scale", [1e-6, 1e6, 1e10])
def test_divergence_is_judged_in_units_of_the_box(scale):
    himmelblau = problem("himmelblau")
    scaled = Landscape.from_function(
        lambda x: himmelblau.value(x / scale),
        lambda x: himmelblau.gradient(x / scale) / scale,
        manifold=Euclidean(2, (-6 * scale, 6 * scale)),
    )
    x = starts(himmelblau, 50)
    plain = descend(himmelblau, x, GradientDescent(0.03), 400, tol=1e-4)
    runs = descend(scaled, scale * x, GradientDescent(0.03 * scale**2), 400, tol=1e-4 / scale)
    assert len(set(plain.status.tolist())) > 1
    np.testing.assert_array_equal(runs.status, plain.status)


class NoDrift(NamedTuple):
    """No memory."""


def test_a_method_of_ones_own_needs_two_methods():
    class SignDescent:
        def init(self, landscape, x, gradient):
            return NoDrift()

        def step(self, landscape, x, gradient, memory, rng):
            x = landscape.manifold.retract(x, -0.01 * np.sign(gradient))
            return x, landscape.riemannian_gradient(x), memory

    bowl = problem("quadratic", eigenvalues=(1.0, 5.0))
    runs = descend(bowl, [[0.5, -0.3]], SignDescent(), 100, tol=0.06)
    assert runs.status[0] == DescentStatus.CONVERGED
    assert runs.steps[0] == 44  # x = 0.5 - 0.01 t, y = 0 from t = 30


def test_counts_and_table():
    landscape = problem("himmelblau")
    runs = descend(landscape, starts(landscape, 30), GradientDescent(0.01))
    assert isinstance(runs, Descent)
    assert runs.count() == {"step_limit": 0, "converged": 30, "diverged": 0, "non_finite": 0, "left_domain": 0}
    first, second = repr(runs).splitlines()
    assert first == "30 descents by GradientDescent(lr=0.01)"
    assert second.startswith("converged: 30, after ")
    assert len(descend(landscape, np.zeros((0, 2)), GradientDescent(0.01))) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"starts": np.zeros((10, 3))}, r"^starts has shape \(10, 3\) but the landscape has dim 2$"),
        ({"starts": [[np.nan, 0]]}, "^starts has coordinates that are not finite$"),
        ({"max_steps": -1}, "^max_steps is -1 but must not be negative$"),
        ({"tol": -1.0}, r"^tol is -1\.0 but must not be negative$"),
        ({"tol": np.nan}, "^tol is nan but must not be negative$"),
        ({"record": 0}, "^record is 0 but must be at least 1$"),
        ({"chunk": 0}, "^chunk is 0 but must be at least 1$"),
        ({"dtype": np.float16}, "^dtype is float16 but must be float32 or float64$"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        descend(problem("himmelblau"), **{"starts": [[0.0, 0.0]], "method": GradientDescent(0.01), **options})


def test_a_gradient_whose_square_underflows_is_not_zero():
    saddle = problem("quadratic", eigenvalues=(-1.0, 1.0))
    runs = descend(saddle, [[1e-170, 0.0], [0.0, 0.0]], GradientDescent(lr=0.5), max_steps=3, tol=0.0)
    assert runs.steps.tolist() == [3, 0]
    np.testing.assert_allclose(runs.x[0], [1e-170 * 1.5**3, 0.0])
