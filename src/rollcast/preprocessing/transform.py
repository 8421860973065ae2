"""The causal transform: turns values into what a network reads and says on what its outputs stand.

What it remembers is part of a state. It comes in two forms that agree: row by row, as values arrive, and at any row of
series that are stored whole, as training draws them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

from rollcast._types import Array
from rollcast.preprocessing.anchors import AnchorScale, Smoothing, anchor_position
from rollcast.preprocessing.channels import step_inputs
from rollcast.preprocessing.ring import before_each, look_back, write
from rollcast.preprocessing.series_buffer import Levels, SeriesBuffer, take_rows


class Memory(NamedTuple):
    """What a transform knows after the newest row, one row for each of S series; values in scaled units.

    Attributes:
        values: (S, R) the newest R values, missing ones filled. Row n stands in slot n % R, see
            :mod:`rollcast.preprocessing.ring`.
        rows: (S,) how many rows have been read.
        level: (S,) the exponential level; None where known values anchor.
        deviations: (S, R) how far the newest R places in the season lay from the level, in the same slots.
        running: (S, P) what else the pretrained network knows, see
            :func:`rollcast.preprocessing.running_seasons.pack_running`; None where another one reads.
    """

    values: Array
    rows: Array
    level: Array = None
    deviations: Array = None
    running: Array = None


class Transform(Protocol):
    """A causal transform of S series. All but ``init`` are called inside compiled programs."""

    def init(self, first: Array, size: int, rows: Array | None = None) -> Memory:
        """The memory before anything is read.

        Args:
            first: (S,) each series' first value, which stands in for all before it; 0 where it is missing.
            size: R, at least the anchor's lag.
            rows: (S,) how many rows of each series are left unread; default none.
        """
        ...

    def step(
        self,
        scale: AnchorScale,
        memory: Memory,
        value: Array,
        observed: Array,
        there: Array | None = None,
    ) -> tuple[Memory, Array]:
        """Read one row.

        Args:
            scale: what stays fixed.
            memory: before it.
            value: (S,) scaled.
            observed: (S,) 1.0 where there was a value.
            there: (S,) True where the row exists; elsewhere the memory stays. None for everywhere.

        Returns:
            The memory after it, and what a network reads (S, C).
        """
        ...

    def whole(
        self,
        scale: AnchorScale,
        memory: Memory,
        values: Array,
        observed: Array,
        mask: Array | None,
    ) -> tuple[Memory, Array]:
        """Read T rows (S, T): what as many steps give. Rows that exist stand side by side.

        Returns:
            The memory after them, and what a network reads (S, T, C).
        """
        ...

    def place(self, scale: AnchorScale, memory: Memory, params: Array) -> Array:
        """(S, K, Q) a head's outputs for the next K steps, in scaled units: in their unit, and on what they stand."""
        ...

    def memory_at(self, rows: SeriesBuffer, newest: Array, series: Array, size: int) -> Memory:
        """The memory after the rows ``newest`` (B,) of stored series (B,); before a series that of none."""
        ...


class StoredTransform(Transform, Protocol):
    """One that knows at once what it gives at any row of stored series."""

    def anchors(self, scale: AnchorScale, memory: Memory, steps: int) -> Array:
        """(S, K) on what the outputs of the next K steps stand; 0 where they are values."""
        ...

    def inputs_at(self, rows: SeriesBuffer, index: Array, series: Array) -> Array:
        """(B, T, C) what a network reads in the rows ``index`` (B, T) of stored series (B,).

        Before a series its first row stands.
        """
        ...

    def anchors_at(
        self, rows: SeriesBuffer, newest: Array, series: Array, steps: int
    ) -> tuple[Array, Array]:
        """(B, T, K) the anchors of the next K steps after the rows ``newest`` (B, T), and whether they are known."""
        ...


class ValueTransform:
    """The classic one: the anchor is the last value, the value one season ago, or none.

    A missing value has to be filled before it comes here, see :func:`rollcast.preprocessing.anchors.fill_with_anchor`.
    """

    def init(self, first: Array, size: int, rows: Array | None = None) -> Memory:
        """See :class:`Transform`."""
        return _empty(first, size, rows)

    def step(
        self,
        scale: AnchorScale,
        memory: Memory,
        value: Array,
        observed: Array,
        there: Array | None = None,
    ) -> tuple[Memory, Array]:
        """See :class:`Transform`."""
        mask = None if there is None else there[:, None]
        memory, inputs = self.whole(scale, memory, value[:, None], observed[:, None], mask)
        return memory, inputs[:, 0]

    def whole(
        self,
        scale: AnchorScale,
        memory: Memory,
        values: Array,
        observed: Array,
        mask: Array | None,
    ) -> tuple[Memory, Array]:
        """See :class:`Transform`."""
        anchors = before_each(memory.values, memory.rows, values, mask, scale.lag) * scale.anchored
        inputs = step_inputs(values, anchors, observed, scale.anchor_error[:, None])
        after = write(memory.values, memory.rows, values, mask)
        return Memory(after, _count(memory.rows, values, mask)), inputs

    def place(self, scale: AnchorScale, memory: Memory, params: Array) -> Array:
        """See :class:`Transform`."""
        return _on_anchors(self, scale, memory, params)

    def anchors(self, scale: AnchorScale, memory: Memory, steps: int) -> Array:
        """See :class:`Transform`. A series too young for its season has its newest value."""
        import jax.numpy as jnp

        back = 1 - anchor_position(jnp.arange(1, steps + 1), scale.lag[:, None])
        back = jnp.where(back <= memory.rows[:, None], back, 1)
        return look_back(memory.values, memory.rows, back) * scale.anchored

    def inputs_at(self, rows: SeriesBuffer, index: Array, series: Array) -> Array:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        begins, lag = rows.begins[series][:, None], rows.lag[series][:, None]
        anchors = take_rows(rows.filled, jnp.maximum(index - lag, begins)) * rows.anchored
        return _read(rows, jnp.maximum(index, begins), series, anchors)

    def anchors_at(
        self, rows: SeriesBuffer, newest: Array, series: Array, steps: int
    ) -> tuple[Array, Array]:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        begins = rows.begins[series][:, None, None]
        source = _sources(rows, newest, series, steps)
        known = source >= begins
        source = jnp.where(known, source, jnp.maximum(newest[:, :, None], begins))
        anchors = take_rows(rows.filled, source) * rows.anchored
        return anchors, known | (rows.anchored == 0)

    def memory_at(self, rows: SeriesBuffer, newest: Array, series: Array, size: int) -> Memory:
        """See :class:`Transform`."""
        return _stored(rows, newest, series, size)[0]


class LevelTransform:
    """Exponential smoothing: the anchor is a level that follows the values, and the season's deviation from it.

    With the error e = y - (l + s') and s' the deviation one season ago, the level becomes l + a e and the deviation
    s' + g (y - l - s'), as in additive Holt-Winters smoothing without a trend (Winters, 1960; Hyndman and others,
    "Forecasting with exponential smoothing", 2008, section 2.3). The first rows are averaged: the rates are at least
    1/n at row n, and at least 1/j in season j. A missing value is its own anchor, so it leaves the level as it was.
    """

    def init(self, first: Array, size: int, rows: Array | None = None) -> Memory:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        empty = _empty(first, size, rows)
        return empty._replace(level=empty.values[:, 0], deviations=jnp.zeros_like(empty.values))

    def step(
        self,
        scale: AnchorScale,
        memory: Memory,
        value: Array,
        observed: Array,
        there: Array | None = None,
    ) -> tuple[Memory, Array]:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        rows, lag = memory.rows, scale.lag
        level, rates = memory.level, _there(scale.smoothing)
        before = look_back(memory.deviations, rows, lag[:, None])[:, 0]
        anchor = level + before
        value = jnp.where(observed > 0, value, anchor)
        moved, deviation = follow(rates, lag, rows, (level, before), value)
        mask = None if there is None else there[:, None]
        after = Memory(
            write(memory.values, rows, value[:, None], mask),
            _count(rows, value[:, None], mask),
            moved if there is None else jnp.where(there, moved, level),
            write(memory.deviations, rows, deviation[:, None], mask),
        )
        return after, step_inputs(value, anchor, observed, scale.anchor_error)

    def whole(
        self,
        scale: AnchorScale,
        memory: Memory,
        values: Array,
        observed: Array,
        mask: Array | None,
    ) -> tuple[Memory, Array]:
        """See :class:`Transform`."""
        return scan_steps(self, scale, memory, values, observed, mask)

    def place(self, scale: AnchorScale, memory: Memory, params: Array) -> Array:
        """See :class:`Transform`."""
        return _on_anchors(self, scale, memory, params)

    def anchors(self, scale: AnchorScale, memory: Memory, steps: int) -> Array:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        back = 1 - anchor_position(jnp.arange(1, steps + 1), scale.lag[:, None])
        return memory.level[:, None] + look_back(memory.deviations, memory.rows, back)

    def inputs_at(self, rows: SeriesBuffer, index: Array, series: Array) -> Array:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        begins, lag = rows.begins[series][:, None], rows.lag[series][:, None]
        levels = _there(rows.levels)
        now = jnp.maximum(index, begins)
        before = take_rows(levels.level, jnp.maximum(now - 1, begins))
        return _read(rows, now, series, before + _deviations(levels, now - lag, begins))

    def anchors_at(
        self, rows: SeriesBuffer, newest: Array, series: Array, steps: int
    ) -> tuple[Array, Array]:
        """See :class:`Transform`. They are known once a season has passed."""
        import jax.numpy as jnp

        begins, levels = rows.begins[series][:, None, None], _there(rows.levels)
        source = _sources(rows, newest, series, steps)
        level = take_rows(levels.level, newest[:, :, None])
        known = newest[:, :, None] + 1 >= begins + rows.lag[series][:, None, None]
        anchors = level + _deviations(levels, source, begins)
        return anchors, jnp.broadcast_to(known, anchors.shape)

    def memory_at(self, rows: SeriesBuffer, newest: Array, series: Array, size: int) -> Memory:
        """See :class:`Transform`."""
        import jax.numpy as jnp

        levels, begins = _there(rows.levels), rows.begins[series]
        memory, index = _stored(rows, newest, series, size)
        return memory._replace(
            level=take_rows(levels.level, jnp.maximum(newest, begins)),
            deviations=_deviations(levels, index, begins[:, None]),
        )


def follow(
    rates: Smoothing, lag: Array | int, rows: Array, before: tuple[Array, Array], value: Array
) -> tuple[Array, Array]:
    """The level and the deviation (S,) after one value, by the equations of :class:`LevelTransform`.

    Args:
        rates: of each series.
        lag: the season's length; 1 for no season.
        rows: how many rows came before.
        before: the level, and the deviation one season ago.
        value: (S,) the anchor itself where it is missing.
    """
    import jax.numpy as jnp

    level, deviation = before
    by_level = jnp.maximum(rates.level, 1 / (rows + 1))
    by_season = jnp.where(lag > 1, jnp.maximum(rates.season, 1 / (rows // lag + 1)), 0)
    level = level + by_level * (value - level - deviation)
    return level, deviation + by_season * (value - level - deviation)


VALUES: Final = ValueTransform()

LEVEL: Final = LevelTransform()


def scan_steps(
    transform: Transform,
    scale: AnchorScale,
    memory: Memory,
    values: Array,
    observed: Array,
    mask: Array | None,
) -> tuple[Memory, Array]:
    """What :meth:`Transform.whole` gives, by one step after the other."""
    import jax
    import jax.numpy as jnp

    def step(memory: Memory, row: tuple[Array, Array, Array | None]) -> tuple[Memory, Array]:
        return transform.step(scale, memory, *row)

    by_row = (values.T, observed.T, None if mask is None else mask.T)
    memory, inputs = jax.lax.scan(step, memory, by_row)
    return memory, jnp.moveaxis(inputs, 0, 1)


def _on_anchors(
    transform: StoredTransform, scale: AnchorScale, memory: Memory, params: Array
) -> Array:
    """Outputs (S, K, Q) on top of the anchors, in units of the anchor's typical error."""
    import jax.numpy as jnp

    anchors = transform.anchors(scale, memory, params.shape[1])
    unit = scale.anchor_error[:, None]
    return jnp.stack([anchors + params[..., q] * unit for q in range(params.shape[-1])], axis=-1)


def _empty(first: Array, size: int, rows: Array | None) -> Memory:
    import jax.numpy as jnp

    return Memory(
        jnp.repeat(jnp.asarray(first, jnp.float32)[:, None], size, axis=1),
        jnp.zeros(first.shape[0], jnp.int32) if rows is None else jnp.asarray(rows, jnp.int32),
    )


def _count(rows: Array, values: Array, mask: Array | None) -> Array:
    """(S,) rows read after as many (S, T) more."""
    return rows + (values.shape[1] if mask is None else mask.sum(axis=1, dtype=rows.dtype))


def _read(rows: SeriesBuffer, index: Array, series: Array, anchors: Array) -> Array:
    """(B, T, C) what is read in stored rows ``index`` (B, T), given their anchors."""
    value, observed = take_rows(rows.filled, index), take_rows(rows.observed, index)
    return step_inputs(value, anchors, observed, rows.anchor_error[series][:, None])


def _sources(rows: SeriesBuffer, newest: Array, series: Array, steps: int) -> Array:
    """(B, T, K) the rows that anchor the next K steps."""
    import jax.numpy as jnp

    lag = rows.lag[series][:, None, None]
    return newest[:, :, None] + anchor_position(jnp.arange(1, steps + 1), lag)


def _stored(rows: SeriesBuffer, newest: Array, series: Array, size: int) -> tuple[Memory, Array]:
    """The memory of the newest values, and which row each slot (B, R) holds."""
    import jax.numpy as jnp

    begins = rows.begins[series][:, None]
    last = newest[:, None] - begins
    index = begins + last - (last - jnp.arange(size)) % size  # the newest row of each slot
    values = take_rows(rows.filled, jnp.maximum(index, begins))
    return Memory(values, jnp.maximum(last[:, 0] + 1, 0).astype(jnp.int32)), index


def _there(found: Any) -> Any:
    """What is never None where a level anchors."""
    return found


def _deviations(levels: Levels, index: Array, begins: Array) -> Array:
    """Those of the rows ``index``; 0 before a series."""
    import jax.numpy as jnp

    return jnp.where(
        index >= begins, take_rows(levels.deviation, jnp.maximum(index, begins)), jnp.float32(0)
    )
