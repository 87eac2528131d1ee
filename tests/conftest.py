"""Hypothesis without deadlines: a slow moment of the machine is no failure."""

from hypothesis import settings

settings.register_profile("landscape", deadline=None)
settings.load_profile("landscape")
