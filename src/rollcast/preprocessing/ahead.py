"""What is known of each step ahead, by name: a shared head reads it beside the features of the origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rollcast._types import Array
from rollcast.preprocessing.anchors import AnchorScale, anchor_position
from rollcast.preprocessing.channels import Channel
from rollcast.preprocessing.choose_transform import stored_transform_of
from rollcast.preprocessing.ring import look_back
from rollcast.preprocessing.seasonal_transform import SEASONAL
from rollcast.preprocessing.series_buffer import SeriesBuffer, take_rows
from rollcast.preprocessing.transform import Memory

AHEAD: Final = (
    Channel(
        "newest", "the newest value less the anchor of that step", "the anchor's typical error"
    ),
    Channel("season", "the value a season before less the anchor", "the anchor's typical error"),
    Channel("steps", "how many steps ahead", "logarithm of 1 and the steps"),
    Channel("sine", "the place in the season", "sine of its angle"),
    Channel("cosine", "the place in the season", "cosine of its angle"),
)
"""What a shared head reads of each step ahead, in this order. Where there is no season, the last two are 0 and 1."""

ANCHORS: Final = ("newest", "season")
"""Those among them, which stand first, by which a forecast may be moved as they are."""


@dataclass(frozen=True)
class Ahead:
    """The steps ahead that a shared head is trained for, and the season in which they have their place.

    Attributes:
        steps: K.
        season: rows in a season, no more than a state remembers; 1 for none.
    """

    steps: int
    season: int


def read_ahead(rows: SeriesBuffer, newest: Array, series: Array, form: Ahead) -> Array:
    """(B, O, K, P) what is known of the steps after the rows ``newest`` (B, O) of stored series (B,)."""
    import jax.numpy as jnp

    begins = rows.begins[series][:, None]
    steps = jnp.arange(1, form.steps + 1)

    def before(lag: int) -> Array:
        source = newest[:, :, None] + anchor_position(steps, lag)
        return take_rows(rows.filled, jnp.maximum(source, begins[:, :, None]))

    return describe_steps(
        form,
        newest - begins,
        anchors=stored_transform_of(rows).anchors_at(rows, newest, series, form.steps)[0],
        last=before(1),
        season=before(form.season),
        unit=rows.anchor_error[series][:, None, None],
    )


def know_ahead(form: Ahead, scale: AnchorScale, memory: Memory) -> Array:
    """(S, K, P) what is known of each step ahead, live."""
    import jax.numpy as jnp

    if scale.seasons is not None:
        return SEASONAL.ahead(scale, memory, form.steps)

    steps = jnp.arange(1, form.steps + 1)

    def before(lag: int) -> Array:
        return look_back(memory.values, memory.rows, 1 - anchor_position(steps, lag))

    return describe_steps(
        form,
        memory.rows - 1,
        anchors=stored_transform_of(scale).anchors(scale, memory, form.steps),
        last=before(1),
        season=before(form.season),
        unit=scale.anchor_error[:, None],
    )


def describe_steps(
    form: Ahead, row: Array, *, anchors: Array, last: Array, season: Array, unit: Array
) -> Array:
    """(..., K, P) what is known of each step ahead.

    Args:
        form: K and the season.
        row: (...) the newest row, counted from its series' first.
        anchors: (..., K) scaled values on which the outputs stand.
        last: (..., K) the newest value.
        season: (..., K) the newest known value of the same place in the season.
        unit: (..., 1) the anchor's typical error.
    """
    import jax.numpy as jnp
    import numpy as np

    steps = jnp.arange(1, form.steps + 1)
    place = (
        row[..., None] + steps
    ) % form.season  # whole numbers, which stay exact however long a series is
    angle = 2 * np.pi / form.season * place
    made = {
        "newest": (last - anchors) / unit,
        "season": (season - anchors) / unit,
        "steps": jnp.broadcast_to(jnp.log1p(steps.astype(jnp.float32)), anchors.shape),
        "sine": jnp.sin(angle),
        "cosine": jnp.cos(angle),
    }
    return jnp.stack([made[channel.name] for channel in AHEAD], axis=-1).astype(jnp.float32)
