"""Descent: optimizers, one a file, and the ensemble that runs any of them from many starts.

`ensemble` has `descend`, `method` what an optimizer must have, `gradient_flow` the limit of small steps in time.
"""
