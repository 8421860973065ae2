"""Random numbers, one for each series of a batch, in float32."""

from __future__ import annotations

import numpy as np

Generator = np.random.Generator
Floats = np.ndarray
Integers = np.ndarray
Flags = np.ndarray


def some(rng: Generator, share: float | Floats, B: int) -> Floats:
    """(B,) 1.0 for a share of the series, 0.0 for the others."""
    return (rng.random(B) < share).astype("f4")


def uniform(rng: Generator, low: float, high: float, B: int) -> Floats:
    """(B,) between two numbers, evenly."""
    return rng.uniform(low, high, B).astype("f4")


def log_uniform(rng: Generator, low: float, high: float, B: int) -> Floats:
    """(B,) between two positive numbers, evenly on a log scale."""
    return np.exp(rng.uniform(np.log(low), np.log(high), B)).astype("f4")


def lognormal(rng: Generator, median: float | Floats, spread: float, B: int) -> Floats:
    """(B,) around a median, ``spread`` the standard deviation of the logarithm."""
    return (median * np.exp(spread * rng.standard_normal(B))).astype("f4")


def normal(rng: Generator, *shape: int) -> Floats:
    """Standard normal numbers of that shape."""
    return rng.standard_normal(shape, dtype="f4")
