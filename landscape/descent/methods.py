"""Descent methods by name."""

from __future__ import annotations

from landscape.descent.adagrad import AdaGrad
from landscape.descent.adam import Adam
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.cubic_regularized_newton import CubicRegularizedNewton
from landscape.descent.exact_line_search import ExactLineSearch
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.heavy_ball import HeavyBall
from landscape.descent.nesterov import Nesterov
from landscape.descent.noisy_gradient_descent import NoisyGradientDescent
from landscape.descent.perturbed_gradient_descent import PerturbedGradientDescent
from landscape.descent.rmsprop import RMSProp
from landscape.descent.saddle_free_newton import SaddleFreeNewton
from landscape.descent.stochastic_gradient_descent import StochasticGradientDescent

METHODS = {
    "adagrad": AdaGrad,
    "adam": Adam,
    "armijo": ArmijoGradientDescent,
    "cubic-regularized-newton": CubicRegularizedNewton,
    "exact-line-search": ExactLineSearch,
    "gradient-descent": GradientDescent,
    "heavy-ball": HeavyBall,
    "nesterov": Nesterov,
    "noisy-gradient-descent": NoisyGradientDescent,
    "perturbed-gradient-descent": PerturbedGradientDescent,
    "rmsprop": RMSProp,
    "saddle-free-newton": SaddleFreeNewton,
    "sgd": StochasticGradientDescent,
}
