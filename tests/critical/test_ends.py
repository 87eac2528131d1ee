"""Where searches end: critical, gradient-flat or neither."""

import numpy as np

from landscape import (
    End,
    GradientDescent,
    GradientNormMinimization,
    Landscape,
    Newton,
    SearchEnds,
    SearchStatus,
    along_descent,
    descend,
    find_critical_points,
    problem,
    search,
    search_ends,
)
from landscape.arrays import norm


def test_critical_points_are_and_half_done_searches_are_not():
    landscape = problem("himmelblau")
    starts = landscape.starts(np.random.default_rng(0), 50)
    ends = search_ends(landscape, search(landscape, starts, Newton()))
    assert isinstance(ends, SearchEnds)
    found = find_critical_points(landscape, starts)
    assert ends.count()["critical"] == found.found.sum()
    assert (ends[ends.kind == End.CRITICAL].index <= 2).all()
    stopped = search_ends(landscape, search(landscape, starts, GradientNormMinimization(), max_steps=2))
    assert stopped.count()["neither"] == 50


def test_a_point_whose_gradient_is_in_the_kernel_is_gradient_flat():
    """f = x + x^3 + y^2 has no critical point; |grad f| is least, 1, at the origin, where H = diag(0, 2)."""
    landscape = Landscape.from_function(
        lambda x: x[..., 0] + x[..., 0] ** 3 + x[..., 1] ** 2,
        lambda x: np.stack([1 + 3 * x[..., 0] ** 2, 2 * x[..., 1]], axis=-1),
        dim=2,
    )
    starts = landscape.starts(np.random.default_rng(1), 30)
    for method in (Newton(), GradientNormMinimization()):
        runs = search(landscape, starts, method)
        ends = search_ends(landscape, runs)
        assert ends.count() == {"neither": 0, "critical": 0, "gradient_flat": 30}
        assert (runs.status == SearchStatus.FLAT).all()
        np.testing.assert_allclose(ends.gradient_norm, 1, atol=1e-3)
        assert (ends.flat_share > 0.99).all()


def test_searches_do_not_end_where_only_the_layers_are_out_of_balance():
    """Scaling W_1 up and W_2 down leaves f alone but not |grad f|: across the orbits |grad f| is stationary at points
    where the gradient is in no kernel, and which are not critical."""
    landscape = problem("linear_autoencoder", eigenvalues=(2.9, 0.9, 0.15, 0.02))
    rng = np.random.default_rng(0)
    descent = descend(landscape, 0.05 * landscape.starts(rng, 20), GradientDescent(0.05), 1000, record=5)
    starts = along_descent(landscape, descent, rng, 200, noise=0.5)
    ends = search_ends(landscape, search(landscape, starts, Newton()))
    assert ends.count() == {"neither": 0, "critical": 200, "gradient_flat": 0}
    stopped = search(landscape, starts, Newton(), max_steps=8)
    flat = search_ends(landscape, stopped).kind == End.GRADIENT_FLAT
    x = stopped.x[flat]
    slope = landscape.hvp(x, landscape.gradient(x))
    assert (norm(slope) <= 0.1 * norm(landscape.gradient(x))).all()


def test_ends_that_are_not_finite_are_neither():
    landscape = problem("lennard_jones", atoms=2)
    ends = search_ends(landscape, search(landscape, np.zeros((1, 6)), Newton()))
    assert ends.count() == {"neither": 1, "critical": 0, "gradient_flat": 0}
    assert "1 neither" in repr(ends)
