"""What critical points say together: index against dimension and value, with confidence intervals."""
