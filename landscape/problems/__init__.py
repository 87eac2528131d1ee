"""The zoo: landscapes whose critical points are known, by name.

A new one is a function in one of the families below, or in your own code, decorated with `register`.
"""

# Importing a family registers its problems.
from landscape.problems import (  # noqa: F401
    factorization,
    feature_field,
    gaussian_field,
    griewank,
    lattice,
    lennard_jones,
    mixed_spin_glass,
    networks,
    octopus,
    planar,
    quadratic,
    regression,
    rosenbrock,
    separable,
    spin_glass,
    thomson,
    wishart,
)
from landscape.problems.registry import ProblemEntry, entry, problem, problem_names, register

__all__ = ["ProblemEntry", "entry", "problem", "problem_names", "register"]
