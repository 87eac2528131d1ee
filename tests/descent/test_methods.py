"""Laws that every descent method obeys, and the list of them."""

import inspect

import numpy as np
import pytest

import landscape
from landscape import descend, problem
from landscape.descent.methods import METHODS

DETERMINISTIC = [name for name, method in METHODS.items() if not getattr(method, "random", False)]
LANDSCAPES = [
    problem("himmelblau"),
    problem("spherical_spin_glass", n=5),
    problem("xy_chain"),
    problem("linear_regression"),
]
PAIRS = [(name, f) for name in METHODS for f in LANDSCAPES if name != "sgd" or f.terms is not None]


def small(name):
    """The method with a learning rate, if it has one, at which none of the landscapes diverges."""
    method = METHODS[name]
    return method(lr=1e-3) if "lr" in inspect.signature(method).parameters else method()


def test_every_method_is_public():
    assert {getattr(landscape, method.__name__) for method in METHODS.values()} == set(METHODS.values())


@pytest.mark.parametrize(("name", "f"), PAIRS, ids=lambda value: value if isinstance(value, str) else value.name)
def test_a_step_writes_to_nothing_and_returns_the_gradient_where_it_ends(name, f):
    method, rng = small(name), np.random.default_rng(0)
    x = f.starts(rng, 7)
    gradient = f.riemannian_gradient(x)
    memory = method.init(f, x, gradient)
    for _ in range(5):
        before = [np.array(a) for a in (x, gradient, *memory)]
        for array in (x, gradient, *memory):
            array.flags.writeable = False
        moved, slope, new_memory = method.step(f, x, gradient, memory, rng)
        for old, now in zip(before, (x, gradient, *memory), strict=True):
            np.testing.assert_array_equal(old, now)
        assert type(new_memory) is type(memory)
        assert all(len(field) == 7 for field in new_memory)
        np.testing.assert_allclose(f.manifold.normalize(moved), moved, atol=1e-14)
        np.testing.assert_allclose(slope, f.riemannian_gradient(moved), atol=1e-10)
        x, gradient, memory = moved, slope, new_memory


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_runs_of_a_batch_do_not_know_of_each_other(name):
    f = problem("himmelblau")
    x = f.starts(np.random.default_rng(0), 12)
    together = descend(f, x, small(name), 15, tol=0.0)
    for k in (0, 5, 11):
        alone = descend(f, x[k], small(name), 15, tol=0.0)
        np.testing.assert_allclose(together.x[k], alone.x[0], rtol=1e-7)
    assert len(descend(f, np.zeros((0, 2)), small(name))) == 0


@pytest.mark.parametrize("name", METHODS)
def test_it_goes_down(name):
    f = problem("linear_regression")
    x = f.starts(np.random.default_rng(0), 50)
    runs = descend(f, x, small(name), 200, rng=np.random.default_rng(0))
    assert (runs.value < f.value(x)).mean() > 0.9


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_runs(name):
    f = problem("linear_regression")
    x = f.starts(np.random.default_rng(0), 5)
    one, two = (descend(f, x, small(name), 30, rng=np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one.x, two.x)
