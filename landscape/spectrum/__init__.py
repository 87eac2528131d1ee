"""Eigenvalues of Hessians in the tangent space."""
