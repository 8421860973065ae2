"""Series in one flat buffer, as compiled programs take them; sizes are rounded up so that programs are used again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Float64, Int64
from rollcast.data.seasons import Seasons
from rollcast.errors import DataError
from rollcast.preprocessing.anchors import AnchorScale, Smoothing
from rollcast.preprocessing.bounds import Bounds
from rollcast.runtime.backend import refuse_forked

MOST_ROWS = 2**30
"""Rows of all series at most: programs count them, and those of a horizon after them, in 32 bits."""


class Levels(NamedTuple):
    """An exponential level after every row, and how far the place in the season lies from it.

    Attributes:
        level: (N,) in scaled units.
        deviation: (N,) the same; 0 where there is no season.
        smoothing: by which they were made, (S,) each.
    """

    level: Array
    deviation: Array
    smoothing: Smoothing


class SeriesBuffer(NamedTuple):
    """Flat scaled series as a compiled program takes them; sizes are rounded up so that programs are used again.

    Attributes:
        filled: (N,) scaled values, missing ones replaced by their anchor.
        observed: (N,) 1.0 where the value was observed.
        begins: (S,) first row of each series.
        ends: (S,) one past the last row that may be read or asked for.
        anchor_error: (S,) the anchor's typical error, the unit of the network's outputs.
        lag: (S,) rows from a value back to its anchor.
        anchored: () 1.0 where outputs are differences from the anchor, 0.0 where they are values.
        lowest: (S,) what forecasts are held above, in scaled units; None where nothing is held.
        highest: (S,) what they are held below.
        weight: (N,) how much each value counts in losses, 0.0 where it was not observed; None where all that were
            observed count alike.
        levels: of the exponential level, where that anchors.
        seasons: of each series, where the pretrained network reads.
    """

    filled: Array
    observed: Array
    begins: Array
    ends: Array
    anchor_error: Array
    lag: Array
    anchored: Array
    lowest: Array | None = None
    highest: Array | None = None
    weight: Array | None = None
    levels: Levels | None = None
    seasons: Seasons | None = None

    @property
    def smoothing(self) -> Smoothing | None:
        """Of the exponential level; None where known values anchor."""
        return None if self.levels is None else self.levels.smoothing

    @property
    def counts(self) -> Array:
        """(N,) how much each value counts in losses."""
        return self.observed if self.weight is None else self.weight

    def on_device(self) -> SeriesBuffer:
        """The same arrays where programs run, so that no call has to bring them there again.

        Raises:
            BackendError: this process was forked after JAX had started.
        """
        import jax

        refuse_forked()
        return jax.device_put(self)

    def scale_of(self, series: Array) -> AnchorScale:
        """Anchors, their errors and the bounds of the chosen series (S',)."""
        held = (None if side is None else side[series] for side in (self.lowest, self.highest))
        smoothing = self.smoothing and self.smoothing.take(series)
        error, lag = self.anchor_error[series], self.lag[series]
        lowest, highest = held
        seasons = self.seasons and self.seasons.take(series)
        return AnchorScale(error, lag, self.anchored, lowest, highest, smoothing, seasons)


def capacity(count: int, least: int = 64) -> int:
    """``count`` rounded up to a power of two, or one and a half of one."""
    size = least
    while size < count:
        if size + size // 2 >= count:
            return size + size // 2
        size *= 2
    return size


def make_buffer(
    filled: Float32,
    observed: Bool,
    offsets: Int64,
    anchor_error: Float32,
    *,
    lag: int,
    ends: Int64 | None = None,
    bounds: Bounds | None = None,
    weights: Float64 | None = None,
    levels: Levels | None = None,
    seasons: Seasons | None = None,
) -> SeriesBuffer:
    """Pad flat arrays to their capacity.

    Args:
        filled: (N,)
        observed: (N,)
        offsets: (S + 1,)
        anchor_error: (S,)
        lag: 1 or more; 0 for no anchor.
        ends: (S,) one past the last row that may be used; default the series' own end.
        bounds: of each series, or None.
        weights: (N,) how much each row counts in losses; None where all count alike.
        levels: of the exponential level, where that anchors.
        seasons: of each series, where the pretrained network reads.

    Raises:
        DataError: more rows than a program's 32-bit numbers can count.
    """
    if len(filled) > MOST_ROWS:
        raise DataError(
            f"The table has {len(filled):,} rows of all series together, and a model reads {MOST_ROWS:,} at most; give "
            "fewer series or fewer rows of each."
        )
    num_series = len(offsets) - 1
    rows, series = capacity(len(filled)), capacity(num_series, least=1)
    lasts = offsets[1:] if ends is None else ends
    if weights is not None:
        weights = _scale_weights(weights, observed, offsets, lasts)
    return SeriesBuffer(
        pad(filled, rows, np.float32),
        pad(observed, rows, np.float32),
        pad(offsets[:-1], series, np.int32),
        pad(lasts, series, np.int32),
        pad(anchor_error, series, np.float32, fill=1),
        np.full(series, max(lag, 1), np.int32),
        np.float32(lag > 0),
        None if bounds is None else pad(bounds.lowest, series, np.float32, fill=-np.inf),
        None if bounds is None else pad(bounds.highest, series, np.float32, fill=np.inf),
        None if weights is None else pad(weights, rows, np.float32),
        None if levels is None else _pad_levels(levels, rows, series),
        seasons and Seasons(*(pad(rows_in, series, np.int32, fill=1) for rows_in in seasons)),
    )


def _pad_levels(levels: Levels, rows: int, series: int) -> Levels:
    level, deviation = (pad(a, rows, np.float32) for a in (levels.level, levels.deviation))
    rates = (pad(rate, series, np.float32) for rate in levels.smoothing)
    return Levels(level, deviation, Smoothing(*rates))


def _scale_weights(weights: Float64, observed: Bool, offsets: Int64, ends: Int64) -> Float64:
    """(N,) weights, 0 where nothing was observed, with the mean 1 before ``ends``, so that losses keep their size."""
    used = observed & (np.arange(len(observed)) < np.repeat(ends, np.diff(offsets)))
    mean = weights[used].mean() if used.any() else 0.0
    return np.where(observed, weights / (mean if mean > 0 else 1.0), 0.0)


class Noisy(NamedTuple):
    """A flat array that is read with noise, which a row keeps however often it is read.

    Attributes:
        flat: (N,)
        key: of the noise.
        deviation: its standard deviation.
    """

    flat: Array
    key: Array
    deviation: float


def take_rows(flat: Array | Noisy, index: Array) -> Array:
    """Rows of a flat array; an index outside of it is moved to its edge."""
    import jax
    import jax.numpy as jnp

    if not isinstance(flat, Noisy):
        return jnp.take(flat, index, mode="clip")

    def noise(row: Array) -> Array:
        return jax.random.normal(jax.random.fold_in(flat.key, row))

    drawn = jax.vmap(noise)(index.reshape(-1)).reshape(index.shape)
    return take_rows(flat.flat, index) + flat.deviation * drawn


def pad(values: np.ndarray, size: int, dtype: type, fill: float = 0) -> np.ndarray:
    """A flat array filled up to a size."""
    padded = np.empty(size, dtype)
    padded[: len(values)], padded[len(values) :] = values, fill
    return padded
