"""Scores that others published of simple forecasts, beside ours of the same forecasts.

python benchmarks/published_scores.py DATA

The folder holds ``m3/`` and ``m4_hourly/``. Naive, seasonal naive and Theta follow from the series alone, so whoever
scores them by the same definition gets the same number. Printed are what was published, what `rollcast.metrics` makes
of it, and where it stands. A number that was printed with up to five decimals has to be met in the last of them. The
long ones were computed in single precision, which holds seven digits, and have to be met within 5 in the seventh. What
can't be met is printed with the reason. Exits with 1 if another one differs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from baselines import NAIVE2, adjusted_naive, known_to_the_end
from pretraining.competitions import GROUPS, Group, read_group
from rollcast import datasets, metrics
from rollcast.evaluation.baselines import (
    BASELINES,
    NAIVE,
    SEASONAL_NAIVE,
    THETA,
    naive,
    seasonal_naive,
)

M4 = "M4 competition, Evaluation and Ranks.xlsx (Mcompetitions/M4-methods)"
M3 = "Makridakis & Hibon (2000), Int. J. Forecasting 16, 451-476"
FEV = "fev, benchmarks/chronos_zeroshot/results/seasonal_naive.csv (autogluon/fev)"
CHRONOS = "Chronos, scripts/evaluation/results/seasonal-naive-in-domain.csv"
GIFT = "GIFT-Eval, m4_hourly/H/short of Seasonal_Naive"
SKTIME = "sktime's forecasting tutorial, section 1.3"
DARTS = "Darts' quickstart"

SINGLE_PRECISION: Final = 5e-7
NORMAL = "seasonal naive, normal quantiles"
"""By statsforecast: the root mean square of its errors in sample, times the root of the seasons ahead."""

OTHER_SERIES = "other series: the WQL of a point forecast has neither lag nor scale in it, and differs by the same 1e-4"
OTHER_TEST = "M3 does not say by which test a series counts as seasonal; the one of M4, used here, came later"


class Published(NamedTuple):
    """One number.

    Attributes:
        group: of series.
        forecast: that was scored.
        metric: by name and definition.
        value: as it was printed.
        source: where.
        why_not: why it can't be met; empty where it has to be.
    """

    group: str
    forecast: str
    metric: str
    value: str
    source: str
    why_not: str = ""

    def met_by(self, ours: float) -> bool:
        """Whether another score is the same to the last digit that means something."""
        value, decimals = float(self.value), len(self.value.partition(".")[2])
        if decimals > 5:
            return abs(ours - value) <= SINGLE_PRECISION * abs(value)
        return round(ours, decimals) == value


PUBLISHED: Final = (
    Published("Hourly", NAIVE, "sMAPE, % (M4)", "43.003", M4),
    Published("Hourly", NAIVE, "MASE, lag 24", "11.608", M4),
    Published("Hourly", SEASONAL_NAIVE, "sMAPE, % (M4)", "13.912", M4),
    Published("Hourly", SEASONAL_NAIVE, "MASE, lag 24", "1.193", M4),
    Published("Hourly", NAIVE2, "sMAPE, % (M4)", "18.383", M4),
    Published("Hourly", NAIVE2, "MASE, lag 24", "2.395", M4),
    Published("Hourly", THETA, "sMAPE, % (M4)", "18.138", M4),
    Published("Hourly", THETA, "OWA", "1.006", M4),
    Published("Hourly", SEASONAL_NAIVE, "MASE, lag 24", "1.1932105781333862", CHRONOS),
    Published("Hourly", SEASONAL_NAIVE, "WQL", "0.0483091941403194", CHRONOS),
    Published("Hourly", SEASONAL_NAIVE, "MASE, lag 24", "1.1932101877276544", GIFT),
    Published("Hourly", SEASONAL_NAIVE, "MAE", "353.8562298711755", GIFT),
    Published("Hourly", SEASONAL_NAIVE, "RMSE", "1901.1459685039379", GIFT),
    Published("Hourly", SEASONAL_NAIVE, "MAPE", "0.1561203125786282", GIFT),
    Published("Hourly", SEASONAL_NAIVE, "sMAPE", "0.1391227341312525", GIFT),
    Published("Hourly", SEASONAL_NAIVE, "ND (WAPE)", "0.04830918594592099", GIFT),
    Published("Hourly", NORMAL, "WQL", "0.03757255147212195", GIFT),
    Published("Hourly", NORMAL, "MSIS, lag 24, tails", "9.229226853352637", GIFT),
    Published("Yearly", NAIVE, "sMAPE, % (M4)", "17.88", M3),
    Published("Other", NAIVE, "sMAPE, % (M4)", "6.30", M3),
    Published("Quarterly", NAIVE2, "sMAPE, % (M4)", "9.95", M3, OTHER_TEST),
    Published("Monthly", NAIVE2, "sMAPE, % (M4)", "16.91", M3, OTHER_TEST),
    Published("Yearly", SEASONAL_NAIVE, "MASE, lag 1", "3.171710231434522", FEV),
    Published("Yearly", SEASONAL_NAIVE, "WQL", "0.1665329645499851", FEV),
    Published("Quarterly", SEASONAL_NAIVE, "MASE, lag 4", "1.425343793884435", FEV),
    Published("Quarterly", SEASONAL_NAIVE, "WQL", "0.1012520434859641", FEV),
    Published("Monthly", SEASONAL_NAIVE, "MASE, lag 12", "1.1462045768766118", FEV, OTHER_SERIES),
    Published("Monthly", SEASONAL_NAIVE, "WQL", "0.1485445954223967", FEV, OTHER_SERIES),
    Published("airline", SEASONAL_NAIVE, "MAPE", "0.13189432350948402", SKTIME),
    Published("airline", "drift and season", "MAPE, %", "5.66", DARTS),
)


def main() -> None:
    """Print a line for each number."""
    differ = 0
    for row, ours in recomputed(Path(sys.argv[1])):
        met = row.met_by(ours)
        differ += not met and not row.why_not
        verdict = "met" if met else f"NOT MET: {row.why_not or 'why?'}"
        print(
            f"{row.group:9}  {row.forecast:32}  {row.metric:20}  {row.value:>19}  {ours:>19.13f}",
            end="  ",
        )
        print(f"{ours - float(row.value):+9.1e}  {verdict}; {row.source}")
    sys.exit(1 if differ else 0)


def recomputed(data: Path) -> list[tuple[Published, float]]:
    """Every published number beside ours.

    Args:
        data: the folder of the competitions.
    """
    ours = {("airline", *key): value for key, value in airline_scores().items()}
    for group in GROUPS:
        scores = competition_scores(group, data)
        ours |= {(group.name, *key): value for key, value in scores.items()}
    return [(row, ours[row.group, row.forecast, row.metric]) for row in PUBLISHED]


def airline_scores() -> dict[tuple[str, str], float]:
    """Of the last three years of the packaged series: forecast, metric -> score."""
    values = datasets.airline()["y"].to_numpy(float)
    past, actual = values[:-36], values[-36:]
    season = seasonal_naive(past, 36, 12)
    drift = (past[-1] - past[0]) / (len(past) - 1) * np.arange(1, 37)
    return {
        (SEASONAL_NAIVE, "MAPE"): metrics.mape(actual, season) / 100,
        ("drift and season", "MAPE, %"): metrics.mape(actual, season + drift),
    }


def competition_scores(group: Group, data: Path) -> dict[tuple[str, str], float]:
    """Of one group: forecast, metric -> score."""
    past, actual = read_group(group, data, test=True)
    known = known_to_the_end(past)
    scale = np.array([metrics.seasonal_scale(y, group.season) for y in past])
    made = {
        NAIVE: np.array([naive(y, group.h) for y in past]),
        SEASONAL_NAIVE: np.array([seasonal_naive(y, group.h, group.season) for y in past]),
        NAIVE2: adjusted_naive(known, group.h, group.season),
        THETA: BASELINES[THETA](known, group.h, group.season),
    }
    lag = f"MASE, lag {group.season}"
    scores: dict[tuple[str, str], float] = {}
    for name, forecast in made.items():
        all_the_same = np.repeat(forecast[..., None], len(metrics.NINE_LEVELS), axis=-1)
        scores |= {
            (name, "sMAPE, % (M4)"): metrics.smape(actual, forecast),
            (name, "sMAPE"): metrics.smape(actual, forecast) / 100,
            (name, "MAPE"): metrics.mape(actual, forecast) / 100,
            (name, lag): metrics.mase(actual, forecast, scale),
            (name, "MAE"): metrics.mae(actual, forecast),
            (name, "RMSE"): metrics.rmse(actual, forecast),
            (name, "ND (WAPE)"): metrics.wape(actual, forecast) / 100,
            (name, "WQL"): metrics.wql(actual, all_the_same),
        }
    for name in made:
        relative = (scores[name, m] / scores[NAIVE2, m] for m in ("sMAPE, % (M4)", lag))
        scores[name, "OWA"] = sum(relative) / 2
    quantiles = normal_quantiles(past, made[SEASONAL_NAIVE], group.season)
    low, high = tails(quantiles)
    scores[NORMAL, "WQL"] = metrics.wql(actual, quantiles)
    scores[NORMAL, f"MSIS, lag {group.season}, tails"] = metrics.msis(actual, low, high, scale, 95)
    return scores


def normal_quantiles(past: list[np.ndarray], forecast: np.ndarray, season: int) -> np.ndarray:
    """(S, h, 9) around seasonal naive (S, h)."""
    from scipy.special import ndtri

    errors = [y[season:] - y[:-season] for y in past]
    deviation = np.sqrt([np.mean(np.square(e)) for e in errors])
    ahead = np.sqrt(np.arange(forecast.shape[1]) // season + 1)
    spread = deviation[:, None, None] * ahead[:, None] * ndtri(np.array(metrics.NINE_LEVELS))
    return forecast[..., None] + spread


def tails(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends (S, h) of 95 % that GluonTS makes of nine quantiles (S, h, 9), by exponential tails."""

    def beyond(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
        return inner + (outer - inner) * np.log(0.2 / 0.025) / np.log(0.2 / 0.1)

    return (
        beyond(quantiles[..., 0], quantiles[..., 1]),
        beyond(quantiles[..., -1], quantiles[..., -2]),
    )


if __name__ == "__main__":
    main()
