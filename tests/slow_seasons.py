"""What the pretrained network reads of one series, said as plainly as can be: lists, loops and float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SMALLEST, FARTHEST, OLDEST = 1e-3, 50, 2048


class SlowReading(NamedTuple):
    """One series, read to its end.

    Attributes:
        values: (T,) what stood for missing ones too.
        inputs: (T, 24)
        means: (T, 5) of the newest seasons, each after every row.
        base: (T,)
        scale: (T,)
        slope: (T,)
        drift: (T,)
    """

    values: np.ndarray
    inputs: np.ndarray
    means: np.ndarray
    base: np.ndarray
    scale: np.ndarray
    slope: np.ndarray
    drift: np.ndarray


def mean_of(values: list[float], t: int, first: int, last: int, size: int) -> float:
    """Of the rows ``first`` to ``last`` before row t, as far as they exist; the sum over ``size`` at most."""
    there = [values[i] for i in range(t - last, t - first + 1) if i >= 0]
    return sum(there) / min(t + 1, size)


def read_slowly(y: np.ndarray, m: int, m2: int) -> SlowReading:
    """Read a series, NaN where missing, with a season of ``m`` rows (1: none) and of ``m2`` rows (0: none)."""
    v: list[float] = []
    kept: dict[str, list] = {name: [] for name in SlowReading._fields}
    fast = slow = adjusted = expected = early = 0.0
    usual = dict.fromkeys(("change", "rough", "season", "second", "shape", "same"), 0.0)

    for t, value in enumerate(y):
        seen = not np.isnan(value)
        here = fast + expected
        far = FARTHEST * max(usual["change"], usual["rough"] / 10, 1)
        near = float(np.clip(value, here - far, here + far)) if t else value
        v.append(near if seen else here)
        before, adjusted = adjusted, v[t] - expected
        step = adjusted - before if t else 0.0
        fast = fast + 0.5 * (adjusted - fast) if t else adjusted
        if seen or not t:
            slow = slow + max(0.12, 1 / (t + 1)) * (adjusted - slow) if t else adjusted

        def learn(name: str, size: float, since: int, t: int = t, seen: bool = seen) -> None:
            if seen and t >= since:
                usual[name] += max(0.02, 1 / (t - since + 1)) * (size - usual[name])

        if t >= 1:
            learn("change", abs(step), 1)
            learn("rough", abs(v[t] - v[t - 1]), 1)
            learn("same", float(v[t] == v[t - 1]), 1)
        if t >= m:
            learn("season", abs(v[t] - v[t - m]), m)
        if m2 and t >= m2:
            learn("second", abs(v[t] - v[t - m2]), m2)
        if m2 and t >= m2 + 1:
            learn("shape", abs((v[t] - v[t - 1]) - (v[t - m2] - v[t - m2 - 1])), m2 + 1)

        means = [mean_of(v, t, j * m, (j + 1) * m - 1, m) for j in range(5)]
        if t == m - 1:
            early = means[0]
        passed = (t + 1) // m
        back = min(passed, 5) - 1
        slope = (means[0] - means[back]) / (back * m) if back > 0 else 0.0
        drift = (means[0] - early) / (t + 1 - m) if passed > 1 else 0.0
        scale = max(usual["change"], usual["rough"] / 10, SMALLEST)

        own = [v[t + 1 - j * m] - means[j - 1] for j in range(1, 6) if m > 1 and t + 1 >= j * m]
        expected = np.mean(own) + slope * (m - 1) / 2 if own else 0.0
        two = m2 > 0 and t + 1 >= m2
        second = v[t + 1 - m2] - mean_of(v, t, 0, m2 - 1, m2) if two else 0.0
        age = min(t, OLDEST - 1)

        def apart(x: float, most: float = 8, scale: float = scale) -> float:
            return float(np.clip(x / scale, -most, most))

        def ratio(name: str, there: bool, scale: float = scale) -> float:
            return np.log(max(usual[name], SMALLEST) / scale) if there else 0.0

        inputs = [
            apart(adjusted - fast),
            apart(step),
            apart(slow - fast) / 2,
            apart((v[t] - v[t - m]) / np.sqrt(m)) if t >= m else 0,
            apart(v[t] - fast, 20) / 5,
            apart(expected, 20) / 5,
            apart(own[0] - np.mean(own)) / 2 if own else 0,
            apart(slope * np.sqrt(m)) * 2,
            apart(drift * np.sqrt(max(age, 1))),
            apart(means[0] - fast, 20) / 5,
            np.log(age + 1) / 4 - 1,
            np.log(m) / 3,
            min(passed, 6) / 6 if m > 1 else 0,
            apart(second, 20) / 5,
            float(two),
            ratio("rough", there=True),
            ratio("season", t >= m),
            float(not seen),
            float(m > 1 and t < m),
            apart((v[t] - v[t - m2]) / np.sqrt(m2)) if m2 and t >= m2 else 0,
            ratio("second", m2 > 0 and t >= m2),
            ratio("shape", m2 > 0 and t > m2),
            usual["same"],
            np.log(max(m2, 1)) / 3,
        ]
        now = (v[t], inputs, means, fast, scale if t else 1.0, slope, drift)
        for name, one in zip(kept, now, strict=True):
            kept[name].append(one)
    return SlowReading(*(np.array(column, float) for column in kept.values()))


def describe_slowly(read: SlowReading, t: int, m: int, m2: int, steps: int) -> np.ndarray:
    """(K, 14) the anchors of the steps after row t, and their places."""
    v, scale = list(read.values), read.scale[t]
    rows = []
    for k in range(1, steps + 1):
        place = (k - 1) % m + 1
        tilt = read.slope[t] * (place - (m + 1) / 2)
        own = [
            v[t - j * m + place] - read.means[t, j - 1] - tilt
            for j in range(1, 6)
            if m > 1 and t + 1 >= j * m
        ]
        single, smooth = [], []
        for j in (1, 2):
            if not m2 or t + 1 < j * m2:
                continue
            mean = sum(v[t - j * m2 + 1 : t - (j - 1) * m2 + 1]) / m2
            back = j * m2 - ((k - 1) % m2 + 1)  # rows before the newest
            nearest = max(back - m // 2, 0)
            farthest = min(nearest + m, t + 1)
            single.append(v[t - back] - mean)
            smooth.append(np.mean(v[t - farthest + 1 : t - nearest + 1]) - mean)
        anchors = [
            np.mean(own) if own else 0,
            own[0] if own else 0,
            own[1] if len(own) > 1 else 0,
            np.mean(single) if single else 0,
            read.slope[t] * k,
            read.drift[t] * k,
            read.means[t, 0] - read.base[t],
            single[0] if single else 0,
            np.mean(smooth) if smooth else 0,
        ]
        places = [
            np.log(k) / 3,
            min(k / m, 3) / 2 if m > 1 else 0,
            len(own) / 5,
            float(m > 1),
            float(bool(single)),
        ]
        rows.append([*(a / scale for a in anchors), *places])
    return np.array(rows)
