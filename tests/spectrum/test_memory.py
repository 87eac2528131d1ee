"""What cannot fit is refused, with the gigabytes, before anything is allocated."""

import numpy as np
import pytest

from landscape import Landscape, hessian_spectrum, memory
from landscape.spectrum.dense import tangent_system

RNG = np.random.default_rng(0)


def bowl(dim):
    """A quadratic whose Hessian nobody may ask for."""

    def forbidden(x):
        raise AssertionError("the dense Hessian was asked for")

    return Landscape.from_function(lambda x: 0.5 * (x**2).sum(axis=-1), lambda x: x, dim=dim).with_options(
        hessian=forbidden, hvp=lambda x, v: v
    )


def test_a_dense_hessian_that_cannot_fit_is_refused_with_the_call_to_use_instead():
    with pytest.raises(ValueError, match=r"takes 40,000 GB but .* GB are free.*dense=False") as refusal:
        hessian_spectrum(bowl(10**6).with_options(hvp=None), np.zeros(10**6), RNG, dense=True)
    assert "\n" not in str(refusal.value)


def test_the_choice_between_the_two_ways_looks_at_the_memory(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**6)
    spectrum = hessian_spectrum(bowl(300), np.ones(300), RNG, top=2)
    assert not spectrum.exact
    monkeypatch.setattr(memory, "available_memory", lambda: 10**9)
    with pytest.raises(AssertionError, match="was asked for"):
        hessian_spectrum(bowl(300), np.ones(300), RNG, top=2)


@pytest.mark.parametrize("call", [{"top": 100}, {"steps": 250}])
def test_vectors_that_cannot_fit_are_refused(monkeypatch, call):
    monkeypatch.setattr(memory, "available_memory", lambda: 8 * 300 * 200)
    with pytest.raises(ValueError, match=r"takes .* GB but .* GB are free; "):
        hessian_spectrum(bowl(300), np.ones(300), RNG, dense=False, **{"top": 2, **call})


def test_dense_systems_that_cannot_fit_are_refused_before_the_hessian_is_asked_for():
    with pytest.raises(ValueError, match=r"1 point takes 16,000 GB but .* GB are free; .*--matrix-free"):
        tangent_system(bowl(10**6), np.zeros((1, 10**6)))
