"""What validation tells of paths: how far the values came from points, and how much paths change from step to step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rollcast._types import Float32


def _none() -> Float32:
    return np.empty((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class PathBasis:
    """By what paths are drawn, beside a network.

    Attributes:
        residuals: (R, K) of forecasts of points on the validation part: what came less what was forecast 1 .. K steps
            ahead, in units of each series' anchor error; without rows of a network of quantiles.
        stride: how much paths of the pretrained network change from step to step; None for what its weights say.
    """

    residuals: Float32
    stride: float | None = None

    @classmethod
    def of_stride(cls, stride: float | None) -> PathBasis:
        """Of a network of quantiles."""
        return cls(_none(), stride)


NO_BASIS = PathBasis.of_stride(None)
"""Of models that were validated on nothing, and of older files."""
