"""The `Landscape`: a smooth function with its derivatives and all that a search of it needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, alternating_sum, matvec
from landscape.autodiff import (
    BatchFunction,
    Derivatives,
    VectorProduct,
    difference_hessian,
    difference_product,
    jax_derivatives,
)
from landscape.manifolds import Box, Euclidean, Manifold
from landscape.symmetry import Identity, Symmetry
from landscape.torch_autodiff import torch_derivatives
from landscape.torch_modules import module_loss
from landscape.user_functions import check_shapes, derived_gradient, floating, point_by_point

Sampler = Callable[[np.random.Generator, int], Array]


@dataclass(frozen=True)
class Truth:
    """What is known of a landscape's critical points from outside this library.

    Attributes
    ----------
    counts : mapping of int to int, optional
        Number of critical points of each index.
    complete : bool
        Whether `counts` is for every index, not only for those it names.
    minimum_value : float, optional
        Global minimum.
    degenerate : int, optional
        Number of degenerate critical points; they are not in `counts`.
    source : str
        Where this is from.
    """

    counts: Mapping[int, int] | None = None
    complete: bool = True
    minimum_value: float | None = None
    degenerate: int = 0
    source: str = ""


@dataclass(frozen=True)
class Provenance:
    """Where the derivatives come from: 'exact', 'JAX', 'PyTorch', 'complex step' or 'finite differences'."""

    gradient: str = "exact"
    hessian: str = "exact"

    @property
    def relative_error(self) -> float:
        """Relative accuracy of the Hessian: rounding, or what nested differences leave of it."""
        eps = float(np.finfo(np.float64).eps)
        if self.hessian != "finite differences":
            return eps
        return eps ** (2 / 3) if self.gradient != "finite differences" else eps ** (1 / 2)


@dataclass(frozen=True)
class Terms:
    """A function as the mean of many, as a loss over data is: what stochastic gradient descent samples.

    Attributes
    ----------
    count : int
        Number of terms.
    gradient : callable
        (m, n) points and (m, b) numbers of terms, from 0, to (m, n): for each point the mean gradient of its terms, in
        ambient coordinates. Over all terms it is the landscape's gradient, so that over random ones it is unbiased.
    """

    count: int
    gradient: Callable[[Array, IntArray], Array]


@dataclass(frozen=True, eq=False)
class Landscape:
    """A smooth function on a manifold, batched over points of shape (..., n).

    Most are made by `landscape.problem`, `Landscape.from_function`, `Landscape.from_jax` or
    `Landscape.from_torch`.

    Parameters
    ----------
    name : str
        For reports.
    manifold : Manifold
        Where it lives. A plain box of starts is `Euclidean(n, box)`.
    value, gradient, hessian : callable
        (..., n) to (...), (..., n) and (..., n, n): derivatives in ambient coordinates.
    hvp : callable, optional
        Hessian-vector product, (..., n) and (..., n) to (..., n); from `hessian` if left out.
    symmetry : Symmetry
        Group that leaves the function alone and modulo which critical points are counted.
    sampler : callable, optional
        (rng, size) to (size, n) starts; uniform on the manifold or its box if left out.
    domain : callable, optional
        (..., n) to bool (...): where critical points are looked for; everywhere if left out.
    confining : bool
        On a non-compact manifold: whether the function grows at infinity, so that the Morse sum is that of a
        ball.
    equivariant_betti : tuple of int, optional
        Where not the manifold's Betti numbers tell which critical points there must be, those that do, for dimensions
        0 to the manifold's: of the space where the function is finite, in equivariant homology if the symmetry group
        is not finite (Atiyah & Bott 1983, Phil. Trans. R. Soc. Lond. A 308, 523).
    solution_bound : int, optional
        What the number of its nondegenerate critical points cannot exceed, such as Bezout's number for a polynomial.
    hessian_lipschitz : callable, optional
        (..., n) and (...) to (...): for each point a bound on the Lipschitz constant of the Riemannian Hessian, carried
        along geodesics, in the spectral norm, over the ball of the given radius; what certificates are made from.
    terms : Terms, optional
        The functions of which this one is the mean.
    truth : Truth, optional
        Known critical points.
    provenance : Provenance
        Where the derivatives come from.
    parameters : mapping
        The parameters it was made with.
    linearized : callable, optional
        One point (n,) to a function of v (..., n), the product with the Hessian there: for those that can do at once
        what many products at a point have in common.

    A copy with other derivatives is made by `with_options`, which leaves out what no longer belongs to them.
    """

    name: str
    manifold: Manifold
    value: BatchFunction
    gradient: BatchFunction
    hessian: BatchFunction
    hvp: VectorProduct = None  # type: ignore[assignment]  # filled in below
    symmetry: Symmetry = field(default_factory=Identity)
    sampler: Sampler | None = None
    domain: Callable[[Array], BoolArray] | None = None
    confining: bool = False
    equivariant_betti: tuple[int, ...] | None = None
    solution_bound: int | None = None
    hessian_lipschitz: Callable[[Array, Array], Array] | None = None
    terms: Terms | None = None
    truth: Truth | None = None
    provenance: Provenance = field(default_factory=Provenance)
    parameters: Mapping[str, object] = field(default_factory=dict)
    linearized: Callable[[Array], BatchFunction] | None = None

    def __post_init__(self) -> None:
        if self.hvp is None:
            object.__setattr__(self, "hvp", lambda x, v: matvec(self.hessian(x), v))
        if self.equivariant_betti is not None and len(self.equivariant_betti) != self.manifold.intrinsic_dim + 1:
            raise ValueError(
                f"equivariant_betti has {len(self.equivariant_betti)} numbers but the manifold has "
                f"{self.manifold.intrinsic_dim + 1} dimensions, 0 included"
            )

    @property
    def dim(self) -> int:
        """Number of ambient coordinates of a point."""
        return self.manifold.dim

    @property
    def diagonal(self) -> float:
        """Size of the landscape: its length scale times the root of its number of directions."""
        return self.manifold.length_scale * float(np.sqrt(self.manifold.intrinsic_dim))

    @property
    def betti_numbers(self) -> tuple[int, ...] | None:
        """The homology that all critical points together account for (Milnor 1963, *Morse Theory*, section 5); None
        where Morse theory is silent.

        That of a compact manifold, or of R^n for a function that grows at infinity, unless `equivariant_betti` states
        another; unknown where critical points are counted modulo an infinite group and it does not.
        """
        representative = self.manifold.normalize(np.ones(self.dim))
        if self.symmetry.orbit_size(self.manifold, representative) is None:
            return None
        if self.equivariant_betti is not None:
            return self.equivariant_betti
        finite = self.symmetry.zero_modes(representative).shape[-1] == 0
        return self.manifold.betti_numbers if finite and (self.manifold.compact or self.confining) else None

    @property
    def euler_characteristic(self) -> int | None:
        """What the sum of (-1)^index over all critical points must be, each weighted by the size of its orbit: the
        alternating sum of `betti_numbers`; None where Morse theory is silent."""
        betti = self.betti_numbers
        return None if betti is None else alternating_sum(betti)

    def starts(self, rng: np.random.Generator, size: int) -> Array:
        """Draw `size` starts, (size, n)."""
        sampler = self.sampler or self.manifold.sample
        return sampler(rng, size)

    def riemannian_gradient(self, x: Array) -> Array:
        """Gradient projected on the tangent space, (..., n)."""
        return self.manifold.project(x, self.gradient(x))

    def tangent_hessian(self, x: Array) -> Array:
        """Riemannian Hessian in the manifold's tangent basis, (..., d, d)."""
        return self.manifold.tangent_hessian(x, self.gradient(x), self.hessian(x))

    def riemannian_hvp(self, x: Array, v: Array, gradient: Array | None = None) -> Array:
        """Riemannian Hessian times tangent vectors `v`, (..., n); `gradient` is the ambient one at `x`, if known."""
        if gradient is None:
            gradient = self.gradient(x)
        return self.manifold.riemannian_hvp(x, gradient, v, self.hvp(x, v))

    def hvp_at(self, x: Array) -> BatchFunction:
        """The product with the Hessian at one point `x` (n,), as a function of v (..., n): for many products there.

        It may hold in memory what an evaluation of the gradient leaves behind.

        Raises
        ------
        ValueError
            If `x` is not one point.

        Examples
        --------
        >>> import landscape, numpy as np
        >>> landscape.problem("himmelblau").hvp_at(np.array([3.0, 2.0]))(np.array([[1.0, 0.0], [0.0, 1.0]]))
        array([[74., 20.],
               [20., 34.]])
        """
        if x.shape != (self.dim,):
            raise ValueError(f"x has shape {x.shape} but one point, of shape ({self.dim},), is expected")
        point = x.copy()  # what the caller does to it later must not matter
        return partial(self.hvp, point) if self.linearized is None else self.linearized(point)

    def inside(self, x: Array) -> BoolArray:
        """Whether points lie in the domain, (...)."""
        return np.ones(x.shape[:-1], dtype=bool) if self.domain is None else self.domain(x)

    @classmethod
    def from_function(
        cls,
        value: Callable[[Array], Any],
        gradient: Callable[[Array], Any] | None = None,
        hessian: Callable[[Array], Any] | None = None,
        *,
        dim: int | None = None,
        box: Box | tuple[float, float] = (-1.0, 1.0),
        manifold: Manifold | None = None,
        vectorized: bool = True,
        name: str | None = None,
        confining: bool = False,
    ) -> Landscape:
        """A landscape from NumPy functions.

        Parameters
        ----------
        value, gradient, hessian : callable
            (..., n) to (...), (..., n), (..., n, n); with `vectorized=False`, of one point (n,). A missing
            gradient is taken by the complex step where the function allows it, otherwise by finite differences, a
            missing Hessian, and its products with vectors, by differences of the gradient; `provenance` says which.
        dim : int
            Number of coordinates; not needed when `manifold` is given.
        box : pair of float or of (n,)
            Corners of the box from which starts are drawn.
        manifold : Manifold, optional
            Instead of `dim` and `box`.
        vectorized : bool
            Whether the functions take batches.
        name : str, optional
            Defaults to the function's own.
        confining : bool
            Whether the function grows at infinity.

        Raises
        ------
        ValueError
            If a function returns the wrong shape.

        Examples
        --------
        >>> from landscape import Landscape
        >>> bowl = Landscape.from_function(lambda x: (x**2).sum(axis=-1), dim=3, box=(-2, 2))
        >>> bowl.provenance
        Provenance(gradient='complex step', hessian='finite differences')
        """
        manifold = _manifold(manifold, dim, box)
        given = {"value": value, "gradient": gradient, "hessian": hessian}
        wrapped = {
            key: floating(function if vectorized else point_by_point(function, rank))
            for rank, (key, function) in enumerate(given.items())
            if function is not None
        }
        check_shapes(wrapped, manifold, "a function of one point needs vectorized=False")
        scale = manifold.length_scale
        batched_value = wrapped["value"]
        gradient_source = "exact"
        batched_gradient = wrapped.get("gradient")
        if batched_gradient is None:
            raw = value if vectorized else point_by_point(value, 0)
            batched_gradient, gradient_source = derived_gradient(batched_value, raw, manifold)
        batched_hessian = wrapped.get("hessian")
        return cls(
            name=name or str(getattr(value, "__name__", "function")),
            manifold=manifold,
            value=batched_value,
            gradient=batched_gradient,
            hessian=batched_hessian or difference_hessian(batched_gradient, scale),
            hvp=None if batched_hessian else difference_product(batched_gradient, scale),  # type: ignore[arg-type]
            confining=confining,
            provenance=Provenance(
                gradient=gradient_source,
                hessian="exact" if hessian is not None else "finite differences",
            ),
        )

    @classmethod
    def from_jax(
        cls,
        loss: Callable[[Any], Any],
        dim: int | None = None,
        *,
        box: Box | tuple[float, float] = (-1.0, 1.0),
        manifold: Manifold | None = None,
        name: str | None = None,
        confining: bool = False,
    ) -> Landscape:
        """A landscape from a JAX loss of one point, (n,) to a scalar; derivatives by autodiff, compiled.

        Parameters
        ----------
        loss : callable
            Written with `jax.numpy`; it is traced.
        dim, box, manifold, name, confining
            As in `from_function`.

        Raises
        ------
        ImportError, ValueError
            If JAX is missing, computes in float32, or the loss does not return a scalar.
        """
        manifold = _manifold(manifold, dim, box)
        return cls._from_autodiff(jax_derivatives(loss), "JAX", loss, manifold, name, confining)

    @classmethod
    def from_torch(
        cls,
        loss: Callable[[Any], Any],
        dim: int | None = None,
        *,
        box: Box | tuple[float, float] = (-1.0, 1.0),
        manifold: Manifold | None = None,
        name: str | None = None,
        confining: bool = False,
        device: Any = None,
    ) -> Landscape:
        """A landscape from a PyTorch loss of one point, a float64 tensor (n,) to a scalar.

        Derivatives by `torch.func`.

        Parameters
        ----------
        loss : callable
            Best without operations in place and without branches on values: those make PyTorch take points one by one.
            A module's loss over data, as a function of its parameters, is made by `from_torch_module`.
        dim, box, manifold, name, confining
            As in `from_function`.
        device : torch.device or str, optional
            Where points are put and all is computed, such as 'cuda'; PyTorch's default if left out.

        Raises
        ------
        ImportError, ValueError
            If PyTorch is missing or cannot compute the loss, or the loss does not return a scalar.
        """
        manifold = _manifold(manifold, dim, box)
        derivatives = torch_derivatives(loss, device)
        try:
            return cls._from_autodiff(derivatives, "PyTorch", loss, manifold, name, confining)
        except ValueError as error:
            if not hasattr(loss, "named_parameters"):
                raise
            raise ValueError(
                f"{type(loss).__name__} is a module, and no loss of one point ({error}); its loss over data, as a "
                "function of its parameters, is Landscape.from_torch_module(module, inputs, targets, loss)"
            ) from error

    @classmethod
    def from_torch_module(
        cls, module: Any, inputs: Any, targets: Any, loss: Callable[[Any, Any], Any], *, name: str | None = None
    ) -> Landscape:
        """The loss of a PyTorch module over data, as a function of all its parameters in one vector.

        Parameters
        ----------
        module : torch.nn.Module
            It is copied, in double precision and evaluation mode, and not changed. A point is its parameters in the
            order of `named_parameters`, each flattened; those that do not require a gradient stay as they are, and
            tied ones are one. All is computed where they are, on a GPU if the module is on one.
        inputs, targets : array or tensor
            (samples, ...) each.
        loss : callable
            Outputs and targets to a scalar, such as `torch.nn.functional.cross_entropy`. If it is a mean over samples,
            stochastic gradient descent draws from them.
        name : str, optional
            The module's class, if left out.

        Returns
        -------
        Landscape
            Its starts are uniform within the largest |parameter| of each tensor, as PyTorch's layers draw them; the
            module's own parameters are `landscape.torch_modules.module_loss(...).start`.

        Raises
        ------
        ImportError, ValueError
            If PyTorch is missing, the module has no parameters to vary, it or the loss cannot take the data, or the
            loss is not a scalar.
        """
        made = module_loss(module, inputs, targets, loss)
        manifold = Euclidean(len(made.start), (-made.reach, made.reach))
        title = name or type(module).__name__
        derivatives = torch_derivatives(made.of_one, made.device)
        landscape = cls._from_autodiff(derivatives, "PyTorch", made.of_one, manifold, title, False)
        return replace(landscape, terms=Terms(made.samples, made.gradient_of_terms))

    @classmethod
    def _from_autodiff(
        cls,
        derivatives: Derivatives,
        engine: str,
        loss: Callable[[Any], Any],
        manifold: Manifold,
        name: str | None,
        confining: bool,
    ) -> Landscape:
        check_shapes({"value": derivatives.value}, manifold, f"{engine} needs a function of one point to a scalar")
        return cls(
            name=name or str(getattr(loss, "__name__", "function")),
            manifold=manifold,
            value=derivatives.value,
            gradient=derivatives.gradient,
            hessian=derivatives.hessian,
            hvp=derivatives.hvp,
            linearized=derivatives.linearized,
            confining=confining,
            provenance=Provenance(gradient=engine, hessian=engine),
        )

    def with_options(self, **changes: Any) -> Landscape:
        """A copy with some fields replaced, such as `symmetry`, `domain` or `name`.

        Parameters
        ----------
        **changes
            Any parameters of `Landscape`. With `hessian` alone the products with vectors are derived from it anew; with
            `gradient` the `terms` are dropped, with `hvp` what is `linearized`. With any of `value`, `gradient`,
            `hessian` and `manifold` the bound `hessian_lipschitz` is, and with `value` or `manifold` all that was known
            of the function: `solution_bound`, `equivariant_betti` and `truth`.

        Raises
        ------
        TypeError
            If there is no such field.

        Examples
        --------
        >>> import landscape
        >>> landscape.problem("himmelblau").with_options(name="four valleys").name
        'four valleys'
        """
        if "hessian" in changes:
            changes.setdefault("hvp", None)  # the product with the former Hessian is no longer true
        if "hvp" in changes:
            changes.setdefault("linearized", None)
        if "gradient" in changes:
            changes.setdefault("terms", None)
        if not changes.keys().isdisjoint(("value", "gradient", "hessian", "manifold")):
            changes.setdefault("hessian_lipschitz", None)
        if not changes.keys().isdisjoint(("value", "manifold")):
            for known in ("solution_bound", "equivariant_betti", "truth"):
                changes.setdefault(known, None)
        return replace(self, **changes)


def _manifold(manifold: Manifold | None, dim: int | None, box: Box | tuple[float, float]) -> Manifold:
    if manifold is not None:
        if dim is not None and dim != manifold.dim:
            raise ValueError(f"dim is {dim} but the manifold has {manifold.dim} coordinates")
        return manifold
    if dim is None:
        raise ValueError("a landscape needs dim, its number of coordinates, or a manifold")
    return Euclidean(dim, box)
