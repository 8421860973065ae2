"""Array aliases and the letters for dimensions.

B batch, T time, F features, H hidden, L layers, K outputs per step, S series, N rows of all series, O forecast origins.
Arrays are batch first, as Keras has them: (B, T, F).
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float64: TypeAlias = NDArray[np.float64]
Float32: TypeAlias = NDArray[np.float32]
Complex128: TypeAlias = NDArray[np.complex128]
Int64: TypeAlias = NDArray[np.int64]
Int32: TypeAlias = NDArray[np.int32]
Bool: TypeAlias = NDArray[np.bool_]

Array: TypeAlias = Any
"""A JAX array, or a tracer inside a compiled program."""

Cell: TypeAlias = Literal["lstm", "gru", "rnn", "esn"]
Reading: TypeAlias = Literal["sequence", "window"]
Fill: TypeAlias = Literal["anchor", "ffill", "linear", "zero", "error"]
Duplicates: TypeAlias = Literal["error", "sum", "mean", "last"]
Verbosity: TypeAlias = Literal["auto", "bar", "lines", "quiet"]
Scaling: TypeAlias = Literal["standard", "minmax", "meanabs", "none"]
ScalingKind: TypeAlias = Scaling | Literal["change"]
AnchorKind: TypeAlias = Literal["auto", "last", "season", "level", "none"]
BoundsOption: TypeAlias = Literal["auto"] | tuple[float | None, float | None] | None
HeadKind: TypeAlias = Literal["linear", "shared"]
EnsembleOption: TypeAlias = bool | Literal["auto"]
LikelihoodOption: TypeAlias = Literal["auto", "quantiles", "negative_binomial", "point"]
LogOption: TypeAlias = bool | Literal["auto"]
PointOption: TypeAlias = Literal["auto", "median", "mean"]
ReadoutKind: TypeAlias = Literal["auto", "ridge", "gradient"]
