"""Cubic regularization of Newton's method (Nesterov & Polyak, Math. Program. 108, 177, 2006)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, dot, norm
from landscape.descent.eigenbasis import eigenbasis, gradient_or_nan
from landscape.descent.method import require_positive
from landscape.function import Landscape

_TINY = float(np.finfo(np.float64).tiny)
_ROUNDING = 16 * np.finfo(np.float64).eps
_NUDGE = 1e-30  # relative to the gradient: as good as zero, but it tells the hard case where to go
_MAX_NEWTON, _NEWTON_TOLERANCE = 100, 1e-14


class CubicModel(NamedTuple):
    """Value at the current point of each run and the coefficient M with which its next step begins, (m,)."""

    value: Array
    M: Array


@dataclass(frozen=True)
class CubicRegularizedNewton:
    """x <- R_x(s) with s the global minimum over the tangent space of

        g . s + s . H s / 2 + M |s|^3 / 6 (the paper's eq. 2.4).

    For M at least the Lipschitz constant of the Hessian that is an upper bound of f; here M doubles until f(R_x(s)) is
    below the model, and halves after each step (the paper's section 5.2). Runs leave strict saddles even from their
    stable manifolds, along the lowest eigenvector, and converge quadratically to nondegenerate minima. On manifolds:
    Agarwal, Boumal, Bullins & Cartis, Math. Program. 188, 85, 2021. Where the Hessian is not finite, a run ends as
    `NON_FINITE`.

    Parameters
    ----------
    M : float, optional
        Its value at the first step; by default the Hessian's norm at the start over the landscape's length scale.
    """

    M: float | None = None

    max_doublings = 100

    def __post_init__(self) -> None:
        if self.M is not None:
            require_positive("M", self.M)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> CubicModel:
        if self.M is not None:
            return CubicModel(landscape.value(x), np.full(len(x), float(self.M)))
        local, length = eigenbasis(landscape, x), landscape.manifold.length_scale
        largest = np.abs(local.eigenvalues).max(axis=1) + norm(gradient) / length
        return CubicModel(landscape.value(x), largest / length)

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: CubicModel, rng: np.random.Generator | None
    ) -> tuple[Array, Array, CubicModel]:
        local = eigenbasis(landscape, x)
        M, value, moved = memory.M.copy(), memory.value.copy(), x.copy()
        todo = np.flatnonzero(local.finite)
        for _ in range(self.max_doublings):
            lam, g, before = local.eigenvalues[todo], local.gradient[todo], memory.value[todo]
            s = cubic_step(lam, g, M[todo])
            model = dot(g, s) + dot(lam, s**2) / 2 + M[todo] * norm(s) ** 3 / 6
            trial = landscape.manifold.retract(x[todo], local.ambient(s, todo))
            height = landscape.value(trial)
            # Where f is NaN already nothing can be compared, and the step is taken.
            good = (height <= before + model + _ROUNDING * np.abs(before)) | np.isnan(before)
            moved[todo[good]], value[todo[good]] = trial[good], height[good]
            todo = todo[~good]
            if not todo.size:
                break
            M[todo] *= 2
        M = np.maximum(M / 2, _TINY)
        return moved, gradient_or_nan(landscape, moved, local.finite), CubicModel(value, M)


def cubic_step(lam: Array, g: Array, M: Array) -> Array:
    """The global minimum s of g . s + sum_i lam_i s_i^2 / 2 + M |s|^3 / 6, (m, d).

    s = -g / (lam + sigma) with sigma = M |s| / 2 at least -lam_1: one equation for sigma, put as
    1 / |s(sigma)| = M / (2 sigma), where Newton's method approaches the solution from below without overshooting
    (Cartis, Gould & Toint, Math. Program. 127, 245, 2011, section 6.1). In the hard case, where g has no component
    along the lowest eigenvector, there are two minima, and that on its positive side is taken.

    Parameters
    ----------
    lam : (m, d)
        Eigenvalues in ascending order.
    g : (m, d)
        Gradient in the eigenbasis, not zero.
    M : (m,)
        Positive.
    """
    # The unknown is delta = sigma + min(lam_1, 0): where it is tiny, sigma itself would have lost its digits.
    base = np.minimum(lam[:, :1], 0.0)
    gaps = lam - base
    g = g.copy()
    g[:, 0] = np.where(g[:, 0] > 0, 1, -1) * np.maximum(np.abs(g[:, 0]), _NUDGE * norm(g))
    # |s| is at least each |s_i|: the largest of the solutions for one component alone is a lower bound.
    pull = M[:, None] * np.abs(g)
    alone = pull / (np.sqrt(lam**2 + 2 * pull) + np.abs(lam))
    lowest = np.maximum(alone[:, 0], _TINY)
    delta = np.maximum(lowest, (alone + np.where(lam < 0, -gaps, base)).max(axis=1))
    for number in range(_MAX_NEWTON):
        s = g / (delta[:, None] + gaps)
        length, sigma = norm(s), delta - base[:, 0]
        mismatch = 1 / length - M / (2 * sigma)
        slope = dot(s**2, 1 / (delta[:, None] + gaps)) / length**3 + M / (2 * sigma**2)
        change = mismatch / slope
        delta = np.maximum(delta - change, lowest)
        # It rises until rounding turns it back; only the bound it begins with may be too high by rounding.
        if number > 0 and (change >= -_NEWTON_TOLERANCE * delta).all():
            break
    return -g / (delta[:, None] + gaps)
