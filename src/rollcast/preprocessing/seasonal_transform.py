"""The transform of the pretrained network, see :mod:`rollcast.preprocessing.running_seasons` for its equations."""

from __future__ import annotations

from typing import Any

from rollcast._types import Array
from rollcast.data.seasons import Seasons
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.ring import look_back, write
from rollcast.preprocessing.running_seasons import (
    Standing,
    clip_value,
    nothing_read,
    output_scale,
    pack_running,
    read_value,
    standing,
    unpack_running,
)
from rollcast.preprocessing.season_anchors import RunningSums, describe_ahead
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.preprocessing.transform import Memory, scan_steps


class SeasonalTransform:
    """Levels, scales, trends and up to two seasons of each series, which has seasons of its own.

    A missing value is filled by the fast level with its season, and the scales stay as they are; one far off is read as
    less far. Outputs stand on the fast level, in units of the running scale.
    """

    def init(self, first: Array, size: int, rows: Array | None = None) -> Memory:
        """See :class:`rollcast.preprocessing.transform.Transform`; reading begins with a series' first row."""
        import jax.numpy as jnp

        count = first.shape[0]
        values, read = jnp.zeros((count, size), jnp.float32), jnp.zeros(count, jnp.int32)
        return Memory(values, read, running=pack_running(jnp, nothing_read(jnp, count)))

    def step(
        self,
        scale: AnchorScale,
        memory: Memory,
        value: Array,
        observed: Array,
        there: Array | None = None,
    ) -> tuple[Memory, Array]:
        """See :class:`rollcast.preprocessing.transform.Transform`."""
        import jax.numpy as jnp

        seasons, before, row = _there(scale.seasons), unpack_running(memory.running), memory.rows
        seen = observed > 0
        value = clip_value(jnp, before, row, value, seen)
        mask = None if there is None else there[:, None]
        values = write(memory.values, row, value[:, None], mask)

        def look(distance: Array) -> Array:
            return look_back(values, row + 1, distance + 1)

        running, inputs = read_value(jnp, seasons, before, row, value, seen, look)
        packed = pack_running(jnp, running)
        if there is None:
            return Memory(values, row + 1, running=packed), inputs
        packed = jnp.where(there[:, None], packed, memory.running)
        return Memory(values, row + there.astype(row.dtype), running=packed), inputs

    def whole(
        self,
        scale: AnchorScale,
        memory: Memory,
        values: Array,
        observed: Array,
        mask: Array | None,
    ) -> tuple[Memory, Array]:
        """See :class:`rollcast.preprocessing.transform.Transform`."""
        if values.shape[1] == 1:
            there = None if mask is None else mask[:, 0]
            memory, inputs = self.step(scale, memory, values[:, 0], observed[:, 0], there)
            return memory, inputs[:, None]
        return scan_steps(self, scale, memory, values, observed, mask)

    def ahead(self, scale: AnchorScale, memory: Memory, steps: int) -> Array:
        """(S, K, P) what is known of each of the next K steps."""
        import jax.numpy as jnp

        size, row = memory.values.shape[1], memory.rows - 1
        now = self._standing(scale, memory)
        back = jnp.arange(size, 0, -1)
        read = jnp.where(back <= memory.rows[:, None], 1.0, 0.0)
        oldest_first = (look_back(memory.values, memory.rows, back) - now.base[:, None]) * read
        sums = jnp.cumsum(oldest_first, axis=1)

        def look(distance: Array) -> Array:
            return look_back(memory.values, memory.rows, distance + 1)

        def look_sum(distance: Array) -> Array:
            return jnp.take_along_axis(sums, size - 1 - distance, axis=1)

        seasons: Seasons = _there(scale.seasons)
        return describe_ahead(jnp, seasons, now, row, look, RunningSums(look_sum, now.base), steps)

    def place(self, scale: AnchorScale, memory: Memory, params: Array) -> Array:
        """See :class:`rollcast.preprocessing.transform.Transform`."""
        import jax.numpy as jnp

        now, running = self._standing(scale, memory), unpack_running(memory.running)
        unit = output_scale(jnp, now, running, memory.rows - 1)
        return now.base[:, None, None] + params * unit[:, None, None]

    def unit(self, scale: AnchorScale, memory: Memory) -> Array:
        """(S,) the running scale, in which outputs count."""
        return self._standing(scale, memory).scale

    def memory_at(self, rows: SeriesBuffer, newest: Array, series: Array, size: int) -> Memory:
        """That of no row: of what has been read since a series' first row nothing is stored."""
        return self.init(newest, size)

    def _standing(self, scale: AnchorScale, memory: Memory) -> Standing:
        import jax.numpy as jnp

        seasons: Seasons = _there(scale.seasons)
        return standing(jnp, seasons, unpack_running(memory.running), memory.rows - 1)


SEASONAL = SeasonalTransform()


def _there(found: Any) -> Any:
    """What is never None where this transform reads."""
    return found
