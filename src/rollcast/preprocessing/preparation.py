"""What a network is given of a panel: scaled values without gaps and their anchors, fitted on training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from rollcast._types import (
    Bool,
    BoundsOption,
    Float32,
    Float64,
    Int64,
    PointOption,
    Scaling,
)
from rollcast.data.panel import Panel
from rollcast.data.seasons import Seasons
from rollcast.preprocessing.anchors import (
    AnchorScale,
    Smoothing,
    fill_with_anchor,
    fit_anchor_error,
)
from rollcast.preprocessing.bounds import Bounds, find_bounds
from rollcast.preprocessing.counts import are_counts
from rollcast.preprocessing.exponential_level import fit_smoothing, level_error, trace_levels
from rollcast.preprocessing.many_zeros import choose_means
from rollcast.preprocessing.scaling import Scaler, fit_scaler
from rollcast.preprocessing.series_buffer import SeriesBuffer, make_buffer

Joined = TypeVar("Joined", Smoothing, Seasons)


@dataclass(frozen=True, eq=False)
class Preparation:
    """How values become what a network reads, for S known series.

    Attributes:
        scaler: of each series.
        anchor_error: (S,) the anchor's typical error in scaled units, the unit of the network's outputs.
        lag: rows back to the anchor; 0 for none. Of an exponential level the season's length.
        bounds: between which forecasts are held; None where no series has any.
        smoothing: of the exponential level, where that anchors.
        seasons: of each series, where the pretrained network reads.
        means: (S,) whose mean is forecast and not the median, where that network reads.
        counts: (S,) whose rows are counts, where that network reads.
    """

    scaler: Scaler
    anchor_error: Float32
    lag: int
    bounds: Bounds | None = None
    smoothing: Smoothing | None = None
    seasons: Seasons | None = None
    means: Bool | None = None
    counts: Bool | None = None

    @cached_property
    def tightest(self) -> tuple[float, float]:
        """The highest lower and the lowest upper bound of all series; a value between them is within every bound."""
        if self.bounds is None or not len(self.bounds.low):
            return -np.inf, np.inf
        return float(self.bounds.low.max()), float(self.bounds.high.min())

    def scale(self, panel: Panel, series: Int64 | None = None) -> tuple[Float32, Bool]:
        """Scaled values (N,) as a transform reads them, and which were observed (N,).

        Args:
            panel: any rows of known series.
            series: (S',) which known series the panel's are; default in order.

        Raises:
            DataError: a value <= 0 where logarithms are taken, or one that lies too far from the others.
        """
        known = np.arange(panel.num_series) if series is None else series
        scaled = self.scaler.scale_rows(panel, known)
        return self.fill(scaled, panel.mask, panel.offsets), panel.mask

    def fill(self, scaled: Float32, observed: Bool, offsets: Int64) -> Float32:
        """(N,) scaled values without gaps: levels fill them as they are read, elsewhere the anchor stands there."""
        if self.smoothing is not None or self.seasons is not None:
            return np.where(observed, scaled, np.float32(0))
        return fill_with_anchor(scaled, observed, offsets, max(self.lag, 1))

    def buffer(
        self, panel: Panel, ends: Int64 | None = None, filled: Float32 | None = None
    ) -> SeriesBuffer:
        """The whole panel as a compiled program takes it, on the device.

        Args:
            panel: rows of the known series, in order.
            ends: (S,) one past the last row that losses may ask for; default the series' own end.
            filled: (N,) scaled values without gaps; default as the panel alone gives them.
        """
        filled, observed = self.scale(panel)[0] if filled is None else filled, panel.mask
        levels = None
        if self.smoothing is not None:
            filled, levels = trace_levels(filled, observed, panel.offsets, self.lag, self.smoothing)
        return make_buffer(
            filled,
            observed,
            panel.offsets,
            self.anchor_error,
            lag=self.lag,
            ends=ends,
            bounds=self.bounds,
            weights=panel.weights,
            levels=levels,
            seasons=self.seasons,
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
            self.smoothing and self.smoothing.take(series),
            self.seasons and self.seasons.take(series),
        )

    def restore(self, scaled: Float32 | Float64, series: Int64) -> Float64:
        """Forecasts (S', ...) of the chosen series (S',) in the data's units, within their bounds."""
        owner = series.reshape(-1, *[1] * (scaled.ndim - 1))
        values = self.scaler.inverse(scaled.astype(np.float64), owner)
        return values if self.bounds is None else self.bounds.hold(values, scaled, owner)

    def hold(self, option: BoundsOption, point: PointOption, panel: Panel) -> Preparation:
        """The same, with what these rows of the series give: bounds, mean or median, and whether they are counts.

        Args:
            option: see :func:`rollcast.preprocessing.bounds.find_bounds`.
            point: see :func:`rollcast.preprocessing.many_zeros.choose_means`.
            panel: what may be known of the series.
        """
        held = replace(self, bounds=find_bounds(panel, option, self.scaler))
        if self.seasons is None:
            return held
        return replace(held, means=choose_means(point, panel), counts=are_counts(panel))

    def means_of(self, series: Int64) -> Bool | None:
        """(S',) of which of the chosen series (S',) the mean is forecast; None of none that there may be."""
        return None if self.means is None else self.means[series]

    def with_each(self, change: Callable[[Any], Any]) -> Preparation:
        """The same with each array of S series changed in one way."""
        scaler = self.scaler
        return Preparation(
            Scaler(change(scaler.shift), change(scaler.scale), change(scaler.log)),
            change(self.anchor_error),
            self.lag,
            self.bounds and Bounds(*map(change, self.bounds)),
            self.smoothing and Smoothing(*map(change, self.smoothing)),
            self.seasons and Seasons(*map(change, self.seasons)),
            None if self.means is None else change(self.means),
            None if self.counts is None else change(self.counts),
        )

    def mirrored(self) -> Preparation:
        """The same with every series upside down: scaled values and bounds have the other sign."""
        bounds = self.bounds
        if bounds is not None:
            bounds = bounds._replace(lowest=-bounds.highest, highest=-bounds.lowest)
        scaler = replace(self.scaler, scale=-self.scaler.scale)
        return replace(self, scaler=scaler, bounds=bounds)

    def take(self, series: Int64) -> Preparation:
        """Of the chosen series (S',), in that order."""
        bounds = None if self.bounds is None else self.bounds.take(series)
        return Preparation(
            self.scaler.take(series),
            self.anchor_error[series],
            self.lag,
            bounds,
            self.smoothing and self.smoothing.take(series),
            self.seasons and self.seasons.take(series),
            self.means_of(series),
            None if self.counts is None else self.counts[series],
        )

    def join(self, other: Preparation) -> Preparation:
        """These series, followed by the other's."""
        return Preparation(
            self.scaler.join(other.scaler),
            np.concatenate([self.anchor_error, other.anchor_error]),
            self.lag,
            self._join_bounds(other),
            _join(self.smoothing, other.smoothing),
            _join(self.seasons, other.seasons),
            _join_flags(self.means, other.means),
            _join_flags(self.counts, other.counts),
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
    level: bool = False,
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
        level: whether an exponential level anchors, with a season of ``lag`` rows.
        bounds: see :func:`rollcast.preprocessing.bounds.find_bounds`.
        like: see :func:`rollcast.preprocessing.scaling.fit_scaler`.
    """
    scaler = fit_scaler(panel, scaling, log=log, like=like)
    fitted = Preparation(scaler, np.ones(panel.num_series, np.float32), lag)
    if level:
        fitted = _with_level(fitted, panel, steps)
    else:
        filled, observed = fitted.scale(panel)
        error = fit_anchor_error(filled, observed, panel.offsets, lag, steps)
        fitted = replace(fitted, anchor_error=error)
    return fitted.hold(bounds, "median", panel)


def _join(one: Joined | None, other: Joined | None) -> Joined | None:
    """What both series have, (S,) arrays each; None where they have none."""
    if one is None or other is None:
        return None
    return type(one)(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def _join_flags(one: Bool | None, other: Bool | None) -> Bool | None:
    return None if one is None or other is None else np.concatenate([one, other])


def prepare_pretrained(
    panel: Panel,
    seasons: Seasons,
    *,
    log: Bool | bool,
    bounds: BoundsOption = None,
    point: PointOption = "median",
) -> Preparation:
    """How the pretrained network reads series: from their first value, in units of their usual change.

    Args:
        panel: the rows that are known.
        seasons: of each series.
        log: (S,) or for all: take logarithms first.
        bounds: see :func:`rollcast.preprocessing.bounds.find_bounds`.
        point: see :func:`rollcast.preprocessing.many_zeros.choose_means`.
    """
    scaler = fit_scaler(panel, "change", log=log)
    error = np.ones(panel.num_series, np.float32)
    return Preparation(scaler, error, lag=0, seasons=seasons).hold(bounds, point, panel)


def _with_level(fitted: Preparation, panel: Panel, steps: int) -> Preparation:
    """The same with an exponential level, fitted on every row."""
    scaled = fitted.scaler.scale_rows(panel, np.arange(panel.num_series))
    scaled = np.where(panel.mask, scaled, np.float32(0))
    rows = (panel.mask, panel.offsets, fitted.lag)
    smoothing = fit_smoothing(scaled, *rows)
    traced = trace_levels(scaled, *rows, smoothing)
    return replace(fitted, anchor_error=level_error(traced, *rows, steps), smoothing=smoothing)
