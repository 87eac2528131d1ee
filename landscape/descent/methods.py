"""Descent methods by name."""

from __future__ import annotations

from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.heavy_ball import HeavyBall
from landscape.descent.nesterov import Nesterov

METHODS = {
    "armijo": ArmijoGradientDescent,
    "gradient-descent": GradientDescent,
    "heavy-ball": HeavyBall,
    "nesterov": Nesterov,
}
