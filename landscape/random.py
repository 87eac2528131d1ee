"""Reproducible random streams: one for each chunk of work, whoever does it and in whatever order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np


def stream(seed: int, cell: Mapping[str, object], chunk: int) -> np.random.Generator:
    """The generator of chunk number `chunk` of the piece of work that `cell` describes.

    Parameters
    ----------
    seed : int
        The study's seed, not negative.
    cell : mapping
        Parameters that tell this piece of work from others, as values that JSON can write.
    chunk : int
        Number of the chunk, from 0.

    Raises
    ------
    ValueError
        If the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed is {seed} but must not be negative")
    text = json.dumps(cell, sort_keys=True)
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key, chunk)))
