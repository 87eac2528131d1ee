"""Compiled descents on JAX landscapes: the same runs as step by step."""

import numpy as np
import pytest

from landscape import (
    AdaGrad,
    Adam,
    ArmijoGradientDescent,
    DescentStatus,
    GradientDescent,
    HeavyBall,
    Landscape,
    Nesterov,
    NoisyGradientDescent,
    RMSProp,
    Sphere,
    Torus,
    descend,
)
from landscape.descent import compiled, ensemble
from landscape.descent.compiled import WALKERS, kernel_for

jax = pytest.importorskip("jax")
jnp = jax.numpy
COUPLINGS = np.random.default_rng(0).standard_normal((5, 5, 5))

LANDSCAPES = {
    "himmelblau": (lambda p: (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2, {"dim": 2, "box": (-6, 6)}),
    "spin_glass": (lambda x: jnp.einsum("ijk,i,j,k", COUPLINGS, x, x, x), {"manifold": Sphere(5)}),
    "ring": (lambda t: (1 - jnp.cos(t - jnp.roll(t, 1))).sum(), {"manifold": Torus((2 * np.pi,) * 4)}),
    # A hole: not a number left of 0, where some starts are, and where large steps lead.
    "hole": (lambda p: p[0] - 2 * jnp.sqrt(p[0]) + p[1] ** 2, {"dim": 2, "box": (-0.2, 3)}),
}
METHODS = [GradientDescent(0.02), HeavyBall(0.005, 0.8), Nesterov(0.005, 0.8), Adam(0.05), AdaGrad(0.3)]


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def landscapes():
    """Made once, so that compiled code is."""
    with jax.enable_x64(True):
        return {name: Landscape.from_jax(loss, **where) for name, (loss, where) in LANDSCAPES.items()}


@pytest.fixture
def both(monkeypatch):
    """Two descents, compiled and step by step."""

    def run(landscape, *arguments, **options):
        fast = descend(landscape, *arguments, **options)
        with monkeypatch.context() as patch:
            patch.setattr(ensemble, "kernel_for", lambda landscape, method: None)
            return fast, descend(landscape, *arguments, **options)

    return run


CASES = [
    *[("himmelblau", method, 700) for method in METHODS],  # in blocks
    *[(name, METHODS[0], 700) for name in ("spin_glass", "ring", "hole")],
    *[(name, METHODS[1], 30) for name in ("himmelblau", "hole")],  # step by step together
    *[pytest.param(n, m, 700, marks=pytest.mark.slow) for n in LANDSCAPES for m in METHODS],
]


@pytest.mark.parametrize(("name", "method", "size"), CASES)
def test_statuses_and_steps_are_those_of_step_by_step(landscapes, both, name, method, size):
    landscape = landscapes[name]
    assert kernel_for(landscape, method) is not None
    x = landscape.starts(np.random.default_rng(1), size)
    fast, slow = both(landscape, x, method, 700, tol=1e-4)
    np.testing.assert_array_equal(fast.status, slow.status)
    same = fast.steps == slow.steps
    assert (~same).sum() <= 2  # a gradient may be on the tolerance to the last bit
    np.testing.assert_allclose(fast.x[same], slow.x[same], atol=1e-7)
    np.testing.assert_allclose(fast.gradient_norm[same], slow.gradient_norm[same], atol=1e-6)
    if name == "hole":
        assert (fast.status == DescentStatus.NON_FINITE).sum() > 0
        assert len(set(fast.status.tolist())) > 1


@pytest.mark.parametrize("size", [30, pytest.param(700, marks=pytest.mark.slow)])
def test_every_status_and_every_length_of_run(landscapes, both, size):
    landscape = landscapes["himmelblau"]
    x = landscape.starts(np.random.default_rng(2), size)
    for lr in (0.0275, 0.0005):  # some run away, none
        for tol in (0.0, 1e-3):
            for steps in (0, 1, 49, 50, 51, 333):
                fast, slow = both(landscape, x, GradientDescent(lr), steps, tol=tol)
                np.testing.assert_array_equal(fast.status, slow.status)
                np.testing.assert_array_equal(fast.steps, slow.steps)


def test_a_run_that_passes_below_the_tolerance_within_a_block_ends_there(landscapes, both):
    # From next to a saddle's stable manifold: the gradient falls to 1e-6 and rises again within 50 steps.
    saddle = Landscape.from_jax(lambda p: p[0] ** 2 - p[1] ** 2, 2)
    x = np.stack([np.linspace(0.5, 1, 400), np.full(400, 1e-10)], axis=1)
    fast, slow = both(saddle, x, GradientDescent(0.2), 49, tol=1e-5)
    assert (slow.status == DescentStatus.CONVERGED).all()
    assert (slow.steps < 40).all()
    np.testing.assert_array_equal(fast.steps, slow.steps)
    np.testing.assert_allclose(fast.x, slow.x, rtol=1e-12)
    onwards = descend(saddle, x, GradientDescent(0.2), 49, tol=0.0)
    assert (onwards.gradient_norm > 1e-3).all()


@pytest.mark.parametrize("every", [1, 7, 55])
@pytest.mark.parametrize("size", [20, 400])
def test_recorded_positions_are_those_of_step_by_step(landscapes, both, size, every):
    landscape = landscapes["himmelblau"]
    x = landscape.starts(np.random.default_rng(3), size)
    fast, slow = both(landscape, x, HeavyBall(0.005, 0.8), 55, tol=0.1, record=every)
    assert len(set(slow.status.tolist())) == 2
    np.testing.assert_array_equal(fast.trajectory.steps, slow.trajectory.steps)
    np.testing.assert_allclose(fast.trajectory.x, slow.trajectory.x, atol=1e-9)


def test_chunks_and_progress(landscapes):
    landscape = landscapes["himmelblau"]
    x = landscape.starts(np.random.default_rng(4), 900)
    whole = descend(landscape, x, GradientDescent(0.005), 300)
    seen = []
    runs = descend(landscape, x, GradientDescent(0.005), 300, chunk=400, progress=lambda *a: seen.append(a))
    np.testing.assert_array_equal(runs.steps, whole.steps)
    np.testing.assert_allclose(runs.x, whole.x, atol=1e-12)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (270_000, 270_000)


@pytest.mark.parametrize("size", [20, pytest.param(400, marks=pytest.mark.slow)])
def test_float32_stays_float32(landscapes, size):
    landscape = landscapes["himmelblau"]
    x = landscape.starts(np.random.default_rng(5), size)
    single = descend(landscape, x, GradientDescent(0.005), 500, tol=1e-2, dtype=np.float32)
    assert single.x.dtype == single.value.dtype == np.float32
    double = descend(landscape, x, GradientDescent(0.005), 500, tol=1e-2)
    assert (single.status == DescentStatus.CONVERGED).all()
    assert (np.linalg.norm(single.x - double.x, axis=1) < 1e-2).mean() > 0.98


def test_what_cannot_be_compiled_runs_step_by_step(landscapes):
    landscape = landscapes["himmelblau"]
    for method in (ArmijoGradientDescent(), NoisyGradientDescent()):
        assert kernel_for(landscape, method) is None
    assert kernel_for(landscape.with_options(domain=lambda x: x[..., 0] > 0), GradientDescent()) is None
    assert kernel_for(landscape.with_options(gradient=lambda x: landscape.gradient(x)), GradientDescent()) is None
    runs = descend(landscape, [[1.0, 1.0]], ArmijoGradientDescent())
    assert runs.status[0] == DescentStatus.CONVERGED


def test_a_changed_gradient_is_the_one_that_is_followed(landscapes):
    up = landscapes["himmelblau"].with_options(gradient=lambda x: -landscapes["himmelblau"].gradient(x))
    runs = descend(up, [[0.1, 0.1]], GradientDescent(0.005), 500)
    np.testing.assert_allclose(runs.x, [[-0.270845, -0.923039]], atol=1e-5)  # the maximum


def test_a_method_that_converges_by_accident_does_so_in_both(landscapes, both):
    # RMSProp does not come to rest: its gradients pass below the tolerance now and then.
    landscape = landscapes["himmelblau"]
    x = landscape.starts(np.random.default_rng(1), WALKERS + 50)
    fast, slow = both(landscape, x, RMSProp(0.01), 400, tol=0.5)
    assert len(set(slow.status.tolist())) == 2
    np.testing.assert_array_equal(fast.status, slow.status)


def test_no_starts_and_starts_that_have_arrived(landscapes):
    landscape = landscapes["himmelblau"]
    assert len(descend(landscape, np.zeros((0, 2)), GradientDescent(0.005), record=1)) == 0
    runs = descend(landscape, [[3.0, 2.0]] * 3, GradientDescent(0.005), record=1)
    assert runs.status.tolist() == [DescentStatus.CONVERGED] * 3
    assert runs.steps.tolist() == [0, 0, 0]
    assert runs.trajectory.x.shape == (1, 3, 2)


def test_a_kernel_is_made_once(landscapes):
    landscape = landscapes["himmelblau"]
    assert kernel_for(landscape, GradientDescent(0.02)) is kernel_for(landscape, GradientDescent(0.02))
    assert compiled._kernel.cache_info().maxsize < 100


@pytest.mark.parametrize("size", [3, WALKERS + 1])
def test_a_gradient_whose_square_underflows_is_not_zero(both, size):
    bowl = Landscape.from_jax(lambda x: 0.5 * jnp.sum(x**2 * jnp.array([1.0, 0.5])), 2)
    x = bowl.starts(np.random.default_rng(0), size)
    for tol in (0.0, 1e-200):
        fast, slow = both(bowl, x, GradientDescent(0.5), 5000, tol=tol)
        assert (slow.steps > 1500).all()
        np.testing.assert_array_equal(fast.status, slow.status)
        np.testing.assert_array_equal(fast.steps, slow.steps)


def test_a_method_with_memory_ends_where_the_gradient_is_zero_on_the_way(both):
    # The first step goes to the bottom exactly, from where momentum would carry on.
    bowl = Landscape.from_jax(lambda x: 0.5 * jnp.sum(x**2), 2)
    x = bowl.starts(np.random.default_rng(0), WALKERS + 1)
    fast, slow = both(bowl, x, HeavyBall(1.0, 0.5), 40, tol=0.0)
    assert (slow.steps == 1).all()
    np.testing.assert_array_equal(fast.status, slow.status)
    np.testing.assert_array_equal(fast.steps, slow.steps)
    np.testing.assert_array_equal(fast.x, slow.x)


def test_no_frames_follow_after_everybody_has_ended(both):
    bowl = Landscape.from_jax(lambda x: 0.5 * jnp.sum(x**2), 2)
    x = bowl.starts(np.random.default_rng(0), WALKERS + 1)
    fast, slow = both(bowl, x, GradientDescent(0.5), 50, tol=1e-3, record=20)
    np.testing.assert_array_equal(fast.trajectory.steps, slow.trajectory.steps)


def test_the_largest_steps_do_not_leave_the_sphere(landscapes):
    glass = landscapes["spin_glass"]
    runs = descend(glass, glass.starts(np.random.default_rng(0), 20), GradientDescent(1e155), 30)
    np.testing.assert_allclose(np.linalg.norm(runs.x, axis=1), 1, rtol=1e-12)
