"""Derivatives that the user did not write: by JAX, the complex step, or SciPy's finite differences."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from types import ModuleType
from typing import Any

import numpy as np
from numpy.exceptions import ComplexWarning
from scipy import differentiate

from landscape.arrays import Array, BoolArray, norm, symmetrize

BatchFunction = Callable[[Array], Array]
VectorProduct = Callable[[Array, Array], Array]

COMPLEX_STEP = 1e-100
_REAL = 1e-30  # imaginary part, after such a step, of a real function at most, in units of its value or of one
DIFFERENCE_STEP = 0.02  # first step of a finite difference, in units of the landscape's length scale
_VALUE_ROUNDING = 1e-12  # of a value, as it shows in differences over a small part of the length scale
_TELLING = 0.01  # doubt of a difference, in units of what is usual, beyond which it proves nothing
_UNSETTLED = 0.1  # error of a second derivative, in units of the largest one there, that leaves nothing of it
_SMALLER = (0.1, 0.01)  # parts of the first step that are tried where it leads nowhere
_POLE = 1e4  # error of a second derivative, in units of the gradients near by, that no kink makes


@dataclass(frozen=True)
class Derivatives:
    """A function with its first and second derivatives, all batched; `linearized` as `Landscape` has it."""

    value: BatchFunction
    gradient: BatchFunction
    hessian: BatchFunction
    hvp: VectorProduct
    linearized: Callable[[Array], BatchFunction] | None = None


@dataclass(frozen=True)
class JaxFunction:
    """A JAX function of one point as a batched NumPy function, compiled.

    Attributes
    ----------
    of_one : callable
        The function of one point, for who wants to trace it into something larger.
    batched : callable
        What a call does.
    """

    of_one: Callable[..., Any]
    batched: Callable[..., Array]

    def __call__(self, *arrays: Array) -> Array:
        return self.batched(*arrays)


def complex_step_gradient(value: Callable[[Any], Any]) -> BatchFunction:
    """Gradient of a batched analytic function that takes complex numbers: Im f(x + i h e_j) / h.

    No difference of nearby numbers is taken, so that h can be tiny and the gradient is exact to rounding (Squire &
    Trapp, SIAM Review 40, 110, 1998).
    """

    def gradient(x: Array) -> Array:
        n = x.shape[-1]
        shifted = x[..., None, :] + 1j * COMPLEX_STEP * np.eye(n)
        result = np.asarray(value(shifted))
        # The imaginary part of a NaN that the function put in by hand is zero: no gradient, not a critical point. Where
        # it is not small the function is not real, as the logarithm of a negative number.
        real = np.isfinite(result.real) & (np.abs(result.imag) <= _REAL * np.maximum(np.abs(result.real), 1.0))
        return np.where(real, result.imag / COMPLEX_STEP, np.nan)

    return gradient


def complex_steps_agree(
    value: BatchFunction, raw: Callable[[Any], Any], points: Array, length_scale: float
) -> tuple[bool, bool]:
    """Whether the complex step of `raw` gives the gradients that differences of `value` do at points (m, n), entry by
    entry, up to what these leave open; and whether they leave little, for every coordinate at a quarter of the points.

    It does not where the function takes absolute values, compares, or refuses complex numbers.
    """
    with np.errstate(all="ignore"):
        height = value(points)
        reference, error = _jacobian(lambda z: value(z), points, length_scale)
    usable = np.isfinite(height) & np.isfinite(reference).all(axis=-1) & np.isfinite(error).all(axis=-1)
    points, height, reference, error = points[usable], height[usable], reference[usable], error[usable]
    if len(points) == 0:
        return True, False
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", ComplexWarning)  # an imaginary part that is thrown away
            gradient = complex_step_gradient(raw)(points)
    except Exception:
        return False, False
    size = np.abs(reference)
    usual = np.median(size, axis=0)  # of each component: one point near a pole does not speak for all
    doubt = 10 * error + _VALUE_ROUNDING * np.abs(height)[:, None] / length_scale
    independent = (gradient == 0) & (size <= doubt) & (doubt <= _TELLING * usual.max())
    clear = (doubt <= _TELLING * np.maximum(size, usual)) | independent
    agree = np.abs(gradient - reference) <= 1e-5 * size + 1e-6 * usual + doubt
    return bool(agree.all()), bool((clear.mean(axis=0) >= 0.25).all())


def difference_gradient(value: BatchFunction, length_scale: float) -> BatchFunction:
    """Gradient of a batched function by central differences of order 8 (`scipy.differentiate.jacobian`)."""

    def gradient(x: Array) -> Array:
        return _jacobian(lambda z: value(z), x, length_scale)[0]

    return gradient


def difference_hessian(gradient: BatchFunction, length_scale: float) -> BatchFunction:
    """Hessian of a batched function from its gradient by central differences of order 8, symmetrised. Where these reach
    across a pole or out of the domain smaller ones are tried; NaN where none will do."""

    def components_first(z: Array) -> Array:
        return np.moveaxis(gradient(z), -1, 0)

    def attempt(x: Array, scale: float) -> Array:
        result, error = _jacobian(components_first, x, scale)
        across = _across_pole(result, error, gradient, x, scale)
        return np.where(across[..., None, None], np.nan, symmetrize(result))

    def hessian(x: Array) -> Array:
        return _with_smaller_steps(attempt, gradient, length_scale, x)

    return hessian


def difference_product(gradient: BatchFunction, length_scale: float) -> VectorProduct:
    """Products of a Hessian with vectors from the gradient: its derivative along the vector by central differences of
    order 8, a few gradients whatever the dimension. Smaller ones, and NaN, as in `difference_hessian`."""

    def attempt(x: Array, v: Array, scale: float) -> Array:
        length = norm(v)[..., None]
        direction = v / np.where(length > 0, length, 1.0)

        def along(step: Array) -> Array:  # (..., n) or (..., n, k), the same for all n components
            points = x[..., None] + step.reshape(*x.shape, -1) * direction[..., None]
            return np.moveaxis(gradient(np.moveaxis(points, -1, 0)), 0, -1).reshape(step.shape)

        result = differentiate.derivative(
            along,
            np.zeros(x.shape),
            initial_step=DIFFERENCE_STEP * scale,
            order=8,
            maxiter=3,
            preserve_shape=True,
        )
        across = _across_pole(result.df, result.error, gradient, x, scale)
        return np.where(across[..., None], np.nan, result.df * length)

    def product(x: Array, v: Array) -> Array:
        x, v = np.broadcast_arrays(x, v)
        if x.size == 0:
            return np.zeros(x.shape)
        return _with_smaller_steps(attempt, gradient, length_scale, x, v)

    return product


def _with_smaller_steps(
    attempt: Callable[..., Array], gradient: BatchFunction, length_scale: float, x: Array, *others: Array
) -> Array:
    """What `attempt` gives for points (..., n), and other arrays beside them, with a length scale; with parts of it at
    those points with a gradient where it gives what is not finite."""
    result = attempt(x, *others, length_scale)
    for part in _SMALLER:
        unknown = np.asarray(~np.isfinite(result).all(axis=tuple(range(x.ndim - 1, result.ndim))))
        if unknown.any():
            unknown &= np.isfinite(gradient(x)).all(axis=-1)
        if not unknown.any():
            break
        result[unknown] = attempt(x[unknown], *(array[unknown] for array in others), part * length_scale)
    return result


def _across_pole(derivative: Array, error: Array, gradient: BatchFunction, x: Array, length_scale: float) -> BoolArray:
    """Whether second derivatives at points (..., n) are no more than noise, by SciPy's estimate of their error, and
    noise so large, beside the gradients there and a step to either side, that the differences must have met a pole."""
    axes = tuple(range(x.ndim - 1, derivative.ndim))
    noise, largest = (np.abs(entries).max(axis=axes, initial=0.0) for entries in (error, derivative))
    across = np.asarray(noise > _UNSETTLED * largest)
    if across.any():
        step = DIFFERENCE_STEP * length_scale
        sizes = (np.abs(gradient(near)).max(axis=-1, initial=0.0) for near in (x, x - step, x + step))
        across &= noise > _POLE * reduce(np.fmax, sizes) / length_scale
    return across


def _jacobian(function: BatchFunction, x: Array, length_scale: float) -> tuple[Array, Array]:
    """Derivatives of `function`, whose result's batch axes are last, by the coordinates of `x`, and their errors."""
    if x.size == 0:
        nothing = np.zeros((*x.shape[:-1], *(x.shape[-1:] * (function(x).ndim - x.ndim + 2))))
        return nothing, nothing
    result = differentiate.jacobian(
        lambda z: function(np.moveaxis(z, 0, -1)),
        np.moveaxis(x, -1, 0),
        initial_step=DIFFERENCE_STEP * length_scale,
        order=8,
        maxiter=3,
    )
    batch_axes = tuple(range(x.ndim - 1))
    last = tuple(axis - len(batch_axes) for axis in batch_axes)
    return np.moveaxis(result.df, last, batch_axes), np.moveaxis(result.error, last, batch_axes)


def jax_derivatives(loss: Callable[[Any], Any]) -> Derivatives:
    """A JAX loss of one point, shape (n,), as batched NumPy functions, compiled, each a `JaxFunction`.

    They compute in float32 for points in float32, and in float64 for all others.

    Raises
    ------
    ImportError
        If JAX is not installed; the message has the command that installs it.
    ValueError
        If JAX computes in float32.
    """
    jax = _engine("jax")
    if not jax.config.jax_enable_x64:
        raise ValueError(
            "JAX computes in float32, too coarse to tell a zero eigenvalue from a small one; call "
            'jax.config.update("jax_enable_x64", True) first, or set the environment variable '
            "JAX_ENABLE_X64=1"
        )
    gradient = jax.grad(loss)

    def one_hvp(x: Any, v: Any) -> Any:
        return jax.jvp(gradient, (x,), (v,))[1]

    def batched(of_one: Callable[..., Any]) -> JaxFunction:
        return JaxFunction(of_one, _flat_batch(_padded(jax.jit(jax.vmap(of_one)))))

    # What `linearize` returns is a pytree: it can leave one compiled function and enter the next, at any point.
    passes = jax.jit(lambda x: jax.linearize(gradient, x)[1])
    along = jax.jit(lambda product, v: jax.vmap(product)(v))

    def linearized(x: Array) -> BatchFunction:
        return _flat_batch(_padded(partial(along, passes(x))))

    return Derivatives(
        batched(loss), batched(gradient), batched(jax.hessian(loss)), batched(one_hvp), linearized=linearized
    )


def _engine(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is not installed; install it with: pip install 'landscape[{name}]'") from error


def _flat_batch(function: Callable[..., Array]) -> Callable[..., Array]:
    """Let a function of (m, n) arrays take any leading axes."""

    def call(*arrays: Array) -> Array:
        arrays = tuple(np.broadcast_arrays(*arrays))
        lead, n = arrays[0].shape[:-1], arrays[0].shape[-1]
        result = function(*(a.reshape(-1, n) for a in arrays))
        return result.reshape(lead + result.shape[1:])

    return call


def _padded(compiled: Callable[..., Any]) -> Callable[..., Array]:
    """Pad batches to a power of two, so that a shrinking batch is compiled a few times, not at every size."""

    def call(*arrays: Array) -> Array:
        size = len(arrays[0])
        room = 1 << max(size - 1, 0).bit_length()
        padded = (np.concatenate([a, np.repeat(a[:1], room - size, axis=0)]) for a in arrays)
        if size == 0:
            padded = (np.zeros((1, a.shape[1]), a.dtype) for a in arrays)
        precision = np.float32 if arrays[0].dtype == np.float32 else np.float64
        result: Array = np.array(compiled(*padded), dtype=precision)  # JAX's own buffer is read-only
        return result[:size]

    return call
