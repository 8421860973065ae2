"""Small panels: 8 groups of 20 monthly series of M3, each group fitted alone, beside no fit and beside random weights.

Differences are paired over series: of each of the 160 the MASE with the fit minus the one without. The interval of
their mean is Student's t over the 160 series, and once more over the 8 groups' means, for the series of a group share
one fit. Where the lower end lies above 0, fits of small panels do harm. ``--validation`` forecasts the last rows of the
training parts.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/small_panels.py [--validation]
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np

from competitions import fit, quantiles, scale
from group_scores import asked, band, part
from measuring import FITTED, ZERO_SHOT, emit
from pretraining.competitions import Cut, read_group
from pretraining.evaluate import forecast
from rollcast import metrics
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles, central_interval
from rollcast.networks.pretrained_weights import load_pretrained

PANELS, SIZE, SEED = 8, 20, 3
RANDOM = "LSTM of random weights, fitted"
LEVELS = Quantiles(QUANTILE_LEVELS)
STUDENT = {PANELS: 2.365, PANELS * SIZE: 1.975}
"""Of so many values, the 97.5 % quantile of Student's t."""


def main() -> None:
    """Print the errors of all three over all series, and the paired differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validation", action="store_true", help="the training parts' last rows")
    parser.set_defaults(groups=["Monthly"])
    wanted = asked(parser.parse_args())
    if wanted is None:
        return
    warnings.simplefilter("ignore")
    (group,) = wanted.groups
    whole = read_group(group, wanted.data, test=wanted.test)
    order = np.random.default_rng(SEED).permutation(len(whole.past))
    case = f"{PANELS} groups of {SIZE} of M3 {group.name}, {part(test=wanted.test)}"
    errors: dict[str, list[np.ndarray]] = {}
    terms: dict[str, list[np.ndarray]] = {}
    inside: dict[str, list[np.ndarray]] = {}
    for number in range(PANELS):
        take = order[number * SIZE : (number + 1) * SIZE]
        cut = Cut([whole.past[s] for s in take], whole.actual[take])
        for who, (point, ends) in three_ways(group, cut).items():
            off = np.abs(cut.actual - point).mean(axis=1) / scale(group, cut)
            errors.setdefault(who, []).append(off)
            terms.setdefault(who, []).append(metrics.smape(cut.actual, point))
            if ends is not None:
                low, high = ends
                inside.setdefault(who, []).append((cut.actual >= low) & (cut.actual <= high))
            emit(f"{case}, group {number + 1}", who, float(off.mean()), "MASE")
    for who, parts in errors.items():
        emit(case, who, float(np.concatenate(parts).mean()), "MASE")
        emit(case, who, float(np.mean(terms[who])), "sMAPE, %")
        if len(inside.get(who, [])) == PANELS:
            share = np.concatenate(inside[who])
            emit(
                case, who, 100 * float(share.mean()), "% inside of 80 %", note=band(80, share.size)
            )
    without = np.stack(errors.pop(ZERO_SHOT))
    for who, parts in errors.items():
        difference = np.stack(parts) - without
        emit_interval(case, who, difference.ravel(), "series")
        emit_interval(case, who, difference.mean(axis=1), "groups")


def three_ways(group: object, cut: Cut) -> dict[str, tuple]:
    """Points, and both ends of the intervals of 80 %, of each way."""
    fits = {
        FITTED: fit(group, cut.past).model,
        RANDOM: fit(group, cut.past, pretrained=False).model,
    }
    made = {ZERO_SHOT: forecast(load_pretrained(), group, cut.past)}
    made |= {who: quantiles(model) for who, model in fits.items()}
    return {
        who: (fits[who].predict_array(), None)
        if each is None
        else (LEVELS.point(each), central_interval(LEVELS, each, 80))
        for who, each in made.items()
    }


def emit_interval(case: str, who: str, values: np.ndarray, over: str) -> None:
    """The mean of paired differences, with its interval of 95 %."""
    mean, count = float(values.mean()), len(values)
    off = STUDENT[count] * float(values.std(ddof=1)) / count**0.5
    note = f"{mean - off:+.4f} to {mean + off:+.4f} (95 %, by Student's t over {count} {over})"
    emit(case, who, mean, f"MASE above that without a fit, paired over {over}", note=note)


if __name__ == "__main__":
    main()
