"""Closed forms and exact numbers from the literature: pure functions of numbers.

The index: `goe`, `goe_counts`, `goe_index`, `independent`, `gaussian_field`, `confined_field`, `spin_glass`,
`complexity`, `free_probability`. Descent: `rates`, `noise`, `escape`, `growth`, `deep_linear`. Spectra:
`random_matrices`.
"""
