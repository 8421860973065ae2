"""Parts of a backtest: a model as it was before some cutoffs, and what it forecasts there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Fill, Float32, Float64, Int64
from rollcast.data.cutoffs import (
    CutoffOrigins,
    first_rows,
    origins_at,
)
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel, name_series
from rollcast.data.seasons import SeasonCycles
from rollcast.data.segments import count_segments
from rollcast.errors import TooShortError
from rollcast.evaluation.baselines.auto_models import forecast_auto_models
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.ensemble import median_with, preferred_names
from rollcast.evaluation.grouped_scores import Made
from rollcast.evaluation.judge import actual_at
from rollcast.evaluation.judge_backtest import (
    BacktestPart,
    baselines_beside,
    opponent_before,
)
from rollcast.fitting.fit_spec import FitSpec
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.forecasting.unseen_rows import UnseenRows
from rollcast.metrics import NINE_LEVELS
from rollcast.metrics.quantile_scores import mean_pinball
from rollcast.model.fit_model import fit_model
from rollcast.model.fitted import Fitted
from rollcast.model.intervals import (
    CALIBRATED,
    calibrate_scaled,
    describe_uncalibrated,
    has_quantiles,
    refuse_points,
    refuse_unsupported,
    restore_calibrated,
)
from rollcast.model.warnings_and_notes import emit_notes, warn
from rollcast.networks.distribution import central_interval
from rollcast.networks.network import Network
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.options import Config
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.rounding import Rounding
from rollcast.tables import Notes, Schema
from rollcast.training.progress import say

_MIDDLE: Final = 80
"""Percent: the interval within which the nine quantiles lie that are scored."""

FORECASTS_AT_ONCE: Final = 2**24 // CALIBRATED.num_params
"""Values that the network forecasts at a time, before they become losses and intervals."""

QUANTILES_AT_ONCE: Final = 2**17
"""Quantiles that become losses and intervals at a time, so that they stay in a processor's cache."""


class BacktestScene(NamedTuple):
    """What all parts of a backtest share.

    Attributes:
        panel: all rows.
        schema: the caller's table.
        cutoffs: (C,) times.
        rows: (C, S) the newest row of each series there.
        h: steps ahead.
        season: rows in a season, or None.
        levels: of intervals, in percent.
        asked: models of statsforecast that are judged as well.
    """

    panel: Panel
    schema: Schema
    cutoffs: Int64
    rows: Int64
    h: int
    season: int | None
    levels: tuple[float, ...]
    asked: tuple[str, ...] = ()

    def origins(self, there: slice, least: int, begins: Int64 | None = None) -> CutoffOrigins:
        """Where forecasts start at some of the cutoffs."""
        none = np.zeros(self.panel.num_series, np.int64) if begins is None else begins
        found = origins_at(self.panel, self.rows[there], self.h, least, none)
        return found._replace(cutoff=found.cutoff + (there.start or 0))


class ModelBefore(NamedTuple):
    """A model as it was before some cutoffs.

    Attributes:
        model: its network, and how values become what that reads.
        known: the state of the series by which it was fitted; None where nothing was fitted.
        calibration: of its intervals, by rows that the fit knew; None for the network's own quantiles.
        rounding: to whole numbers; None for none.
        members: baselines whose median with the network its fit preferred; none where it did not.
    """

    model: Model
    known: State | None
    calibration: Calibration | None = None
    rounding: Rounding | None = None
    members: tuple[str, ...] = ()

    @classmethod
    def of(cls, fitted: Fitted) -> ModelBefore:
        """A fitted model as it is."""
        members = preferred_names(fitted.ensemble)
        return cls(fitted.model, fitted.state, fitted.calibration, fitted.rounding, members)


def fit_before(
    scene: BacktestScene, there: slice, spec: FitSpec, network: Network | None, progress: Any
) -> Fitted:
    """A model that has seen the rows up to the first of some cutoffs, and none after.

    Raises:
        TooShortError: they are too few to train on.
    """
    panel, first = scene.panel, int(scene.cutoffs[there][0])
    lengths = scene.rows[there][0] + 1
    head = panel.head(lengths)
    observed = np.flatnonzero(count_segments(head.mask, head.offsets))
    time = panel.frequency.format(first)
    say(progress, f"Training on the rows up to {time}.")
    try:
        if not len(observed):
            raise TooShortError("No series has a value there.")
        fitted = fit_model(spec, head.select(observed), network=network, progress=progress)
    except TooShortError as error:
        told = str(error)
        raise TooShortError(
            f"The rows up to the cutoff {time} are too few to train on: {told[0].lower()}{told[1:]} A later first "
            "cutoff leaves more of them: pass a smaller n_windows= or step_size=."
        ) from error
    for sentence in fitted.history.warnings:
        warn(sentence)
    check_intervals(fitted, scene.levels, scene.h)
    return fitted


def check_intervals(fitted: Fitted, levels: tuple[float, ...], h: int) -> None:
    """Refuse intervals that a fitted model can't give, and say of those that are not calibrated.

    Raises:
        ArgumentError: it forecasts points, and has too few residuals.
    """
    if not levels:
        return
    calibration = fitted.calibration
    if not has_quantiles(fitted.model, calibration):
        refuse_points(calibration, fitted.name)
        if calibration is not None:
            refuse_unsupported(calibration, levels, h, fitted.name)
    elif said := describe_uncalibrated(calibration, levels, h):
        emit_notes(Notes(remarks=(said,)))


def pretrained_as_it_is(config: Config, panel: Panel, h: int, fill: Fill) -> Model:
    """The pretrained network without any training."""
    season = config.season_length
    cycles = SeasonCycles.of(panel.frequency, None if season is None else (season,))
    network = load_pretrained(str(config.pretrained))
    return pretrained_model(
        network, cycles, h, log=config.log, bounds=config.bounds, point=config.point, fill=fill
    )


def forecast_part(
    scene: BacktestScene, there: slice, before: ModelBefore, opponent: str | None = None
) -> tuple[BacktestPart, str | None]:
    """Forecasts at some cutoffs, by a model from before them; and the baseline to beat, chosen if none is given.

    A series that the model knows is scaled as it was fitted; another one by its rows up to its first cutoff here.
    """
    model = before.model
    found = scene.origins(there, model.least_rows)
    if not len(found.origins):
        return BacktestPart(found, None, {}), opponent
    chosen, place = np.unique(found.origins.series, return_inverse=True)
    panel = scene.panel.select(chosen)
    counts = first_rows(Origins(place, found.origins.row), len(chosen))
    head = panel.head(counts)
    if before.known is None:
        head = model.fill_gaps(head)
        state = model.read_again(head, model.prepare_new(head))
    else:
        state = model.read_afresh(head, before.known)
    new = np.ones(len(chosen), np.bool_)
    later = UnseenRows(panel, panel.offsets[:-1] + counts, state, new)
    _warn_unreadable(later, counts)
    inner = found._replace(origins=Origins(place, found.origins.row))
    part, opponent = judged_part(scene, inner, before, later, opponent)
    return replace(part, found=found), opponent


def judged_part(
    scene: BacktestScene,
    found: CutoffOrigins,
    before: ModelBefore,
    later: UnseenRows,
    opponent: str | None,
) -> tuple[BacktestPart, str | None]:
    """Forecasts of the model and of the baselines from origins of the later rows' series; and the baseline to beat."""
    if not len(found.origins):
        return BacktestPart(found, None, {}), opponent
    bounds = later.state.preparation.bounds
    where = (later.panel, found.origins, scene.h, scene.season, bounds)
    opponent = opponent_before(*where) if opponent is None else opponent
    own = _made(before, later, found.origins, scene)
    beside = baselines_beside(*where, (opponent, *before.members))
    ensemble = None
    if before.members:
        others = [beside[name].point for name in before.members]
        ensemble = Made(_rounded(before, median_with(own.point, others)), None, {})
    if scene.asked:
        beside |= _auto_models(scene, later.panel, found.origins, bounds)
    return BacktestPart(found, own, beside, ensemble), opponent


def _auto_models(
    scene: BacktestScene, panel: Panel, origins: Origins, bounds: Bounds | None
) -> dict[str, Made]:
    """What models of statsforecast forecast from the same origins, held to the same bounds."""
    made, refused = forecast_auto_models(scene.asked, panel, origins, scene.h, scene.season)
    for name, count in refused.items():
        if count:
            warn(
                f"{name} could not be fitted at {count:,} of {format_count(len(origins), 'forecast start')}, as where "
                "few values are known; there it repeats the last value."
            )
    held = made if bounds is None else {n: bounds.limit(f, origins.series) for n, f in made.items()}
    return {name: Made(forecast, None, {}) for name, forecast in held.items()}


def _made(before: ModelBefore, later: UnseenRows, origins: Origins, scene: BacktestScene) -> Made:
    """What a model forecasts: the points, and of one that knows quantiles what these lose, and intervals."""
    model, h, calibration = before.model, scene.h, before.calibration
    of_points = not has_quantiles(model, calibration)
    nine = not of_points or (calibration is not None and calibration.supports(_MIDDLE, h))
    if not nine and not scene.levels:
        return Made(_rounded(before, later.forecast_at(model, origins, h)), None, {})
    pieces: list[Made] = []
    for some in _in_parts(origins, FORECASTS_AT_ONCE // h):
        scaled = later.scaled_at(model, some, h)
        parts = _in_parts(some, QUANTILES_AT_ONCE // (h * CALIBRATED.num_params))
        begin = 0
        for part in parts:
            made = scaled[begin : begin + len(part)]
            pieces.append(_in_units(before, later, part, made, scene, nine=nine))
            begin += len(part)
    return pieces[0] if len(pieces) == 1 else _one_after_the_other(pieces)


def _in_parts(origins: Origins, most: int) -> Iterator[Origins]:
    """The origins in order, some at a time."""
    size = max(most, 1)
    for first in range(0, len(origins), size):
        yield origins.take(np.arange(first, min(first + size, len(origins))))


def _in_units(
    before: ModelBefore,
    later: UnseenRows,
    origins: Origins,
    scaled: Float32,
    scene: BacktestScene,
    *,
    nine: bool,
) -> Made:
    """What a network's scaled forecasts (M, h, Q) are in the data's units, with the loss of nine quantiles or not."""
    model, state = before.model, later.state
    point = model.points(state, scaled, origins.series)
    calibrated = calibrate_scaled(model, state, scaled, origins.series, before.calibration)
    quantiles = restore_calibrated(
        state.preparation, calibrated, origins.series, before.calibration
    )
    ends = {one: central_interval(CALIBRATED, quantiles, one) for one in scene.levels}
    if before.rounding is not None:
        ends = {one: before.rounding.ends(pair) for one, pair in ends.items()}
    loss = _nine_levels(quantiles, actual_at(later.panel, origins, scene.h)) if nine else None
    return Made(_rounded(before, point), loss, ends)


def _nine_levels(quantiles: Float64, actual: Float64) -> Float64:
    """(M, h) the mean pinball loss of nine quantiles among those (M, h, 15)."""
    nine = np.stack([CALIBRATED.quantile(quantiles, one) for one in NINE_LEVELS])
    return mean_pinball(actual, np.moveaxis(nine, 0, -1), NINE_LEVELS)


def _rounded(before: ModelBefore, point: Float64) -> Float64:
    return point if before.rounding is None else before.rounding.nearest(point)


def _one_after_the_other(pieces: Sequence[Made]) -> Made:
    def joined(arrays: Iterable[Float64]) -> Float64:
        return np.concatenate(list(arrays))

    losses = [piece.pinball for piece in pieces if piece.pinball is not None]
    return Made(
        joined(piece.point for piece in pieces),
        joined(losses) if losses else None,
        {
            one: (
                joined(piece.intervals[one][0] for piece in pieces),
                joined(piece.intervals[one][1] for piece in pieces),
            )
            for one in pieces[0].intervals
        },
    )


def _warn_unreadable(later: UnseenRows, counts: Int64) -> None:
    """Warn of values without a logarithm, where one is taken by the rows before."""
    rows = later.panel.drop(counts)
    refused = np.flatnonzero(later.unreadable(rows))
    if not len(refused):
        return
    s = int(np.searchsorted(rows.offsets, refused[0], side="right")) - 1
    time = rows.frequency.advance(int(rows.starts[s]), int(refused[0] - rows.offsets[s]))
    one = len(refused) == 1
    warn(
        f"{format_count(len(refused), 'value')} <= 0, the first{name_series(rows.ids[s])} at "
        f"{rows.frequency.format(time)}, {'is' if one else 'are'} judged but read as missing: "
        "logarithms are taken, as all values before the first cutoff are above 0; log=False takes none."
    )
