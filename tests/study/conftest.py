"""A study that the tests of this folder share, and what it means that two of them are the same."""

import dataclasses

import numpy as np
import pytest

from landscape.results import Results
from landscape.study.declaration import Study
from landscape.study.result import StudyResult
from landscape.study.run import run_study
from landscape.study.target import Target


@pytest.fixture(scope="session")
def himmelblau():
    """Three chunks of starts, the last one short."""
    return run_study(Study(Target("himmelblau"), starts=2100, seed=0))


def _differences(one, other, name):
    if isinstance(one, Results):
        for f in dataclasses.fields(one):
            yield from _differences(getattr(one, f.name), getattr(other, f.name), f"{name}.{f.name}")
    elif isinstance(one, np.ndarray):
        if (one.dtype, one.shape, one.tobytes()) != (other.dtype, other.shape, other.tobytes()):
            yield name
    elif one != other or type(one) is not type(other):
        yield name


@pytest.fixture(scope="session")
def differing():
    """Names of the parts in which two study results differ in any bit; how long they took is none."""

    def compare(one, other):
        return [
            part
            for f in dataclasses.fields(one)
            if f.name != "seconds" or not isinstance(one, StudyResult)
            for part in _differences(getattr(one, f.name), getattr(other, f.name), f.name)
        ]

    return compare
