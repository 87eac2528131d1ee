"""AdaGrad against PyTorch and on a slope, where it is known in closed form."""

import numpy as np
import pytest

from landscape import AdaGrad, Landscape, descend, problem


@pytest.mark.parametrize(("lr", "epsilon"), [(0.01, 1e-10), (1.0, 1e-3)])
def test_a_thousand_steps_are_pytorchs(pytorch_path, lr, epsilon):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, AdaGrad(lr, epsilon), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    theirs = pytorch_path(landscape, start, 1000, "Adagrad", lr=lr, eps=epsilon)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_on_a_constant_slope_steps_shrink_as_one_over_the_root_of_their_number():
    slope = Landscape.from_function(lambda x: x @ [3.0, -1e-3], lambda x: 0 * x + [3.0, -1e-3], dim=2)
    x = descend(slope, [[0.0, 0.0]], AdaGrad(0.01, epsilon=1e-20), 100, tol=0.0).x[0]
    distance = 0.01 * (1 / np.sqrt(np.arange(1, 101))).sum()
    np.testing.assert_allclose(x, [-distance, distance], rtol=1e-12)


def test_it_comes_to_rest():
    landscape = problem("himmelblau")
    runs = descend(landscape, landscape.starts(np.random.default_rng(0), 50), AdaGrad(lr=1.0), 2000, tol=1e-8)
    assert runs.count()["converged"] == 50


@pytest.mark.parametrize("options", [{"lr": 0}, {"lr": np.inf}, {"epsilon": -1e-8}])
def test_bad_parameters_are_named(options):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"^{name} is {value} but must be a positive number$"):
        AdaGrad(**options)
