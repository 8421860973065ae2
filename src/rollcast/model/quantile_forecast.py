"""QuantileForecast: quantiles of the next rows of every series, as a table or as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from rollcast._number_format import format_count
from rollcast._types import Bool, Float64
from rollcast.data.panel import Panel
from rollcast.networks.distribution import (
    QUANTILE_LEVELS,
    Quantiles,
    central_interval,
    point_or_mean,
)
from rollcast.preprocessing.rounding import Rounding, as_whole
from rollcast.tables import Schema, forecast_frame
from rollcast.tables.forecast_frame import forecast_columns, quantile_column

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_QUANTILES: Final = Quantiles(QUANTILE_LEVELS)


def quantile_columns(
    name: str, made: Float64, shares: Sequence[float], rounding: Rounding | None
) -> dict[str, Float64]:
    """Quantiles (S, h) by column.

    Args:
        name: of the column of forecasts.
        made: (S, h, 15) quantiles in the data's units.
        shares: that are wanted.
        rounding: to whole numbers; None for none.
    """
    found = {share: _QUANTILES.quantile(made, share) for share in shares}
    if rounding is not None:
        found = {share: rounding.quantile(values, share) for share, values in found.items()}
    return {quantile_column(name, share): values for share, values in found.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantileForecast:
    """What is forecast after the last row of S series.

    Attributes:
        name: of the column of forecasts.
        panel: the rows that are known.
        schema: the caller's table.
        quantiles: (S, h, 15) in the data's units.
        means: (S,) of which series the mean is forecast; None of none.
        levels: of the intervals that are shown, in percent.
        shares: of the quantiles that are shown.
        rounding: to whole numbers; None for none.
    """

    name: str
    panel: Panel
    schema: Schema
    quantiles: Float64
    means: Bool | None = None
    levels: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    rounding: Rounding | None = None

    @property
    def point(self) -> Float64:
        """(S, h) the medians, or the means of series whose mean is forecast."""
        made = point_or_mean(_QUANTILES, self.quantiles, self.means)
        return made if self.rounding is None else self.rounding.nearest(made)

    @property
    def intervals(self) -> dict[float, tuple[Float64, Float64]]:
        """Percent -> lower and upper ends, (S, h) each."""
        made = {one: central_interval(_QUANTILES, self.quantiles, one) for one in self.levels}
        if self.rounding is None:
            return made
        return {one: self.rounding.ends(pair) for one, pair in made.items()}

    def frame(self) -> Any:
        """The forecasts with their intervals and quantiles in the caller's names and kind of frame."""
        columns = forecast_columns(self.name, self.point, self.intervals)
        columns |= quantile_columns(self.name, self.quantiles, self.shares, self.rounding)
        if self.rounding is not None:
            columns = {column: as_whole(values) for column, values in columns.items()}
        panel = self.panel
        return forecast_frame(panel.ids, panel.nexts(), columns, panel.frequency, self.schema)

    def plot(self, series: Any = None) -> Figure:
        """Draw the forecast of one series after its newest rows, with its intervals as bands.

        Args:
            series: its identifier; None for the first.

        Raises:
            ArgumentError: there is no such series.
        """
        from rollcast.evaluation.excerpt import excerpt_at, name_in_title, place_of

        s, panel = place_of(series, self.panel.ids), self.panel
        drawn = excerpt_at(
            panel,
            s,
            int(panel.lengths[s]),
            self.point[s],
            name=self.name,
            unit=None,
            value_name=str(self.schema.target_col),
            title=f"{name_in_title(panel.ids, s)}{format_count(self.quantiles.shape[1], 'step')} ahead",
        )
        intervals = {one: (low[s], high[s]) for one, (low, high) in self.intervals.items()}
        return replace(drawn, intervals=intervals).plot()
