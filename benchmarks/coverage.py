"""Coverage of the 80 and the 95 % interval on M3's groups and M4 hourly, by blocks of six steps, and their width.

Each group is fitted as one panel with no option but the horizon. The intervals are those of ``predict(level=)``, which
were calibrated on the validation part of ``fit``; the last rows, which the fit never had, are looked at here alone.
The series are clusters: their shares inside vary by chance, and the band is what that allows, widened by two points.
Beside it stand the coverage that the fit measured on its own test part, and the network's own intervals.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/coverage.py [--groups Yearly Hourly] [--validation]
"""

from __future__ import annotations

import argparse

import numpy as np

from competitions import fit, scale
from group_scores import CERTAIN, WIDER, add_options, asked, case_of
from measuring import FITTED, emit
from pretraining.competitions import Cut, Group, read_group
from rollcast.evaluation.coverage import BLOCK
from rollcast.model.intervals import CALIBRATED, forecast_calibrated
from rollcast.networks.distribution import central_interval

LEVELS = (80, 95)

OWN = "Rollcast, uncalibrated"
"""The same fit's intervals as the network gave them."""


def main() -> None:
    """Print coverage and width of each group."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    wanted = asked(parser.parse_args())
    for group in wanted.groups if wanted else ():
        cut = read_group(group, wanted.data, test=wanted.test)
        measure(group, cut, case_of(group, test=wanted.test))


def measure(group: Group, cut: Cut, case: str) -> None:
    """Fit one group, and print what its intervals held."""
    model = fit(group, cut.past).model
    fitted, state, h = model.fitted, model.state, group.h
    emit_coverage(group, cut, case, FITTED, fitted.forecast_quantiles(state, h, LEVELS))
    calibration = fitted.calibration
    if calibration is not None and not calibration.of_points and calibration.taken:
        emit_coverage(group, cut, case, OWN, forecast_calibrated(fitted.model, state, h, None))
    known = model.coverage
    for level in LEVELS:
        told = known[level]
        how = "calibrated" if told.calibrated else "as the network gave it"
        note = f"{known.windows} separate windows of {known.series:,} series; {how}"
        emit(case, FITTED, told.measured, f"% inside of {level} %, by the fit", note=note)


def emit_coverage(group: Group, cut: Cut, case: str, who: str, quantiles: np.ndarray) -> None:
    """The shares inside, over all steps and by blocks, and the mean width in units of MASE's scale."""
    size = scale(group, cut)
    for level in LEVELS:
        low, high = central_interval(CALIBRATED, quantiles, level)
        inside = (cut.actual >= low) & (cut.actual <= high)
        value, allowed = share(inside, level)
        emit(case, who, value, f"% inside of {level} %", note=allowed)
        for k in range(0, group.h, BLOCK):
            value, allowed = share(inside[:, k : k + BLOCK], level)
            last = min(k + BLOCK, group.h)
            emit(case, who, value, f"% inside of {level} %, steps {k + 1} to {last}", note=allowed)
        width = (high - low)[size > 0] / size[size > 0, None]
        emit(case, who, float(width.mean()), f"width of {level} %, in units of MASE's scale")


def share(inside: np.ndarray, level: float) -> tuple[float, str]:
    """Percent inside, and the band around the level: chance among the series (S, k), widened."""
    each = 100 * inside.mean(axis=1)
    off = CERTAIN * float(each.std(ddof=1)) / np.sqrt(len(each)) + WIDER
    return float(each.mean()), f"{level - off:.1f} to {min(level + off, 100):.1f}"


if __name__ == "__main__":
    main()
