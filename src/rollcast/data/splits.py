"""Training, validation and test: parts of each series in time order, each with one role."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Bool, Int64
from rollcast.data.panel import Panel, the_series
from rollcast.errors import ArgumentError, TooShortError
from rollcast.options import whole


@dataclass(frozen=True, eq=False)
class Split:
    """Training fits, validation chooses, the test part gives the verdict.

    Attributes:
        offsets: (S + 1,) of the panel.
        train_ends: (S,) one past each series' last training row, in the flat series.
        val_ends: (S,) one past its last validation row; the rest is the test part. A series that is too short to be cut
            is training alone: both are its end.
    """

    offsets: Int64
    train_ends: Int64
    val_ends: Int64

    @property
    def test_ends(self) -> Int64:
        """(S,) one past each series' last row."""
        return self.offsets[1:]

    @property
    def is_cut(self) -> Bool:
        """(S,) which series have a validation and a test part."""
        return self.train_ends < self.test_ends

    def digest(self) -> str:
        """A hash of where every series is cut."""
        cuts = np.concatenate([self.train_ends, self.val_ends]).astype(np.int64)
        return hashlib.sha256(cuts.tobytes()).hexdigest()

    def lengths(self) -> tuple[int, int, int]:
        """Rows of training, validation and test over all series."""
        return (
            int((self.train_ends - self.offsets[:-1]).sum()),
            int((self.val_ends - self.train_ends).sum()),
            int((self.test_ends - self.val_ends).sum()),
        )


def make_split(
    panel: Panel,
    h: int,
    *,
    least_train: int,
    least_read: int = 2,
    val_size: int | None,
    test_size: int | None,
) -> Split:
    """Cut the last rows off every series that has enough of them; the others train only.

    Series that end together are cut together where they are long enough: each part has a fifth of the rows of the
    usual series (the median of those that can be cut), a shorter series has what its training rows leave, and at least
    a horizon. Where no series has three horizons of rows, each is cut into thirds, and forecasts are judged as far as
    their part goes.

    Args:
        panel: the series.
        h: horizon; validation and test hold at least one where any series has the rows.
        least_train: rows that training needs to see a whole horizon.
        least_read: rows that must be read before anything can be trained on.
        val_size: rows; default a fifth.
        test_size: rows; default a fifth.

    Raises:
        ArgumentError: a size that is no whole number, or below the horizon.
        TooShortError: no series can be cut, with the least length.
    """
    for name, size in (("val_size", val_size), ("test_size", test_size)):
        if size is not None and whole(name, size) < h:
            raise ArgumentError(f"`{name}` must be at least the horizon, {h} rows; got {size}.")
    lengths = panel.lengths
    short = val_size is None and test_size is None and not (lengths >= least_train + 2 * h).any()
    own = _thirds(lengths, h, least_read) if short else _fifths(lengths, h, least_train)
    val, test = (own if size is None else np.full_like(own, size) for size in (val_size, test_size))
    cut = (lengths >= (least_read if short else least_train) + val + test) & (own > 0)
    if not cut.any():
        longest = int(lengths.argmax())
        train, *parts = (
            (least_read, 1, 1) if short else (least_train, val_size or h, test_size or h)
        )
        named = the_series(panel.ids[longest])
        subject = (
            f"The {named}"
            if len(lengths) == 1
            else f"Every series is too short, also the longest: {named}"
        )
        rows = format_count(int(lengths[longest]), "row")
        raise TooShortError(
            f"{subject}{' is too short: it' if len(lengths) == 1 else ''} has {rows}, "
            f"and at least {train + sum(parts)} are needed ({train} to train, {parts[0]} to validate, "
            f"{parts[1]} to test at h = {h}); give it more rows{'' if short else ' or a smaller `h`'}."
        )
    ends = panel.offsets[1:]
    val, test = np.where(cut, val, 0), np.where(cut, test, 0)
    return Split(panel.offsets, ends - test - val, ends - test)


def _fifths(lengths: Int64, h: int, least_train: int) -> Int64:
    """(S,) rows of validation, and of test; 0 for a series that can't be cut."""
    long = lengths >= least_train + 2 * h
    if not long.any():
        return np.full_like(lengths, h)
    usual = int(np.sort(lengths[long])[(int(long.sum()) - 1) // 2])
    fifth = min(max(round(0.2 * usual), h), max((usual - least_train) // 2, h))
    return np.where(long, np.minimum(fifth, np.maximum((lengths - least_train) // 2, h)), 0)


def _thirds(lengths: Int64, h: int, least_read: int) -> Int64:
    """The same for series below three horizons, of which each part may be shorter than one."""
    return np.clip(np.minimum((lengths - least_read) // 2, lengths // 3), 0, h)
