"""Eigenvalues of Hessians in the tangent space.

`summary` has `hessian_spectrum`, for any size; the others are its parts: dense, extreme pairs, density, trace.
"""
