"""The tutorial's workflow: its data, its three networks, and its closed loop, with honest errors beside it.

    windows = make_windows(rollcast.datasets.sine()["y"])
    model = simple_lstm(seed=0)
    history = fit(model, windows, epochs=300)
    evaluate(model, windows), free_run(model, windows)

The networks are as the tutorial has them, faults included. ``docs/tutorial.md`` goes through it.
"""

from rollcast.tutorial.compare import (
    Comparison,
    Evaluation,
    Row,
    compare,
    evaluate,
    free_run,
    one_step,
)
from rollcast.tutorial.lstm_networks import (
    NETWORKS,
    rmse,
    simple_lstm,
    stacked_lstm,
    stateful_stacked_lstm,
    summary,
)
from rollcast.tutorial.sine_windows import Windows, make_windows
from rollcast.tutorial.train import fit

__all__ = [
    "NETWORKS",
    "Comparison",
    "Evaluation",
    "Row",
    "Windows",
    "compare",
    "evaluate",
    "fit",
    "free_run",
    "make_windows",
    "one_step",
    "rmse",
    "simple_lstm",
    "stacked_lstm",
    "stateful_stacked_lstm",
    "summary",
]
