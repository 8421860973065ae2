"""Training, validation and test: parts of each series in time order, each with one role."""

from __future__ import annotations

from dataclasses import dataclass

from rollcast._types import Int64
from rollcast.data.panel import Panel, name_series
from rollcast.errors import ArgumentError, TooShortError
from rollcast.options import whole


@dataclass(frozen=True, eq=False)
class Split:
    """Training fits, validation chooses, the test part gives the verdict.

    Attributes:
        offsets: (S + 1,) of the panel.
        train_ends: (S,) one past each series' last training row, in the flat series.
        val_ends: (S,) one past its last validation row; the rest is the test part.
    """

    offsets: Int64
    train_ends: Int64
    val_ends: Int64

    @property
    def test_ends(self) -> Int64:
        """(S,) one past each series' last row."""
        return self.offsets[1:]

    def lengths(self) -> tuple[int, int, int]:
        """Rows of training, validation and test over all series."""
        return (
            int((self.train_ends - self.offsets[:-1]).sum()),
            int((self.val_ends - self.train_ends).sum()),
            int((self.test_ends - self.val_ends).sum()),
        )


def make_split(
    panel: Panel, h: int, *, least_train: int, val_size: int | None, test_size: int | None
) -> Split:
    """Cut the last rows off every series: as many of each, so that series which end together are cut together.

    Args:
        panel: the series.
        h: horizon; validation and test hold at least one.
        least_train: rows that training needs.
        val_size: rows; default a fifth of the shortest series.
        test_size: rows; default a fifth of the shortest series.

    Raises:
        ArgumentError: a size that is no whole number, or below the horizon.
        TooShortError: a series with too few rows, with the least length.
    """
    for name, size in (("val_size", val_size), ("test_size", test_size)):
        if size is not None and whole(name, size) < h:
            raise ArgumentError(f"`{name}` must be at least the horizon, {h} rows; got {size}.")
    shortest = int(panel.lengths.argmin())
    length = int(panel.lengths[shortest])
    fifth = min(max(round(0.2 * length), h), max((length - least_train) // 2, h))
    val, test = val_size or fifth, test_size or fifth
    if length < least_train + val + test:
        raise TooShortError(
            f"The series{name_series(panel.ids[shortest])[len(' of series') :]} is too short: it has {length} rows, "
            f"and at least {least_train + val + test} are needed ({least_train} to train, {val} to validate, {test} to "
            f"test at h = {h}); give it more rows or a smaller `h`."
        )
    ends = panel.offsets[1:]
    return Split(panel.offsets, ends - test - val, ends - test)
