"""Days that stand as local midnights in UTC: the zone is named."""

import numpy as np
import pandas as pd
import pytest

from rollcast.errors import DataError
from rollcast.tables import to_panel

ZONES = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Sydney",
]


def table(stamps: object) -> pd.DataFrame:
    frame = pd.DataFrame({"ds": stamps})
    return frame.assign(y=np.arange(len(frame), dtype=float))


def local(
    zone: str, freq: str = "D", count: int = 200, start: str = "2022-08-01"
) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq=freq, tz=zone).tz_convert("UTC")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("freq", ["D", "W-MON", "MS", "B"])
@pytest.mark.parametrize("form", ["stamps", "text", "unix", "newest first"])
def test_the_zone_whose_midnights_these_are_is_named(zone: str, freq: str, form: str) -> None:
    stamps = local(zone, freq)
    cells = {
        "stamps": stamps,
        "text": stamps.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "unix": stamps.as_unit("s").asi8,
        "newest first": stamps[::-1],
    }[form]
    with pytest.raises(DataError) as caught:
        to_panel(table(cells))
    assert str(caught.value).endswith(
        f"which are midnight in {zone}, written in UTC; pass tz={zone!r}."
    )
    panel, _, _ = to_panel(table(cells), tz=zone)
    assert panel.mask.all()
    assert panel.frequency.family == freq.split("-", maxsplit=1)[0].rstrip("S")


def test_the_whole_message() -> None:
    with pytest.raises(DataError) as caught:
        to_panel(table(local("Europe/Berlin")))
    assert str(caught.value) == (
        "Column 'ds' holds 2022-07-31 22:00+0000 and, at row 91 (counted from 0), 2022-10-30 23:00+0000, which are"
        " midnight in Europe/Berlin, written in UTC; pass tz='Europe/Berlin'."
    )


def test_without_a_zone_they_are_marked_first() -> None:
    naive = local("Europe/Berlin").tz_localize(None)
    with pytest.raises(DataError) as caught:
        to_panel(table(naive))
    assert str(caught.value).endswith(
        "; mark them as UTC, as in 2024-04-03T22:00Z or by .dt.tz_localize('UTC'), and pass tz='Europe/Berlin'."
    )
    marked, _, _ = to_panel(table(naive.tz_localize("UTC")), tz="Europe/Berlin")
    assert marked.mask.all()


def test_another_hour_of_a_zone_is_named() -> None:
    close = pd.date_range("2022-08-01 16:00", periods=200, tz="America/New_York").tz_convert("UTC")
    with pytest.raises(
        DataError, match=r"which are 16:00 in America/New_York, written in UTC; pass tz="
    ):
        to_panel(table(close))
    assert to_panel(table(close), tz="America/New_York")[0].mask.all()


def test_midnights_of_a_zone_without_summer_time_are_remarked() -> None:
    panel, _, notes = to_panel(table(local("Asia/Seoul")))
    assert notes.remarks[0] == (
        "The times of column 'ds' are midnights in Asia/Seoul; pass tz='Asia/Seoul' if its days are meant."
    )
    assert panel.mask.all()


def test_days_whose_midnight_is_skipped_are_midnights() -> None:
    days = pd.date_range("2016-08-01", periods=200)
    zone = "America/Sao_Paulo"
    stamps = days.tz_localize(zone, nonexistent="shift_forward").tz_convert("UTC")
    with pytest.raises(DataError, match=r"midnight in America/Sao_Paulo, written in UTC"):
        to_panel(table(stamps))


def test_other_times_are_left_alone() -> None:
    for stamps in (
        pd.date_range("2022-08-01", periods=200, tz="UTC"),
        pd.date_range("2022-08-01 09:00", periods=200),
        pd.date_range("2022-08-01", periods=200, freq="h", tz="UTC"),
        pd.date_range("2022-08-01", periods=200, tz="Europe/Berlin"),
    ):
        _, _, notes = to_panel(table(stamps))
        assert not any("midnight" in remark for remark in notes.remarks)


def test_offsets_that_change_name_their_zone() -> None:
    texts = [t.isoformat() for t in pd.date_range("2022-08-01", periods=200, tz="America/New_York")]
    with pytest.raises(DataError, match=r"such as tz='America/New_York'\."):
        to_panel(table(texts))
