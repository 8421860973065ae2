"""One series as an array or a list of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd


def from_values(data: Any) -> pd.DataFrame:
    """The values of one series, or the fields of a structured array; what is masked is missing.

    Raises:
        ArgumentError: it has another shape than (n,) or (n, 1).
    """
    import pandas as pd

    if isinstance(data, pd.api.extensions.ExtensionArray):
        return pd.DataFrame({"y": data})
    try:
        values = np.asarray(unmasked(data))
    except (ValueError, TypeError) as error:
        raise ArgumentError(
            "`data` must be one-dimensional; got rows of unequal length."
        ) from error
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ArgumentError(
            f"`data` must be one-dimensional, or a frame with named columns; got shape"
            f" {values.shape}."
        )
    return pd.DataFrame(values) if values.dtype.names else pd.DataFrame({"y": values})


def unmasked(data: Any) -> Any:
    """The data with NaN where it was masked."""
    if isinstance(data, np.ma.MaskedArray):
        if data.ndim == 0:
            return np.nan if np.ma.is_masked(data) else data.data[()]
        # What is masked is a number that isn't known, whatever the others are.
        filled = data.data.astype(np.float64 if data.dtype.kind in "biuf" else object)
        filled[np.ma.getmaskarray(data)] = np.nan
        return filled if np.ma.is_masked(data) else data.data
    nested = isinstance(data, list | tuple)
    if nested and any(isinstance(value, np.ma.MaskedArray) for value in data):
        return [unmasked(value) for value in data]
    return data
