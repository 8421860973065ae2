"""Every caller of ``compiled``: no function object is traced for two closures, and no key stands for two."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast import tutorial
from rollcast.fitting import readout_features
from rollcast.runtime import programs
from rollcast.stream.lines import Line
from rollcast.stream.stream import Stream
from rollcast.stream.stream_options import StreamOptions
from rollcast.training import fine_tuning
from samples import wavy

SOURCE = Path(rc.__file__).parent
PLAIN = (bool, int, float, str, type(None))


class Call(NamedTuple):
    module: str
    function: Any
    key: Any
    closed: tuple[Any, ...]


def closed_over(function: Any) -> tuple[Any, ...]:
    """What a function brings along beside its arguments."""
    if isinstance(function, partial):
        return (*function.args, *function.keywords.values(), *closed_over(function.func))
    held = getattr(function, "__self__", None)
    cells = getattr(function, "__closure__", None) or ()
    return (*([] if held is None else [held]), *(cell.cell_contents for cell in cells))


def plain(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers and words among them, and in tuples among them."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, PLAIN):
            found.append(value)
        elif type(value) is tuple:
            found.extend(plain(value))
    return tuple(found)


def callers() -> set[str]:
    """Modules that call ``compiled``."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "compiled":
                found.add(".".join(["rollcast", *path.relative_to(SOURCE).with_suffix("").parts]))
    return found


@pytest.fixture
def calls(monkeypatch) -> list[Call]:
    """Every call of ``compiled`` from now on."""
    seen: list[Call] = []
    compiled = programs.compiled

    def recorded(module: str, key: Any, function: Callable[..., Any], *arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        full = (key, structure, tuple(programs._form(leaf) for leaf in leaves))
        seen.append(Call(module, function, full, closed_over(function)))
        return compiled(key, function, *arguments)

    for name in callers():
        __import__(name)
        monkeypatch.setattr(sys.modules[name], "compiled", partial(recorded, name))
    return seen


def shops(*lengths: int) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"unique_id": str(s), "ds": np.arange(n), "y": wavy(n, seed=s)})
            for s, n in enumerate(lengths)
        ],
        ignore_index=True,
    )


def fit(data: pd.DataFrame, **options: Any) -> rc.Forecaster:
    chosen = {"hidden_size": 4, "h": 3, "max_epochs": 1, "anchor": "last", "log": False}
    model = rc.Forecaster(**chosen | options)
    model.fit(data, val_size=8, test_size=8, progress="quiet")
    return model


def use_everything() -> None:
    unequal = shops(56, 70, 90, 200, 300)  # three groups of unequal lengths
    model = fit(unequal, readout="ridge")
    state = model.observe(shops(57, 59).iloc[[-1]].assign(unique_id="0", ds=56))
    model.predict(h=7, state=state)
    rc.diagnose(model, h=5)
    few = shops(70, 90)
    for options in (
        {"reading": "window", "readout": "ridge"},
        {"stateful": True, "rollout": 6, "input_noise": 0.1, "readout": "gradient"},
        {"cell": "esn", "input_size": 20},
        {"anchor": "level", "head": "shared", "readout": "gradient"},
        {"h": 5, "input_size": 9, "readout": "gradient"},
        {"h": 5, "input_size": 17, "readout": "gradient"},
    ):
        fit(few, **options).predict(h=11)
    for h in (3, 5):
        pretrained = rc.Forecaster(h=h)
        pretrained.fit(few, val_size=8, test_size=8, progress="quiet")
        pretrained.predict(h=100)
    stream = Stream(model.fitted, StreamOptions.of(model.fitted, h=2), lambda *_: None)
    text = b'{"unique_id": "0", "ds": 56, "y": 20.0}'
    stream.take([Line(text, len(text) + 1)], 1)
    for time_step in (14, 9):
        windows = tutorial.make_windows(rc.datasets.sine()["y"][:600], time_step=time_step)
        for make in (tutorial.simple_lstm, tutorial.stateful_stacked_lstm):
            network = make()
            tutorial.fit(network, windows, epochs=1, progress="quiet")
            tutorial.evaluate(network, windows)
            tutorial.free_run(network, windows, 20)


@pytest.mark.slow
def test_no_function_is_traced_for_two_closures_and_no_key_stands_for_two(calls, monkeypatch):
    monkeypatch.setattr(readout_features, "MOST_SOLVED", 2)
    monkeypatch.setattr(fine_tuning, "UPDATES", (2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rc.RollcastWarning)
        use_everything()
    assert {call.module for call in calls} == callers()
    closures: dict[int, tuple[Any, ...]] = {}
    for call in calls:
        before = closures.setdefault(id(call.function), call.closed)
        assert all(a is b or a == b for a, b in zip(before, call.closed, strict=True)), (
            f"{call.module} changes what {call.function} closes over"
        )
    keys: dict[Any, tuple[Any, ...]] = {}
    for call in calls:
        assert keys.setdefault(call.key, plain(call.closed)) == plain(call.closed), (
            f"{call.module} has one key for several closures"
        )
