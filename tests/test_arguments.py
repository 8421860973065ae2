"""Any value in any argument of the public interface: it works, or one sentence says what is wrong."""

from __future__ import annotations

import datetime
import decimal
import inspect
import types
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast.errors import ArgumentError, RollcastError, show
from rollcast.model.fitted import Fitted
from rollcast.options import (
    BACKTEST_ARGUMENTS,
    FIT_ARGUMENTS,
    FORECAST_ARGUMENTS,
    MODEL_OPTIONS,
    TABLE_ARGUMENTS,
    TOTAL_ARGUMENTS,
)
from rollcast.options.argument_checks import floats, label, one_of, path, text, whole

VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "-1": lambda: -1,
    "0": lambda: 0,
    "2**70": lambda: 2**70,
    "10**9": lambda: 10**9,
    "10**400": lambda: 10**400,
    "10**5000": lambda: 10**5000,
    "1e308": lambda: 1e308,
    "2.5": lambda: 2.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "empty text": lambda: "",
    "text": lambda: "nonsense",
    "digits": lambda: "5",
    "bytes": lambda: b"x",
    "half a letter": lambda: "\ud800",
    "nul": lambda: "a\0b",
    "long text": lambda: "x" * 300,
    "empty list": lambda: [],
    "mixed list": lambda: [1, "a"],
    "ragged list": lambda: [[1, 2], [3]],
    "empty dict": lambda: {},
    "dict": lambda: {"a": 1},
    "set": lambda: {1, "a"},
    "generator": lambda: (i for i in (1, "a")),
    "object": object,
    "function": lambda: lambda *_: None,
    "class": lambda: int,
    "array": lambda: np.array([1, 2]),
    "matrix": lambda: np.ones((2, 2)),
    "empty array": lambda: np.array([]),
    "array of a word": lambda: np.array("mean"),
    "np.float64": lambda: np.float64(3.0),
    "np.int64": lambda: np.int64(3),
    "np.bool": lambda: np.bool_(True),
    "np.str": lambda: np.str_("mean"),
    "np.datetime64": lambda: np.datetime64("2020-01-01"),
    "Series": lambda: pd.Series([1, 2]),
    "DataFrame": pd.DataFrame,
    "NaT": lambda: pd.NaT,
    "NA": lambda: pd.NA,
    "Decimal": lambda: decimal.Decimal("3.5"),
    "signalling Decimal": lambda: decimal.Decimal("sNaN"),
    "complex": lambda: 3 + 4j,
    "datetime": lambda: datetime.datetime(2020, 1, 1),
    "path to nothing": lambda: Path("/nothing/here.csv"),
    "folder": Path,
}
"""Each is made anew, for some are used up."""

ALWAYS = ("None", "2**70", "object", "array", "mixed list")
"""What every argument is given; of the others a fifth, in turn. ``-m soak`` gives all to each."""

TINY: dict[str, Any] = {
    "hidden_size": 4,
    "max_epochs": 1,
    "h": 3,
    "log": False,
    "anchor": "last",
    "readout": "gradient",
}
Y = [1.0, 2.0, 4.0]


def table(first: int = 0, last: int = 80) -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=last)
    frame = pd.DataFrame({"unique_id": "a", "ds": days, "y": 10 + np.sin(np.arange(1.0 * last))})
    return frame.iloc[first:]


class Things:
    """What the calls are made on."""

    @cached_property
    def model(self) -> rc.Forecaster:
        model = rc.Forecaster(**TINY)
        model.fit(table(), progress="quiet")
        return model

    @cached_property
    def fitted(self) -> Fitted:
        return self.model.fitted

    @cached_property
    def after(self) -> rc.State:
        return self.model.observe(table(80, 88))

    @cached_property
    def diagnosis(self) -> rc.Diagnosis:
        return rc.diagnose(self.model, origins=3)

    @cached_property
    def backtest(self) -> rc.Backtest:
        return rc.backtest(self.model, table(0, 110), 2, n_windows=2, progress="quiet")

    @cached_property
    def windows(self) -> Any:
        return rc.tutorial.make_windows(np.sin(np.arange(120) / 5.0))

    @cached_property
    def network(self) -> Any:
        return rc.tutorial.simple_lstm()

    @cached_property
    def free(self) -> Any:
        return rc.tutorial.free_run(self.network, self.windows)

    @cached_property
    def files(self) -> dict[str, str]:
        self.model.save("m.rollcast")
        self.model.state.save("s.state")
        return {"model": "m.rollcast", "state": "s.state"}


def fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def defaults(options: Any, **other: Any) -> dict[str, Any]:
    return {name: option.default for name, option in options.items()} | other


def tutorial(name: str, **arguments: Any) -> Any:
    return lambda t: (
        getattr(rc.tutorial, name),
        {"model": t.network, "windows": t.windows} | arguments,
    )


PAIR = {"actual": Y, "forecast": Y}
ENDS = {"lower": Y, "upper": Y, "weights": Y}
PICTURE = {"unit": "MW", "title": "t", "ax": None}
KEYS: dict[str, Any] = {"h": 2, "horizon": None}
NOTHING: dict[str, Any] = {}


def update_but_for_training(model: rc.Forecaster, **given: Any) -> None:
    """All of an update of a network of random weights, up to where it is refused."""
    try:
        model.update(**given)
    except ArgumentError as error:
        if "was trained from random weights" not in str(error):
            raise


CALLS: dict[str, Callable[[Things], tuple[Any, dict[str, Any]]]] = {
    **{
        f"metrics.{name}": lambda t, name=name: (getattr(rc.metrics, name), PAIR)
        for name in ("mae", "rmse", "bias", "mape", "smape", "wape", "observed_pairs")
    },
    "metrics.mase": lambda t: (rc.metrics.mase, PAIR | {"scale": 1.0}),
    "metrics.rmsse": lambda t: (rc.metrics.rmsse, PAIR | {"scale_squared": 1.0, "weights": Y}),
    **{
        f"metrics.{name}": lambda t, name=name: (
            getattr(rc.metrics, name),
            {"values": Y, "season": 1},
        )
        for name in ("seasonal_scale", "seasonal_scale_squared")
    },
    "metrics.pinball": lambda t: (rc.metrics.pinball, PAIR | {"level": 0.5, "weights": Y}),
    **{
        f"metrics.{name}": lambda t, name=name: (
            getattr(rc.metrics, name),
            {"actual": Y, "quantiles": [[1.0, 2.0]] * 3, "levels": [0.3, 0.6], "weights": Y},
        )
        for name in ("crps", "wql")
    },
    "metrics.sample_crps": lambda t: (
        rc.metrics.sample_crps,
        {"actual": Y, "samples": [[1.0, 2.0]] * 3, "weights": Y},
    ),
    "metrics.coverage": lambda t: (rc.metrics.coverage, {**ENDS, "actual": Y}),
    "metrics.interval_width": lambda t: (rc.metrics.interval_width, ENDS),
    "metrics.msis": lambda t: (
        rc.metrics.msis,
        {**ENDS, "actual": Y, "scale": 1.0, "level": 95},
    ),
    "metrics.count_zeros": lambda t: (rc.metrics.count_zeros, {"actual": Y}),
    "datasets.path": lambda t: (rc.datasets.path, {"name": "airline"}),
    "datasets.mackey_glass": lambda t: (
        rc.datasets.mackey_glass,
        {"length": 20, "tau": 17, "initial": 1.2, "seed": 0, "discard": 0},
    ),
    "plot_series": lambda t: (
        rc.plot_series,
        PICTURE
        | {"values": Y, "times": None, "names": ["a"], "parts": {"test": 1}}
        | {"value_name": "v", "tz": None},
    ),
    "plot_forecast": lambda t: (
        rc.plot_forecast,
        PICTURE
        | {"tail": Y, "forecast": Y, "truth": Y, "baseline": Y, "name": "n", "tz": None}
        | {"intervals": {80: (Y, Y)}}
        | {"times_tail": [0, 1, 2], "times_forecast": [3, 4, 5]}
        | {"value_name": "v", "baseline_name": "b"},
    ),
    "plot_history": lambda t: (
        rc.plot_history,
        PICTURE | {"history": t.model.history, "metric": "rmse"},
    ),
    "plots.save_figure": lambda t: (
        rc.plots.save_figure,
        {"figure": rc.plot_series(Y), "path": "x.png", "dpi": 50},
    ),
    "plots.check_figure_path": lambda t: (rc.plots.check_figure_path, {"path": "x.png"}),
    "load": lambda t: (rc.load, {"path": t.files["model"], "network": None}),
    "check": lambda t: (rc.check, defaults(TABLE_ARGUMENTS, data=table())),
    "forecast": lambda t: (rc.forecast, defaults(FORECAST_ARGUMENTS, data=table(), h=2)),
    "forecast_total": lambda t: (
        rc.forecast_total,
        defaults(TOTAL_ARGUMENTS, data=table(), h=2, horizon=None, quantile=0.9, paths=20),
    ),
    "adjust": lambda t: (
        rc.adjust,
        {"forecast": t.model.predict(h=2), "changes": {("a", "2020-03-21"): 3.0}, "name": "LSTM"},
    ),
    "audit": lambda t: (rc.audit, {"model": t.model, "data": table(), "origin": "2020-03-01"}),
    "value_added": lambda t: (
        rc.value_added,
        {
            "adjusted": rc.adjust(t.model.predict(h=2), {("a", "2020-03-21"): 3.0}),
            "actuals": table(80, 88),
            "target_col": "y",
            "name": None,
        },
    ),
    "backtest": lambda t: (
        rc.backtest,
        defaults(
            BACKTEST_ARGUMENTS,
            model=t.model,
            data=table(0, 110),
            h=2,
            horizon=None,
            n_windows=2,
            progress="quiet",
        ),
    ),
    "diagnose": lambda t: (
        rc.diagnose,
        {
            "model": t.model,
            "data": table(0, 110),
            "h": 2,
            "origins": 3,
            "max_gap": 2,
            "horizon": None,
        },
    ),
    "Config": lambda t: (rc.Config, defaults(MODEL_OPTIONS)),
    "Config.replace": lambda t: (t.model.config.replace, fields(t.model.config)),
    "Config.from_json": lambda t: (rc.Config.from_json, {"values": t.model.config.to_json()}),
    "Forecaster": lambda t: (rc.Forecaster, defaults(MODEL_OPTIONS, network=None, horizon=None)),
    "Forecaster.load": lambda t: (
        rc.Forecaster.load,
        {"path": t.files["model"], "network": None},
    ),
    "Forecaster.fit": lambda t: (
        rc.Forecaster(**TINY).fit,
        defaults(FIT_ARGUMENTS, data=table(), progress="quiet"),
    ),
    "Forecaster.predict": lambda t: (
        t.model.predict,
        KEYS | {"data": None, "state": None, "alias": "mine", "ensemble": False},
    ),
    "Forecaster.predict_total": lambda t: (
        t.model.predict_total,
        KEYS
        | {"data": None, "state": None, "level": 80, "quantile": 0.9}
        | {"paths": 20, "seed": 0, "alias": "mine", "max_gap": 2},
    ),
    "Forecaster.sample_array": lambda t: (
        t.model.sample_array,
        KEYS | {"paths": 20, "state": None, "seed": 0},
    ),
    "aggregate": lambda t: (
        rc.aggregate,
        {"paths": np.ones((1, 40, 2)), "how": "sum", "level": 80, "quantiles": 0.9, "stock": None},
    ),
    "Forecaster.predict_array": lambda t: (t.model.predict_array, KEYS | {"state": None}),
    "Forecaster.observe": lambda t: (
        t.model.observe,
        {"rows": table(80, 88), "state": t.model.state, "max_gap": 2, "late": "error"},
    ),
    "Forecaster.anomalies": lambda t: (
        t.model.anomalies,
        {"rows": table(80, 88), "state": t.model.state, "max_gap": 2, "late": "error"}
        | {"false_alarms": 5.0},
    ),
    "Forecaster.health": lambda t: (
        t.model.health,
        {"state": t.model.observe(table(80, 88), t.model.state, watch=True)},
    ),
    "Forecaster.update": lambda t: (
        partial(update_but_for_training, t.model),
        {"data": table(0, 110), "max_gap": 2, "progress": "quiet"},
    ),
    "Forecaster.revise": lambda t: (
        t.model.revise,
        {
            "rows": table(80, 84),
            "state": t.after,
            "earlier": t.model.state,
            "history": table(0, 88),
        },
    ),
    "Forecaster.plot": lambda t: (t.model.plot, KEYS | {"data": None, "series": "a"}),
    "Forecaster.evaluate": lambda t: (t.model.evaluate, {"data": table(0, 110), "max_gap": 2}),
    "Forecaster.export_keras": lambda t: (t.model.export_keras, {"path": "x.keras"}),
    "Forecaster.save": lambda t: (t.model.save, {"path": "x.rollcast", "with_data": False}),
    "State": lambda t: (rc.State, fields(t.model.state)),
    "State.select": lambda t: (t.model.state.select, {"ids": "a"}),
    "State.drop": lambda t: (t.model.state.drop, {"ids": "a"}),
    "State.save": lambda t: (t.model.state.save, {"path": "x.state"}),
    "State.load": lambda t: (rc.State.load, {"path": t.files["state"]}),
    "History": lambda t: (rc.History, fields(t.model.history)),
    "History.from_json": lambda t: (rc.History.from_json, {"values": t.model.history.to_json()}),
    "History.plot": lambda t: (t.model.history.plot, PICTURE | {"metric": "rmse"}),
    "Scores": lambda t: (rc.Scores, fields(t.model.history.scores)),
    "Scores.from_json": lambda t: (
        rc.Scores.from_json,
        {"values": t.model.evaluate().to_json()},
    ),
    "Scores.error": lambda t: (t.model.evaluate().error, {"model": t.model.evaluate().model}),
    "Scores.with_unit": lambda t: (t.model.evaluate().with_unit, {"value": 3.0}),
    "Diagnosis": lambda t: (rc.Diagnosis, fields(t.diagnosis)),
    "Backtest.plot": lambda t: (t.backtest.plot, {"series": "a"}),
    "Diagnosis.plot": lambda t: (t.diagnosis.plot, {"metric": "rmse"}),
    "tutorial.make_windows": lambda t: (
        rc.tutorial.make_windows,
        {"values": np.sin(np.arange(60) / 5.0), "time_step": 5, "test_size": 0.2},
    ),
    **{
        f"tutorial.{name}": lambda t, name=name: (getattr(rc.tutorial, name), {"seed": 0})
        for name in ("simple_lstm", "stacked_lstm", "stateful_stacked_lstm")
    },
    "tutorial.fit": tutorial(
        "fit",
        epochs=1,
        batch_size=64,
        validation_split=0.2,
        shuffle=False,
        seed=0,
        restore_best=False,
        callbacks=(),
        progress="quiet",
    ),
    "tutorial.evaluate": tutorial("evaluate", part="test"),
    "tutorial.one_step": tutorial("one_step", part="test"),
    "tutorial.free_run": tutorial("free_run", steps=3),
    "tutorial.compare": lambda t: (
        rc.tutorial.compare,
        {"windows": t.windows, "free": {"a": t.free}, "one_step": {"a": t.free}, "period": 5},
    ),
    "tutorial.summary": lambda t: (rc.tutorial.summary, {"model": t.network}),
    "tutorial.Windows": lambda t: (rc.tutorial.Windows, fields(t.windows)),
    "tutorial.Windows.scale": lambda t: (t.windows.scale, {"values": Y}),
    "tutorial.Windows.restore": lambda t: (t.windows.restore, {"scaled": Y}),
    "layers.ESN": lambda t: (
        rc.layers.ESN,
        {"units": 4, "leak_rate": 0.5, "spectral_radius": 1.0, "input_scale": 0.2, "seed": 0},
    ),
    **{
        f"layers.{name}": lambda t, name=name: (getattr(rc.layers, name), {"units": 4})
        for name in ("LSTM", "GRU", "SimpleRNN")
    },
}
"""Every public call with arguments that it takes; a value at a time takes the place of one of them."""

SILENT = {"Forecaster.fit": ("data",), "Forecaster.evaluate": (), "tutorial.fit": ("epochs",)}
"""Arguments with other tests: tables have theirs, and a billion epochs are what was asked for."""

NOT_OURS = {
    "RollcastError": "raised, never called",
    "RollcastWarning": "raised, never called",
    "TableCheck": "made by check alone",
    "Audit": "made by audit alone",
    "ValueAdded": "made by value_added alone",
    "Backtest": "made by backtest alone",
    "TableCheck.text": "takes the words of the command line, for that alone",
    "State.find": "of many identifiers, for the package itself",
    "State.take": "by places, for the package itself",
    "State.join": "for the package itself",
    "State.moved": "for the package itself",
    "State.followed": "for the package itself",
    "State.watching": "for the package itself",
    "State.watch_from": "for the package itself",
    "State.put": "for the package itself",
    "State.read": "for the package itself",
    "State.from_sections": "for the package itself",
    "tutorial.rmse": "a loss on Keras' tensors",
    "tutorial.Evaluation": "made by evaluate alone",
    "tutorial.Row": "made by compare alone",
    "tutorial.Comparison": "made by compare alone",
    "layers.Dropout": "Keras' own arguments",
}


def public() -> Iterator[str]:
    """Every public function, class and method that takes something."""
    for name in rc.__all__:
        found = getattr(rc, name)
        members = {name: found}
        if isinstance(found, types.ModuleType):
            known = getattr(found, "__all__", None) or [
                n
                for n, f in vars(found).items()
                if inspect.isfunction(f) and f.__module__ == found.__name__
            ]
            members = {f"{name}.{n}": getattr(found, n) for n in known if not n.startswith("_")}
            members = {n: m for n, m in members.items() if n.split(".")[-1] not in rc.__all__}
        for full, member in members.items():
            yield from _calls(full, member)


def _calls(name: str, member: Any) -> Iterator[str]:
    if inspect.isclass(member):
        yield name
        if member.__module__.startswith("rollcast.networks"):  # Keras' methods
            return
        own = [kind for kind in member.__mro__ if kind.__module__.startswith("rollcast.")]
        for inner, function in (pair for kind in own for pair in vars(kind).items()):
            method = getattr(function, "__func__", function)
            takes = inspect.isfunction(method) and len(inspect.signature(method).parameters) > 1
            if takes and not inner.startswith("_"):
                yield f"{name}.{inner}"
    elif callable(member) and inspect.signature(member).parameters:
        yield name


@pytest.fixture(scope="module")
def things(tmp_path_factory) -> Iterator[Things]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("arguments"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield Things()


def attempt(function: Any, arguments: dict[str, Any]) -> str:
    """What a call says if it refuses; empty if it works."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(**arguments)
        except RollcastError as error:
            return str(error)
    return ""


def give(things: Things, name: str, values: Callable[[int], list[str]]) -> list[str]:
    """Give a call's arguments wrong values; what was neither taken nor answered in a sentence."""
    wrong: list[str] = []
    function, arguments = CALLS[name](things)
    assert attempt(function, dict(arguments)) == ""
    turn = list(CALLS).index(name)
    for i, argument in enumerate(a for a in arguments if a not in SILENT.get(name, ())):
        for value in values(turn + i):
            if name == "tutorial.fit":
                function, arguments = CALLS[name](things)
            try:
                said = attempt(function, {**arguments, argument: VALUES[value]()})
            except Exception as error:
                wrong.append(f"{argument} = {value}: {type(error).__name__}: {str(error)[:100]}")
            else:
                if said and ("\n" in said or len(said) > 500 or not said.endswith(".")):
                    wrong.append(f"{argument} = {value}: no sentence: {said[:200]}")
    return wrong


def test_every_public_call_is_tried():
    assert set(public()) - set(NOT_OURS) == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_value_is_answered_in_a_sentence(things, name):
    others = [value for value in VALUES if value not in ALWAYS]
    assert give(things, name, lambda turn: [*ALWAYS, *others[turn % 5 :: 5]]) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", CALLS)
def test_every_wrong_value_is_answered_in_a_sentence(things, name):
    assert give(things, name, lambda turn: list(VALUES)) == []


@pytest.mark.soak
@pytest.mark.parametrize("option", MODEL_OPTIONS)
def test_what_forecaster_takes_can_be_fitted_or_is_refused_by_fit(things, option):
    for value in VALUES.values():
        given = value()
        attempt(
            lambda given=given: rc.Forecaster(**TINY | {option: given}).fit(
                table(), progress="quiet"
            ),
            {},
        )


def refusal(check: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(rc.RollcastError) as caught:
        check(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2**70, "10**21 or so"),
        (-(10**5000), "-10**5000 or so"),
        (np.ones((2, 3)), "an array of shape (2, 3)"),
        (pd.DataFrame(), "a DataFrame"),
        (int, "the class int"),
        (np.float64(2.5), "2.5"),
        ("a\nb", r"'a\nb'"),
        (object(), "an object"),
        (decimal.Decimal("3.5"), "Decimal('3.5')"),
        (datetime.date(2024, 1, 31), "datetime.date(2024, 1, 31)"),
        ("x" * 99, f"'{'x' * 56}...'"),
        (np.array("mean"), "'mean'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_shows_any_value_in_a_few_words(value, words):
    assert show(value) == words
    assert len(show(["x" * 999] * 999)) < 200


def test_numpy_integers_are_whole_numbers_and_truth_values_are_none():
    assert whole("n", np.int32(5)) == 5
    assert type(whole("n", np.int32(5))) is int
    assert refusal(whole, "n", True) == "`n` must be a whole number of at least 1; got True."
    assert refusal(whole, "n", 2**40) == "`n` must be at most 2,147,483,647; got 1099511627776."


def test_an_array_is_no_word_and_a_word_of_numpy_is_one():
    assert one_of("late", np.str_("skip"), ("skip", "error")) == "skip"
    for wrong in (np.array("skip"), ["skip"], {"skip"}, pd.Series(["skip"])):
        assert "`late` must be one of 'skip', 'error'; got" in refusal(
            one_of, "late", wrong, ("skip", "error")
        )


def test_masked_and_missing_numbers_are_nan():
    assert np.isnan(floats("y", np.ma.masked_array([1.0, 2.0], [False, True]))[1])
    assert np.isnan(floats("y", pd.Series([1, None], dtype="Int64"))[1])
    assert np.isnan(floats("y", [1, None])[1])
    for wrong in (["1", "2"], [1j], [np.datetime64("2020")], "12", {}, None):
        assert refusal(floats, "y", wrong).startswith("`y` must be an array of numbers; got ")


def test_paths_columns_and_texts_are_what_they_are_called():
    assert path("path", Path("a")) == Path("a")
    assert "must be a path" in refusal(path, "path", b"a")
    assert "a name that a file can have" in refusal(path, "path", "a\0b")
    assert label("id_col", ("a", 1)) == ("a", 1)
    assert "must be one name" in refusal(label, "id_col", [])
    assert "half a character" in refusal(text, "unit", "\ud800")


def test_numbers_beyond_64_bits_are_kept_as_floats(things):
    for option in ("clip_norm", "learning_rate", "input_noise"):
        model = rc.Forecaster(**TINY, **{option: 2**70})
        assert type(getattr(model.config, option)) is float
    assert rc.Config(learning_rate=1).learning_rate == 1.0
    for wrong in (10**5000, -(10**5000)):
        said = refusal(lambda wrong=wrong: rc.Forecaster(**TINY).fit(table(), freq=wrong))
        assert "10**5000 or so" in said


def test_a_forecast_or_a_network_that_memory_can_not_hold_is_refused(things):
    assert refusal(things.model.predict, None, 10**9) == (
        "`h` must be at most 1,000,000; got 1000000000."
    )
    assert "makes a network of some" in refusal(lambda: rc.Config(hidden_size=10**6))
    assert "is more than the 80 rows of the longest series" in refusal(
        lambda: rc.Forecaster(**TINY, input_size=1000).fit(table(), progress="quiet")
    )
