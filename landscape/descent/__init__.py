"""Descent: optimizers, one a file, and the ensemble that runs any of them from many starts."""
