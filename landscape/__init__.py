"""Maps smooth functions: where gradient descent goes, where the gradient vanishes, and what each critical point is.

Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landscape.critical.certificate import Certificate as Certificate
    from landscape.critical.certificate import certify as certify
    from landscape.critical.classify import classify as classify
    from landscape.critical.dimer import Dimer as Dimer
    from landscape.critical.eigenvector_following import EigenvectorFollowing as EigenvectorFollowing
    from landscape.critical.exploration import Exploration as Exploration
    from landscape.critical.exploration import explore as explore
    from landscape.critical.find import find_critical_points as find_critical_points
    from landscape.critical.gradient_norm import GradientNormMinimization as GradientNormMinimization
    from landscape.critical.merge import merge as merge
    from landscape.critical.newton import Newton as Newton
    from landscape.critical.points import CriticalPoints as CriticalPoints
    from landscape.critical.points import Kind as Kind
    from landscape.critical.saddle_dynamics import SaddleDynamics as SaddleDynamics
    from landscape.critical.search import SearchRuns as SearchRuns
    from landscape.critical.search import SearchStatus as SearchStatus
    from landscape.critical.search import search as search
    from landscape.descent.armijo import ArmijoGradientDescent as ArmijoGradientDescent
    from landscape.descent.ensemble import Descent as Descent
    from landscape.descent.ensemble import DescentStatus as DescentStatus
    from landscape.descent.ensemble import descend as descend
    from landscape.descent.gradient_descent import GradientDescent as GradientDescent
    from landscape.descent.heavy_ball import HeavyBall as HeavyBall
    from landscape.descent.nesterov import Nesterov as Nesterov
    from landscape.escape.times import EscapeTimes as EscapeTimes
    from landscape.escape.times import escape_times as escape_times
    from landscape.function import Landscape as Landscape
    from landscape.manifolds import Euclidean as Euclidean
    from landscape.manifolds import Product as Product
    from landscape.manifolds import Sphere as Sphere
    from landscape.manifolds import Torus as Torus
    from landscape.problems import problem as problem
    from landscape.problems import problem_names as problem_names
    from landscape.statistics.index import GOE as GOE
    from landscape.statistics.index import IndexStatistics as IndexStatistics
    from landscape.statistics.index import Separable as Separable
    from landscape.statistics.index import SphericalSpinGlass as SphericalSpinGlass
    from landscape.statistics.index import index_statistics as index_statistics
    from landscape.symmetry import Identity as Identity
    from landscape.symmetry import ParticleSymmetry as ParticleSymmetry
    from landscape.symmetry import SignFlip as SignFlip

_HOME = {
    "Certificate": "landscape.critical.certificate",
    "certify": "landscape.critical.certificate",
    "classify": "landscape.critical.classify",
    "EigenvectorFollowing": "landscape.critical.eigenvector_following",
    "Dimer": "landscape.critical.dimer",
    "Exploration": "landscape.critical.exploration",
    "explore": "landscape.critical.exploration",
    "GradientNormMinimization": "landscape.critical.gradient_norm",
    "SaddleDynamics": "landscape.critical.saddle_dynamics",
    "find_critical_points": "landscape.critical.find",
    "merge": "landscape.critical.merge",
    "Newton": "landscape.critical.newton",
    "CriticalPoints": "landscape.critical.points",
    "Kind": "landscape.critical.points",
    "SearchRuns": "landscape.critical.search",
    "SearchStatus": "landscape.critical.search",
    "search": "landscape.critical.search",
    "ArmijoGradientDescent": "landscape.descent.armijo",
    "Descent": "landscape.descent.ensemble",
    "DescentStatus": "landscape.descent.ensemble",
    "descend": "landscape.descent.ensemble",
    "GradientDescent": "landscape.descent.gradient_descent",
    "HeavyBall": "landscape.descent.heavy_ball",
    "Nesterov": "landscape.descent.nesterov",
    "EscapeTimes": "landscape.escape.times",
    "escape_times": "landscape.escape.times",
    "Landscape": "landscape.function",
    "Euclidean": "landscape.manifolds",
    "Product": "landscape.manifolds",
    "Sphere": "landscape.manifolds",
    "Torus": "landscape.manifolds",
    "problem": "landscape.problems",
    "problem_names": "landscape.problems",
    "GOE": "landscape.statistics.index",
    "IndexStatistics": "landscape.statistics.index",
    "Separable": "landscape.statistics.index",
    "SphericalSpinGlass": "landscape.statistics.index",
    "index_statistics": "landscape.statistics.index",
    "Identity": "landscape.symmetry",
    "ParticleSymmetry": "landscape.symmetry",
    "SignFlip": "landscape.symmetry",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'landscape' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
