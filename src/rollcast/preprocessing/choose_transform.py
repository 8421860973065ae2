"""Which transform reads: it follows from what is known of the series."""

from __future__ import annotations

from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.seasonal_transform import SEASONAL
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.preprocessing.transform import LEVEL, VALUES, StoredTransform, Transform


def transform_of(held: AnchorScale | SeriesBuffer) -> Transform:
    """The transform that anchors and stored series belong to."""
    return stored_transform_of(held) if held.seasons is None else SEASONAL


def stored_transform_of(held: AnchorScale | SeriesBuffer) -> StoredTransform:
    """The same where the pretrained network does not read."""
    return VALUES if held.smoothing is None else LEVEL
