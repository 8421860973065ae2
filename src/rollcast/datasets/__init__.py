"""Series to learn from, packaged or computed; nothing is fetched.

Each comes as a pandas frame ``unique_id, ds, y``, the shops with ``available`` beside them. README.md beside this file
names every source and licence.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rollcast.datasets.chaos import integrate_mackey_glass
from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import MOST_SEED, number, one_of, whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["airline", "demand", "mackey_glass", "path", "shops", "sine", "temperatures"]

MOST_UNITS = 1_000_000
"""Units of time that are computed at most: a million take about a minute."""

FARTHEST = 1_000_000
"""How far from 0 the series may begin: from there it falls to its attractor, within what numbers can hold."""

_FILES = {
    "airline": "airline.csv",
    "demand": "demand.csv.gz",
    "shops": "shops.csv.gz",
    "temperatures": "temperatures.csv",
}


def path(name: str) -> Path:
    """Where the packaged file of a series lies, to read it as any other file.

    Args:
        name: "airline", "demand", "shops" or "temperatures".

    Raises:
        ArgumentError: no file of that name is packaged.
    """
    file = _FILES[one_of("name", name, sorted(_FILES))]
    return Path(str(resources.files("rollcast.datasets").joinpath(file)))


def sine() -> pd.DataFrame:
    """The tutorial's series: ``sin(arange(6400) * 20 * pi / 1000)``, of period 100.

    Returns:
        6,400 rows; ``ds`` is 0 to 6399, ``y`` has no unit. Computed; nobody's property.

    Example:
        >>> sine()["y"].iloc[25].round(6).item()
        1.0
    """
    return _long("sine", np.arange(6400), np.sin(np.arange(6400) * 20 * np.pi / 1000))


def airline() -> pd.DataFrame:
    """Passengers of international airlines, in thousands, monthly from 1949 to 1960.

    Box and Jenkins, *Time Series Analysis* (1970), series G.

    Returns:
        144 rows; ``ds`` is the first of the month.
    """
    table = _read("airline")
    return _long("airline", table["Month"].astype("M8[ns]"), table["Passengers"].astype(float))


def temperatures() -> pd.DataFrame:
    """The daily minimum temperature of Melbourne in degrees Celsius, 1981 to 1990.

    The days 1984-12-31 and 1988-12-31 are missing, as in the original. Australian Bureau of
    Meteorology.

    Returns:
        3,650 rows; ``ds`` is the day.
    """
    table = _read("temperatures")
    return _long("temperatures", table["Date"].astype("M8[ns]"), table["Temp"])


def demand() -> pd.DataFrame:
    """The half-hourly electricity demand of Victoria, Australia, in megawatts, in 2014.

    Australian Energy Market Operator, as in the data set ``vic_elec`` of tsibbledata; rounded to
    0.1 MW.

    Returns:
        17,520 rows; ``ds`` is the half hour's start in Australia/Melbourne, both
        daylight-saving changes included.
    """
    import pandas as pd

    table = _read("demand")
    instants = pd.to_datetime(table["Time"], utc=True, format="ISO8601").dt.as_unit("ns")
    return _long("demand", instants.dt.tz_convert("Australia/Melbourne"), table["Demand"])


def shops() -> pd.DataFrame:
    """The monthly sales of twelve shops that opened at different times, until December 2024.

    A small panel as real ones are: 96 to 14 months of each, and one shop, ``S04``, out of stock from March to June
    2023: pass ``available="available"``. Computed from random numbers; nobody's property.

    Returns:
        812 rows; ``ds`` is the first of the month, ``y`` whole pieces, ``available`` False where nothing could be sold.

    Example:
        >>> frame = shops()
        >>> frame["unique_id"].nunique(), int((~frame["available"]).sum())
        (12, 4)
    """
    import pandas as pd

    table = _read("shops")
    return pd.DataFrame(
        {
            "unique_id": table["shop"],
            "ds": table["month"].astype("M8[ns]"),
            "y": table["sales"].astype(float),
            "available": table["available"] == 1,
        }
    )


def mackey_glass(
    length: int = 2000,
    *,
    tau: int = 17,
    initial: float = 1.2,
    seed: int | None = None,
    discard: int = 250,
) -> pd.DataFrame:
    """The chaotic Mackey-Glass series, one value per unit of time.

    dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)**10) - 0.1 x(t), by the classic Runge-Kutta method
    with dt = 0.1.

    Args:
        length: rows.
        tau: the delay in units of time; chaotic from 17 on.
        initial: the value before time 0.
        seed: noise in [-0.1, 0.1] on the values before time 0, for another stretch of the
            attractor; None for none.
        discard: units of time dropped at the start, while the series finds its attractor.

    Returns:
        ``length`` rows; ``ds`` is 0 to ``length - 1``, ``y`` has no unit.

    Raises:
        ArgumentError: a length or delay below 1, a negative ``discard``, or a value that is too large to compute.

    References:
        Mackey and Glass, "Oscillation and chaos in physiological control systems", Science 197
        (1977).
    """
    length = whole("length", length, most=MOST_UNITS)
    tau = whole("tau", tau, most=MOST_UNITS)
    discard = whole("discard", discard, 0, MOST_UNITS)
    initial = number("initial", initial)
    if abs(initial) > FARTHEST:
        raise ArgumentError(f"`initial` must lie within {FARTHEST:,} of 0; got {initial:g}.")
    if seed is not None:
        seed = whole("seed", seed, 0, MOST_SEED)
    values = integrate_mackey_glass(discard + length, tau=tau, initial=initial, seed=seed)
    return _long("mackey_glass", np.arange(length), values[discard:])


def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path(name))


def _long(name: str, times: object, values: object) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"unique_id": name, "ds": times, "y": values})
