"""What a network is given of a panel: scaled values without gaps and their anchors, fitted on training rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rollcast._types import Bool, BoundsOption, Float32, Float64, Int64, Scaling
from rollcast.data.panel import Panel
from rollcast.preprocessing.anchors import AnchorScale, fill_with_anchor, fit_anchor_error
from rollcast.preprocessing.bounds import Bounds, find_bounds
from rollcast.preprocessing.scaling import Scaler, fit_scaler
from rollcast.preprocessing.series_buffer import SeriesBuffer, make_buffer


@dataclass(frozen=True, eq=False)
class Preparation:
    """How values become what a network reads, for S known series.

    Attributes:
        scaler: of each series.
        anchor_error: (S,) the anchor's typical error in scaled units, the unit of the network's outputs.
        lag: rows back to the anchor; 0 for none.
        bounds: between which forecasts are held; None where no series has any.
    """

    scaler: Scaler
    anchor_error: Float32
    lag: int
    bounds: Bounds | None = None

    def scale(self, panel: Panel, series: Int64 | None = None) -> tuple[Float32, Bool]:
        """Scaled values (N,) without gaps, and which were observed (N,).

        Args:
            panel: any rows of known series.
            series: (S',) which known series the panel's are; default in order.

        Raises:
            DataError: a value <= 0 where logarithms are taken, or one that lies too far from the others.
        """
        known = np.arange(panel.num_series) if series is None else series
        scaled = self.scaler.scale_rows(panel, known)
        return fill_with_anchor(scaled, panel.mask, panel.offsets, max(self.lag, 1)), panel.mask

    def buffer(self, panel: Panel, ends: Int64 | None = None) -> SeriesBuffer:
        """The whole panel as a compiled program takes it, on the device, with losses up to ``ends`` (S,)."""
        filled, observed = self.scale(panel)
        return make_buffer(
            filled,
            observed,
            panel.offsets,
            self.anchor_error,
            lag=self.lag,
            ends=ends,
            bounds=self.bounds,
            weights=panel.weights,
        ).on_device()

    def anchor_scale(self, series: Int64) -> AnchorScale:
        """Spread, anchor and bounds of the chosen series (S',)."""
        bounds = self.bounds
        return AnchorScale(
            self.anchor_error[series].astype(np.float32),
            np.full(len(series), max(self.lag, 1), np.int32),
            np.float32(self.lag > 0),
            None if bounds is None else bounds.lowest[series],
            None if bounds is None else bounds.highest[series],
        )

    def restore(self, scaled: Float32, series: Int64) -> Float64:
        """Forecasts (S', ...) of the chosen series (S',) in the data's units, within their bounds."""
        owner = series.reshape(-1, *[1] * (scaled.ndim - 1))
        values = self.scaler.inverse(scaled.astype(np.float64), owner)
        return values if self.bounds is None else self.bounds.hold(values, scaled, owner)

    def hold(self, option: BoundsOption, panel: Panel) -> Preparation:
        """The same, with the bounds that these rows of the series give, see :func:`find_bounds`."""
        return replace(self, bounds=find_bounds(panel, option, self.scaler))

    def take(self, series: Int64) -> Preparation:
        """Of the chosen series (S',), in that order."""
        bounds = None if self.bounds is None else self.bounds.take(series)
        return Preparation(self.scaler.take(series), self.anchor_error[series], self.lag, bounds)

    def join(self, other: Preparation) -> Preparation:
        """These series, followed by the other's."""
        return Preparation(
            self.scaler.join(other.scaler),
            np.concatenate([self.anchor_error, other.anchor_error]),
            self.lag,
            self._join_bounds(other),
        )

    def _join_bounds(self, other: Preparation) -> Bounds | None:
        if self.bounds is None and other.bounds is None:
            return None
        mine, others = (p.bounds or Bounds.none(len(p.anchor_error)) for p in (self, other))
        return mine.join(others)


def prepare(
    panel: Panel,
    scaling: Scaling,
    *,
    log: Bool | bool,
    lag: int,
    steps: int,
    bounds: BoundsOption = None,
    like: Scaler | None = None,
) -> Preparation:
    """Fit scaling, anchor error and bounds on every row of a panel: pass the training part alone.

    Args:
        panel: the training part.
        scaling: see :func:`rollcast.preprocessing.scaling.fit_scaler`.
        log: (S,) or for all: take logarithms first, see :func:`rollcast.preprocessing.scaling.choose_logs`.
        lag: rows back to the anchor; 0 for none.
        steps: K.
        bounds: see :func:`rollcast.preprocessing.bounds.find_bounds`.
        like: see :func:`rollcast.preprocessing.scaling.fit_scaler`.
    """
    scaler = fit_scaler(panel, scaling, log=log, like=like)
    fitted = Preparation(scaler, np.ones(panel.num_series, np.float32), lag)
    filled, observed = fitted.scale(panel)
    anchor_error = fit_anchor_error(filled, observed, panel.offsets, lag, steps)
    return Preparation(scaler, anchor_error, lag).hold(bounds, panel)
