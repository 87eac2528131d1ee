"""Maps smooth functions: where gradient descent goes, where the gradient vanishes, and what each critical point is.

A landscape comes from `problem` or from `Landscape.from_function`, `from_jax`, `from_torch`, `from_torch_module`. On it
`descend` goes down, `find_critical_points` and `explore` find critical points, `classify` judges given ones, `certify`
proves them; `escape_times` and `flow` leave saddles; `connect`, `hierarchy` and `morse_complex` tell what connects
what; `hessian_spectrum` and `index_statistics` count negative eigenvalues; `open_study` reads a saved study.

Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landscape.critical.along_descent import along_descent as along_descent
    from landscape.critical.certificate import Certificate as Certificate
    from landscape.critical.certificate import certify as certify
    from landscape.critical.classify import classify as classify
    from landscape.critical.dimer import Dimer as Dimer
    from landscape.critical.eigenvector_following import EigenvectorFollowing as EigenvectorFollowing
    from landscape.critical.ends import End as End
    from landscape.critical.ends import SearchEnds as SearchEnds
    from landscape.critical.ends import search_ends as search_ends
    from landscape.critical.exploration import Exploration as Exploration
    from landscape.critical.exploration import explore as explore
    from landscape.critical.find import find_critical_points as find_critical_points
    from landscape.critical.gradient_norm import GradientNormMinimization as GradientNormMinimization
    from landscape.critical.merge import merge as merge
    from landscape.critical.newton import Newton as Newton
    from landscape.critical.points import CriticalPoints as CriticalPoints
    from landscape.critical.points import Kind as Kind
    from landscape.critical.recapture import Recapture as Recapture
    from landscape.critical.recapture import recapture as recapture
    from landscape.critical.saddle_dynamics import SaddleDynamics as SaddleDynamics
    from landscape.critical.search import SearchRuns as SearchRuns
    from landscape.critical.search import SearchStatus as SearchStatus
    from landscape.critical.search import search as search
    from landscape.derivative_check import DerivativeCheck as DerivativeCheck
    from landscape.derivative_check import check_derivatives as check_derivatives
    from landscape.descent.adagrad import AdaGrad as AdaGrad
    from landscape.descent.adam import Adam as Adam
    from landscape.descent.armijo import ArmijoGradientDescent as ArmijoGradientDescent
    from landscape.descent.cubic_regularized_newton import CubicRegularizedNewton as CubicRegularizedNewton
    from landscape.descent.ensemble import Descent as Descent
    from landscape.descent.ensemble import DescentStatus as DescentStatus
    from landscape.descent.ensemble import descend as descend
    from landscape.descent.exact_line_search import ExactLineSearch as ExactLineSearch
    from landscape.descent.gradient_descent import GradientDescent as GradientDescent
    from landscape.descent.gradient_flow import GradientFlow as GradientFlow
    from landscape.descent.gradient_flow import gradient_flow as gradient_flow
    from landscape.descent.heavy_ball import HeavyBall as HeavyBall
    from landscape.descent.nesterov import Nesterov as Nesterov
    from landscape.descent.noisy_gradient_descent import NoisyGradientDescent as NoisyGradientDescent
    from landscape.descent.perturbed_gradient_descent import PerturbedGradientDescent as PerturbedGradientDescent
    from landscape.descent.rmsprop import RMSProp as RMSProp
    from landscape.descent.saddle_free_newton import SaddleFreeNewton as SaddleFreeNewton
    from landscape.descent.stochastic_gradient_descent import StochasticGradientDescent as StochasticGradientDescent
    from landscape.escape.avoidance import SaddleAvoidance as SaddleAvoidance
    from landscape.escape.avoidance import saddle_avoidance as saddle_avoidance
    from landscape.escape.exits import Exits as Exits
    from landscape.escape.exits import ExitStatus as ExitStatus
    from landscape.escape.exits import leave_ball as leave_ball
    from landscape.escape.flow import FlowLines as FlowLines
    from landscape.escape.flow import FlowStatus as FlowStatus
    from landscape.escape.flow import flow as flow
    from landscape.escape.manifolds import Branches as Branches
    from landscape.escape.manifolds import Destinations as Destinations
    from landscape.escape.manifolds import destinations_of as destinations_of
    from landscape.escape.manifolds import stable_manifold as stable_manifold
    from landscape.escape.manifolds import unstable_manifold as unstable_manifold
    from landscape.escape.survey import EscapeSurvey as EscapeSurvey
    from landscape.escape.survey import escape_survey as escape_survey
    from landscape.escape.times import EscapeTimes as EscapeTimes
    from landscape.escape.times import escape_times as escape_times
    from landscape.function import Landscape as Landscape
    from landscape.function import Terms as Terms
    from landscape.hidden_units import HiddenUnits as HiddenUnits
    from landscape.manifolds import Euclidean as Euclidean
    from landscape.manifolds import Product as Product
    from landscape.manifolds import Sphere as Sphere
    from landscape.manifolds import Torus as Torus
    from landscape.network.barriers import MinimaxPath as MinimaxPath
    from landscape.network.barriers import degree_distribution as degree_distribution
    from landscape.network.barriers import funnels as funnels
    from landscape.network.barriers import global_funnel as global_funnel
    from landscape.network.barriers import minimax_path as minimax_path
    from landscape.network.barriers import monotonic_basins as monotonic_basins
    from landscape.network.connect import connect as connect
    from landscape.network.connect import transition_network as transition_network
    from landscape.network.double_ended import Path as Path
    from landscape.network.double_ended import PathStatus as PathStatus
    from landscape.network.double_ended import path_between as path_between
    from landscape.network.export import read_graphml as read_graphml
    from landscape.network.export import read_json as read_json
    from landscape.network.export import write_graphml as write_graphml
    from landscape.network.export import write_json as write_json
    from landscape.network.hierarchy import hierarchy as hierarchy
    from landscape.network.kinetics import mean_first_passage_times as mean_first_passage_times
    from landscape.network.kinetics import rate_matrix as rate_matrix
    from landscape.network.morse import MorseComplex as MorseComplex
    from landscape.network.morse import morse_complex as morse_complex
    from landscape.network.pathsample import read_pathsample as read_pathsample
    from landscape.network.pathsample import write_pathsample as write_pathsample
    from landscape.network.pele import read_pele as read_pele
    from landscape.network.pele import write_pele as write_pele
    from landscape.network.pieces import join_components as join_components
    from landscape.network.thermodynamics import heat_capacity as heat_capacity
    from landscape.network.thermodynamics import occupation as occupation
    from landscape.network.tree import Disconnectivity as Disconnectivity
    from landscape.network.tree import disconnectivity as disconnectivity
    from landscape.particles import ParticleSymmetry as ParticleSymmetry
    from landscape.problems import problem as problem
    from landscape.problems import problem_names as problem_names
    from landscape.spectrum.summary import Spectrum as Spectrum
    from landscape.spectrum.summary import hessian_spectrum as hessian_spectrum
    from landscape.statistics.bias import SamplingBias as SamplingBias
    from landscape.statistics.bias import sampling_bias as sampling_bias
    from landscape.statistics.ensembles import GaussianField as GaussianField
    from landscape.statistics.ensembles import MixedSpinGlass as MixedSpinGlass
    from landscape.statistics.ensembles import RandomLandscapes as RandomLandscapes
    from landscape.statistics.ensembles import Wishart as Wishart
    from landscape.statistics.exhaustive import exhaust as exhaust
    from landscape.statistics.index import GOE as GOE
    from landscape.statistics.index import IndexStatistics as IndexStatistics
    from landscape.statistics.index import Separable as Separable
    from landscape.statistics.index import SphericalSpinGlass as SphericalSpinGlass
    from landscape.statistics.index import index_statistics as index_statistics
    from landscape.study.result import open_study as open_study
    from landscape.symmetry import Identity as Identity
    from landscape.symmetry import SignFlip as SignFlip

_HOME = {
    "Certificate": "landscape.critical.certificate",
    "along_descent": "landscape.critical.along_descent",
    "End": "landscape.critical.ends",
    "SearchEnds": "landscape.critical.ends",
    "search_ends": "landscape.critical.ends",
    "certify": "landscape.critical.certificate",
    "classify": "landscape.critical.classify",
    "EigenvectorFollowing": "landscape.critical.eigenvector_following",
    "Dimer": "landscape.critical.dimer",
    "Exploration": "landscape.critical.exploration",
    "explore": "landscape.critical.exploration",
    "GradientNormMinimization": "landscape.critical.gradient_norm",
    "Recapture": "landscape.critical.recapture",
    "recapture": "landscape.critical.recapture",
    "SaddleDynamics": "landscape.critical.saddle_dynamics",
    "find_critical_points": "landscape.critical.find",
    "merge": "landscape.critical.merge",
    "Newton": "landscape.critical.newton",
    "CriticalPoints": "landscape.critical.points",
    "Kind": "landscape.critical.points",
    "SearchRuns": "landscape.critical.search",
    "SearchStatus": "landscape.critical.search",
    "search": "landscape.critical.search",
    "DerivativeCheck": "landscape.derivative_check",
    "check_derivatives": "landscape.derivative_check",
    "AdaGrad": "landscape.descent.adagrad",
    "Adam": "landscape.descent.adam",
    "ArmijoGradientDescent": "landscape.descent.armijo",
    "CubicRegularizedNewton": "landscape.descent.cubic_regularized_newton",
    "Descent": "landscape.descent.ensemble",
    "DescentStatus": "landscape.descent.ensemble",
    "descend": "landscape.descent.ensemble",
    "ExactLineSearch": "landscape.descent.exact_line_search",
    "GradientDescent": "landscape.descent.gradient_descent",
    "GradientFlow": "landscape.descent.gradient_flow",
    "gradient_flow": "landscape.descent.gradient_flow",
    "HeavyBall": "landscape.descent.heavy_ball",
    "Nesterov": "landscape.descent.nesterov",
    "NoisyGradientDescent": "landscape.descent.noisy_gradient_descent",
    "PerturbedGradientDescent": "landscape.descent.perturbed_gradient_descent",
    "RMSProp": "landscape.descent.rmsprop",
    "SaddleFreeNewton": "landscape.descent.saddle_free_newton",
    "StochasticGradientDescent": "landscape.descent.stochastic_gradient_descent",
    "SaddleAvoidance": "landscape.escape.avoidance",
    "saddle_avoidance": "landscape.escape.avoidance",
    "ExitStatus": "landscape.escape.exits",
    "Exits": "landscape.escape.exits",
    "leave_ball": "landscape.escape.exits",
    "FlowLines": "landscape.escape.flow",
    "FlowStatus": "landscape.escape.flow",
    "flow": "landscape.escape.flow",
    "Branches": "landscape.escape.manifolds",
    "Destinations": "landscape.escape.manifolds",
    "destinations_of": "landscape.escape.manifolds",
    "stable_manifold": "landscape.escape.manifolds",
    "unstable_manifold": "landscape.escape.manifolds",
    "EscapeSurvey": "landscape.escape.survey",
    "escape_survey": "landscape.escape.survey",
    "EscapeTimes": "landscape.escape.times",
    "escape_times": "landscape.escape.times",
    "Landscape": "landscape.function",
    "Terms": "landscape.function",
    "HiddenUnits": "landscape.hidden_units",
    "Euclidean": "landscape.manifolds",
    "Product": "landscape.manifolds",
    "Sphere": "landscape.manifolds",
    "Torus": "landscape.manifolds",
    "MinimaxPath": "landscape.network.barriers",
    "degree_distribution": "landscape.network.barriers",
    "funnels": "landscape.network.barriers",
    "global_funnel": "landscape.network.barriers",
    "minimax_path": "landscape.network.barriers",
    "monotonic_basins": "landscape.network.barriers",
    "connect": "landscape.network.connect",
    "transition_network": "landscape.network.connect",
    "Path": "landscape.network.double_ended",
    "PathStatus": "landscape.network.double_ended",
    "join_components": "landscape.network.pieces",
    "path_between": "landscape.network.double_ended",
    "read_graphml": "landscape.network.export",
    "read_json": "landscape.network.export",
    "write_graphml": "landscape.network.export",
    "write_json": "landscape.network.export",
    "hierarchy": "landscape.network.hierarchy",
    "mean_first_passage_times": "landscape.network.kinetics",
    "rate_matrix": "landscape.network.kinetics",
    "MorseComplex": "landscape.network.morse",
    "morse_complex": "landscape.network.morse",
    "read_pathsample": "landscape.network.pathsample",
    "write_pathsample": "landscape.network.pathsample",
    "read_pele": "landscape.network.pele",
    "write_pele": "landscape.network.pele",
    "heat_capacity": "landscape.network.thermodynamics",
    "occupation": "landscape.network.thermodynamics",
    "Disconnectivity": "landscape.network.tree",
    "disconnectivity": "landscape.network.tree",
    "problem": "landscape.problems",
    "problem_names": "landscape.problems",
    "Spectrum": "landscape.spectrum.summary",
    "hessian_spectrum": "landscape.spectrum.summary",
    "GOE": "landscape.statistics.index",
    "IndexStatistics": "landscape.statistics.index",
    "Separable": "landscape.statistics.index",
    "SphericalSpinGlass": "landscape.statistics.index",
    "GaussianField": "landscape.statistics.ensembles",
    "Wishart": "landscape.statistics.ensembles",
    "MixedSpinGlass": "landscape.statistics.ensembles",
    "RandomLandscapes": "landscape.statistics.ensembles",
    "exhaust": "landscape.statistics.exhaustive",
    "SamplingBias": "landscape.statistics.bias",
    "sampling_bias": "landscape.statistics.bias",
    "index_statistics": "landscape.statistics.index",
    "open_study": "landscape.study.result",
    "Identity": "landscape.symmetry",
    "ParticleSymmetry": "landscape.particles",
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
