"""ETTh1 as papers score it: seven series, 96 hours ahead from every hour of the test part, without a fit and fitted.

Values are scaled by mean and standard deviation of the training part, 8,640 rows; 2,880 of validation and as many of
test follow. The fit trains on training and validation part, 11,520 rows, while papers train on the first 8,640: as one
panel and with nothing but the horizon. Each row that comes later is read by `observe`'s step. ``--validation``
forecasts the validation part after a fit of the first part.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/etth1.py [--validation]   (the folder of classic/ETTh1.csv)
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd

from measuring import FITTED, ZERO_SHOT, data_folder, emit
from rollcast import Forecaster
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.reading import read_next
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.tables import to_panel

TRAINING, LATER, AHEAD = 8640, 2880, 96


def main() -> None:
    """Print both errors of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validation", action="store_true", help="the validation part")
    validation = parser.parse_args().validation
    warnings.simplefilter("ignore")
    data = data_folder()
    if data is None:
        emit("ETTh1", "left out", 0, "series", note="no folder with classic/ETTh1.csv was named")
        return
    begin = TRAINING if validation else TRAINING + LATER
    table = pd.read_csv(data / "classic" / "ETTh1.csv", parse_dates=["date"], index_col="date")
    table = table.head(begin + LATER)
    train = table.head(TRAINING)
    table = (table - train.mean()) / train.std(ddof=0)
    known = table.head(begin).reset_index().melt("date", var_name="series")
    options = {"id_col": "series", "time_col": "date", "target_col": "value"}
    case = f"ETTh1, seven series, h {AHEAD}, {'validation' if validation else 'test'}"
    panel = to_panel(known, **options)[0]
    values = table[list(panel.ids)].to_numpy().T
    model = pretrained_model(load_pretrained(), SeasonCycles.of(panel.frequency), AHEAD)
    state = model.read_again(panel, model.prepare_new(panel))
    roll(case, ZERO_SHOT, model, state, values)
    began = time.perf_counter()
    fitted = Forecaster(h=AHEAD)
    history = fitted.fit(known, progress="quiet", **options)
    note = f"fit {time.perf_counter() - began:.0f} s; {history.defaults}"
    roll(case, FITTED, fitted.fitted.model, fitted.state, values, note)


def roll(
    case: str, who: str, model: Model, state: State, values: np.ndarray, note: str = ""
) -> None:
    """Print the errors from every later row of values (S, T), the series in the order of the state's."""
    count, rows = values.shape
    begin = int(state.rows[0])
    squared, absolute = [], []
    for row in range(begin, rows - AHEAD + 1):
        error = model.forecast(state, AHEAD) - values[:, row : row + AHEAD]
        squared.append((error**2).mean())
        absolute.append(np.abs(error).mean())
        state = read_next(model.network, model.weights, state, np.arange(count), values[:, row])
    told = f"{len(squared):,} starts{'; ' * bool(note)}{note}"
    emit(case, who, float(np.mean(squared)), "MSE, z-scored", note=told)
    emit(case, who, float(np.mean(absolute)), "MAE, z-scored")


if __name__ == "__main__":
    main()
