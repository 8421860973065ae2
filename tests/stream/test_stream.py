"""Rows as JSON lines in, forecasts as JSON lines out: what becomes of each line."""

import json
import math
import os
import threading
import tracemalloc
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from livesamples import KINDS, SEEN, TINY, TRAINED, WHOLE, fit, model_of, new_rows, series
from rollcast.errors import ArgumentError, ArtifactError, DataError, RollcastWarning
from rollcast.evaluation.central_intervals import LEVELS
from rollcast.evaluation.own_widths import OwnWidths
from rollcast.model.live import watching
from rollcast.stream import lines as lines_module
from rollcast.stream import stream_advice
from rollcast.stream.endpoints import Place, Sink, Source
from rollcast.stream.lines import LONGEST, Line, LineReader
from rollcast.stream.row_times import RowTimes
from rollcast.stream.session import StreamPaths, run_stream
from rollcast.stream.state_table import StateTable
from rollcast.stream.stream import Stream
from rollcast.stream.stream_advice import StreamAdvice
from rollcast.stream.stream_checkpoint import StreamCheckpoint
from rollcast.stream.stream_options import StreamOptions
from rollcast.stream.timeline import Timeline
from rollcast.tables import read_arrivals, to_panel


def as_lines(frame: pd.DataFrame) -> list[str]:
    """Rows in the order of their times, series in turn."""
    ordered = frame.sort_values("ds", kind="stable")
    return [
        json.dumps({k: None if pd.isna(v) else v for k, v in row.items()})
        for row in ordered.to_dict("records")
    ]


class Told(list):
    def __call__(self, kind: str, sentence: str) -> None:
        self.append(f"{kind}: {sentence}")


class Case:
    """Streams files in a folder."""

    def __init__(self, folder, model) -> None:
        self.rows, self.out, self.kept = (folder / n for n in ("rows", "out", "kept"))
        self.fitted, self.told = model.fitted, Told()

    def run(self, rows: list[str], *, end: str = "\n", keep: bool = False, **terms):
        self.rows.write_text("\n".join(rows) + end)
        return self.again(keep=keep, **terms)

    def again(self, *, keep: bool = True, every_lines: int | None = None, **terms):
        paths = StreamPaths(source=self.rows, sink=self.out, checkpoint=self.kept if keep else None)
        outcome = run_stream(
            self.fitted, StreamOptions.of(self.fitted, **terms), paths, self.told, rows=every_lines
        )
        return outcome.counts

    @property
    def answers(self) -> list[dict]:
        return [json.loads(line) for line in self.out.read_text().splitlines()]


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path, model_of("lstm"))


# Against observe, and against any other grouping


@pytest.mark.parametrize("kind", TRAINED)
def test_each_row_is_answered_as_observe_and_predict_would(kind, tmp_path):
    model, case = model_of(kind), Case(tmp_path, model_of(kind))
    rows = as_lines(new_rows())
    counts = case.run(rows, h=7)
    assert (counts.rows, counts.forecasts, counts.bad) == (36, 36, 0)
    state = model.state
    for line, answer in zip(rows, case.answers, strict=True):
        row = json.loads(line)
        state = model.observe({k: [v] for k, v in row.items()}, state)
        frame = model.predict(h=7, state=state.select(row["unique_id"]))
        assert list(answer) == ["unique_id", "cutoff", "ds", model.name]
        assert (answer["unique_id"], answer["cutoff"]) == (row["unique_id"], row["ds"])
        assert answer["ds"] == frame["ds"].tolist()
        assert_allclose(answer[model.name], frame[model.name], rtol=1e-5)


def test_each_answer_tells_how_unusual_its_row_was_where_that_is_asked_for(tmp_path):
    model, case = model_of("pretrained"), Case(tmp_path, model_of("pretrained"))
    usual = float(model.predict(h=1, state=model.state.select("c"))["Rollcast"][0])
    given = enumerate((usual, None, 99.0))
    rows = [{"unique_id": "c", "ds": 66 + i, "y": value} for i, value in given]
    case.run(list(map(json.dumps, rows)), anomalies=5)
    judged = model.anomalies(pd.DataFrame(rows), false_alarms=5)
    told = [answer.get("anomaly") for answer in case.answers]
    assert [one and one["flagged"] for one in told] == [False, None, True]
    for one, row in zip(told, judged.to_dict("records"), strict=True):
        assert one is None or one["p_value"] == pytest.approx(row["p_value"], rel=1e-2, abs=1e-6)
    with pytest.raises(ArgumentError, match="`anomalies` must be from"):
        case.run([], anomalies=90)


def wild_rows(count: int = 30) -> list[str]:
    """Rows of all series that have nothing to do with those before."""
    random, first = np.random.default_rng(3), {name: WHOLE[name]["ds"].iloc[SEEN] for name in "abc"}
    return [
        json.dumps({"unique_id": n, "ds": int(first[n]) + i, "y": abs(10 + 9 * random.normal())})
        for i in range(count)
        for n in "abc"
    ]


def test_an_update_is_advised_once_with_the_figures_of_the_models_health(tmp_path):
    model, case = model_of("lstm"), Case(tmp_path, model_of("lstm"))
    rows = wild_rows()
    case.run(rows, advice=True, keep=True)
    told = [i for i, answer in enumerate(case.answers) if "advice" in answer]
    assert len(told) == 1
    answer, read = case.answers[told[0]], told[0] + 1
    assert read % 8 == 0
    state = model.observe(pd.DataFrame(map(json.loads, rows[:read])), watch=True)
    assert (answer["advice"], answer["reason"]) == ("update", model.health(state).reason)
    later = model.observe(pd.DataFrame(map(json.loads, rows[read:])), state)
    kept = StreamCheckpoint.load(case.kept).state
    for one, two in zip(kept.watch, later.watch, strict=True):
        assert_allclose(one, two, rtol=1e-4, atol=1e-5)
    case.run(rows, keep=False)
    assert not any("advice" in answer for answer in case.answers)


def test_advice_is_the_same_in_whatever_pieces_the_rows_come(tmp_path):
    case, rows = Case(tmp_path, model_of("lstm")), wild_rows()
    case.run(rows, advice=True, every=7)
    whole = case.out.read_bytes()
    assert whole.count(b'"advice":"update"') == 1
    case.out.unlink()
    for end in (13, 40, 41, 90):
        case.rows.write_text("\n".join(rows[:end]) + "\n")
        case.again(advice=True, every=7)
    assert case.out.read_bytes() == whole


def test_advice_is_given_again_only_after_the_errors_were_within_their_limits(monkeypatch):
    fitted = model_of("lstm").fitted
    found = iter(["update", "none", "update", "within", "update"])

    def scripted(_: object) -> SimpleNamespace:
        word = next(found)
        return SimpleNamespace(advice=word, exceeds=word != "within", reason="Why.")

    monkeypatch.setattr(stream_advice, "compare_newest", scripted)
    table = StateTable(fitted.model, watching(fitted, fitted.state), 1)
    advice = StreamAdvice(fitted)
    told: list[bytes] = []
    for _ in range(5):
        advice.look(table)
        told.append(advice.tell(b'{"y":1}\n'))
    plain, more = b'{"y":1}\n', b'{"y":1,"advice":"update","reason":"Why."}\n'
    assert told == [more, plain, plain, plain, more]


def with_own_width(model, name):
    """The same model, with intervals of one series that are half as wide again as scores of all make them."""
    own = OwnWidths((name,), np.full((1, len(LEVELS)), 1.5))
    known = model.fitted.intervals
    made = rc.Forecaster()
    intervals = known._replace(calibration=replace(known.calibration, own=own))
    made._fitted = replace(model.fitted, intervals=intervals)
    return made


@pytest.mark.parametrize("kind", ["lstm", "pretrained"])
def test_intervals_and_how_they_adapt_are_those_of_observe_and_predict(kind, tmp_path):
    model = with_own_width(model_of(kind), "b")
    case, level = Case(tmp_path, model), [20, 40]  # which few residuals support
    newcomer = series("d", 40)
    rows = as_lines(pd.concat([new_rows(), newcomer]))
    case.run(rows, h=2, level=level, adapt=True, keep=True)
    answers = [a for a in case.answers if a["unique_id"] in "abc"]
    state = model.state
    for line, answer in zip((r for r in rows if '"d"' not in r), answers, strict=True):
        row = json.loads(line)
        state = model.observe({k: [v] for k, v in row.items()}, state, adapt=level)
        frame = model.predict(h=2, state=state.select(row["unique_id"]), level=level)
        assert list(answer) == ["unique_id", "cutoff", *frame.columns[1:]]
        for name in frame.columns[2:]:
            assert_allclose(answer[name], frame[name], rtol=1e-5)
    kept = StreamCheckpoint.load(case.kept).state
    assert kept.adaptation is not None
    assert kept.adaptation.factors.shape == (4, 2)
    assert_allclose(kept.adaptation.factors[:3], state.adaptation.factors, rtol=1e-5)
    assert (state.adaptation.factors != 1).all()


def test_a_stream_that_goes_on_keeps_what_its_intervals_have_learned(tmp_path):
    case = Case(tmp_path, model_of("pretrained"))
    rows = as_lines(new_rows())
    case.run(rows, h=2, level=80, adapt=True)
    whole = case.out.read_bytes()
    case.out.unlink()
    case.run(rows[:20], h=2, level=80, adapt=True, keep=True)
    case.rows.write_text("\n".join(rows) + "\n")
    case.again(h=2, level=80, adapt=True)
    assert case.out.read_bytes() == whole
    with pytest.raises(ArgumentError, match="`adapt` is for intervals"):
        StreamOptions.of(case.fitted, adapt=True)


@pytest.mark.parametrize("kind", TRAINED)
def test_the_bytes_do_not_depend_on_the_pieces_that_lines_come_in(kind, tmp_path, monkeypatch):
    case = Case(tmp_path, model_of(kind))
    late = [series("d", 40), series("e", 30)]
    rows = as_lines(pd.concat([new_rows(), *late]))
    rows[7:7] = ["", "no JSON", rows[2]]
    rows += rows[-5:]
    made = set()
    for chunk in (1 << 16, 1, 61, 500, 3000):
        monkeypatch.setattr(lines_module, "CHUNK", chunk)
        counts = case.run(rows)
        made.add(case.out.read_bytes())
        assert (counts.bad, counts.late) == (1, 6)
    assert len(made) == 1


@pytest.mark.parametrize("kind", ["lstm", "pretrained"])
def test_rows_that_stand_by_series_are_answered_like_those_in_turn(kind, tmp_path):
    case = Case(tmp_path, model_of(kind))
    case.run(as_lines(new_rows()))
    in_turn = sorted(case.out.read_text().splitlines())
    case.run([line for name in "cab" for line in as_lines(new_rows(name))])
    assert sorted(case.out.read_text().splitlines()) == in_turn
    assert [a["unique_id"] for a in case.answers] == ["c"] * 12 + ["a"] * 12 + ["b"] * 12


def test_hundreds_of_series_are_read_in_many_calls_of_one_size(tmp_path, monkeypatch):
    names = [f"s{i}" for i in range(150)]
    frames = [
        series("a", 24).assign(unique_id=n, y=lambda f, i=i: f["y"] + i)
        for i, n in enumerate(names)
    ]
    table = pd.concat([f.iloc[:20] for f in frames])
    new = as_lines(pd.concat([f.iloc[20:] for f in frames]))
    model = rc.Forecaster(**{**TINY, "log": False, "anchor": "last", "input_size": 4})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(table, val_size=4, test_size=4, progress="quiet")
    case = Case(tmp_path, model)
    case.run(new)
    whole = case.out.read_bytes()
    assert len(case.answers) == 600
    monkeypatch.setattr(lines_module, "CHUNK", 50)
    case.run(new)
    assert case.out.read_bytes() == whole


# What becomes of a line


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("oops", "it is no JSON"),
        ("[1]", "it is no JSON object"),
        ('{"unique_id":"a","ds":60', "it is no JSON"),
        ('{"unique_id":"a","ds":60}', "it has no 'y'"),
        ('{"unique_id":"a","y":1}', "it has no 'ds'"),
        ('{"ds":60,"y":1}', "it has no 'unique_id'"),
        (
            '{"unique_id":1,"ds":60,"y":1}',
            "its 'unique_id' must be text such as 'a', as in the model; got 1",
        ),
        ('{"unique_id":null,"ds":60,"y":1}', "must be text"),
        (
            '{"unique_id":"a\\ud83d","ds":60,"y":1}',
            "its 'unique_id' is text which holds half a character",
        ),
        ('{"unique_id":"a","ds":"60","y":1}', "the time '60' is no whole number"),
        ('{"unique_id":"a","ds":60.5,"y":1}', "the time 60.5 is no whole number"),
        ('{"unique_id":"a","ds":true,"y":1}', "the time True is no whole number"),
        ('{"unique_id":"a","ds":99999999999999999999,"y":1}', "is no whole number"),
        ('{"unique_id":"a","ds":60,"y":"1"}', "'y' must be a number or null; got text"),
        ('{"unique_id":"a","ds":60,"y":true}', "must be a number or null; got true or false"),
        ('{"unique_id":"a","ds":60,"y":Infinity}', "infinite or too large"),
        ('{"unique_id":"a","ds":60,"y":1e99}', "the network can't read at the scale"),
        (
            '{"unique_id":"a","ds":64,"y":1}',
            "4 rows of series 'a' are missing before it: 60 is due",
        ),
        ('{"unique_id":"z","ds":60,"y":null}', "'z' must begin with a row whose value counts"),
        (
            f'{{"unique_id":"{"a" * LONGEST}"}}',
            "it has more than 1,048,576 bytes; pass a larger max_line_bytes=.",
        ),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_skipped(case, line, sentence):
    rows = as_lines(new_rows("a"))
    case.run(rows)
    good = case.out.read_bytes()
    case.told.clear()
    counts = case.run([line, *rows])
    assert case.out.read_bytes() == good
    assert (counts.rows, counts.bad, counts.late) == (12, 1, 0)
    assert len(case.told) == 1
    assert case.told[0].startswith("warning: Line 1 was skipped: ")
    assert sentence in case.told[0]


LONG = "x" * 5000


@pytest.mark.parametrize(
    "row",
    [
        {"unique_id": LONG, "ds": 60, "y": None},
        {"unique_id": LONG, "ds": 60, "y": 1},
        {"unique_id": [LONG], "ds": 60, "y": 1},
        {"unique_id": LONG + "\ud83d", "ds": 60, "y": 1},
        {"unique_id": "a", "ds": LONG, "y": 1},
        {"unique_id": "a", "ds": [LONG], "y": 1},
        {"unique_id": "a", "ds": 60, "y": LONG},
        {"unique_id": "a", "ds": 60, LONG: 1},
        [LONG],
    ],
    ids=range(9),
)
def test_what_is_told_of_a_line_is_short_however_long_that_is(case, row):
    case.run([json.dumps(row)])
    assert len(case.told) == 1
    assert len(case.told[0]) < 250


def test_a_caller_says_how_long_a_line_may_be(case):
    line = json.dumps({"unique_id": "a", "ds": 60, "y": 1.0, "more": "x" * 100})
    counts = case.run([line], max_line_bytes=len(line) + 1)
    assert (counts.rows, counts.bad) == (1, 0)
    counts = case.run([line], max_line_bytes=len(line))
    assert (counts.rows, counts.bad) == (0, 1)
    most = f"{len(line):,}"
    assert case.told == [
        f"warning: Line 1 was skipped: it has more than {most} bytes; pass a larger max_line_bytes=."
    ]
    large = json.dumps({"unique_id": "a", "ds": 60, "y": 1.0, "more": "x" * 2 * LONGEST})
    assert case.run([large], max_line_bytes=3 * LONGEST).rows == 1
    with pytest.raises(ArgumentError, match="`max_line_bytes` must be"):
        case.run([line], max_line_bytes=0)


def test_a_line_without_end_takes_no_memory(tmp_path):
    path = tmp_path / "endless"
    path.touch()
    os.truncate(path, 100 * LONGEST)  # zeros
    with path.open("rb") as file:
        lines = LineReader(file.fileno())
        tracemalloc.start()
        found = lines.take()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert found == [Line(b"", 100 * LONGEST, ended=False, too_long=True)]
    assert peak < 4 * LONGEST


def test_an_input_that_can_not_be_read_is_refused_by_its_name(tmp_path, monkeypatch):
    with pytest.raises(ArtifactError, match="is a folder; name a file in it"):
        Source(tmp_path)
    with pytest.raises(ArtifactError, match="none' can't be read: No such file"):
        Source(tmp_path / "none")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ArtifactError, match="stdin is closed; give it rows"):
        Source(None)


def test_missing_rows_and_values_are_read_as_observe_reads_them(tmp_path):
    for fill in ("anchor", "ffill", "zero"):
        model = fit(given={"fill": fill}, **KINDS["lstm"])
        case = Case(tmp_path, model)
        rows = new_rows("ab").iloc[[0, 1, 4, 5, 12, 14]]
        case.run(as_lines(rows))
        state = model.observe(rows)
        for answer in case.answers[-2:]:
            made = model.predict_array(state=state.select(answer["unique_id"]))[0]
            assert_allclose(answer["LSTM"], made, rtol=1e-5)


def test_a_model_that_wants_every_value_gets_no_missing_ones(tmp_path):
    model = fit(series("c", SEEN), given={"fill": "error"}, anchor="last")
    case = Case(tmp_path, model)
    rows = as_lines(WHOLE["c"].iloc[SEEN:])
    missing = json.dumps(json.loads(rows[0]) | {"y": None})
    counts = case.run([missing, rows[2], *rows])
    assert (counts.bad, counts.rows) == (2, 12)
    assert 'fitted with fill="error"' in case.told[0]
    assert "2 rows of series 'c' are missing before it" in case.told[1]


def test_late_rows_are_counted_or_end_the_stream(case):
    rows = as_lines(new_rows("a"))
    assert case.run([*rows[:3], rows[1], *rows[3:]]).late == 1
    assert len(case.answers) == 12
    with pytest.raises(DataError, match=r"Line 4 ended the stream: .* 'a' is late, 63 is due next"):
        case.run([*rows[:3], rows[1], *rows[3:]], late="error", keep=True)
    assert len(case.answers) == 3
    assert StreamCheckpoint.load(case.kept).lines == 3


def test_every_third_row_of_a_series_is_answered_and_all_are_read(case):
    rows = as_lines(new_rows("ab"))
    case.run(rows)
    whole = case.out.read_text().splitlines()
    counts = case.run(rows, every=3)
    assert (counts.rows, counts.forecasts) == (24, 8)
    assert set(case.out.read_text().splitlines()) <= set(whole)
    assert [a["cutoff"] for a in case.answers if a["unique_id"] == "a"] == [62, 65, 68, 71]


def test_nan_is_missing_and_other_keys_are_nothing_to_us(case):
    row = json.loads(as_lines(new_rows("c"))[0])
    case.run([json.dumps(row | {"y": None})])
    null = case.out.read_bytes()
    case.run([json.dumps(row | {"y": math.nan, "note": "sensor off"})])
    assert case.out.read_bytes() == null


# New series


def test_a_new_series_is_held_until_the_model_can_read_it(case):
    model, frame = model_of("lstm"), series("d", 12)
    least = model.fitted.model.least_rows
    assert least == 5
    counts = case.run(as_lines(frame))
    assert (counts.rows, counts.forecasts) == (12, 12 - least + 1)
    assert case.told == [
        "note: Line 1: series 'd' is new; it is forecast from its row 5 on.",
        "note: Line 5: series 'd' has enough rows and is forecast from here on.",
    ]
    state = model.observe(frame.iloc[:least])
    first = model.predict_array(state=state.select("d"))[0]
    assert_allclose(case.answers[0]["LSTM"], first, rtol=1e-5)
    state = model.observe(frame.iloc[least:], state)
    assert_allclose(
        case.answers[-1]["LSTM"], model.predict_array(state=state.select("d"))[0], rtol=1e-5
    )


def test_held_rows_are_part_of_the_checkpoint(case):
    rows = as_lines(pd.concat([new_rows("a"), series("d", 12)]))
    case.run(rows)
    whole = case.out.read_bytes()
    for count in range(2, len(rows), 4):
        case.run(rows[:count], keep=True)
        case.rows.write_text("\n".join(rows) + "\n")
        case.again()
        assert case.out.read_bytes() == whole
        case.kept.unlink()


# Models of other tables


def test_a_model_of_an_array_counts_rows(tmp_path):
    model = rc.Forecaster(**{**TINY, "log": False})
    model.fit(WHOLE["c"]["y"].to_numpy()[:SEEN], progress="quiet", val_size=8, test_size=8)
    case = Case(tmp_path, model)
    case.run(['{"y": 1.0}', '{"y": null}', '{"ds": 63, "y": 2.0}', '{"ds": 62, "y": 2.0}'])
    assert [a["cutoff"] for a in case.answers] == [60, 61, 63]
    assert list(case.answers[0]) == ["cutoff", "ds", "LSTM"]
    assert case.answers[-1]["ds"] == [64, 65, 66]
    state = model.observe([1.0, np.nan, np.nan, 2.0])
    assert_allclose(case.answers[-1]["LSTM"], model.predict_array(state=state)[0], rtol=1e-5)


def test_names_and_times_are_those_of_the_models_table(tmp_path):
    times = pd.date_range("2024-03-30 20:00", periods=50, freq="h", tz="Europe/Berlin")
    values = np.sin(np.arange(50))
    table = pd.DataFrame({"at €": times, "place": 7, "MW": values})
    given = {"id_col": "place", "time_col": "at €", "target_col": "MW"}
    case = Case(tmp_path, fit(table.iloc[:30], given=given))
    rows = [
        json.dumps({"place": 7, "at €": at, "MW": y})
        for at, y in zip(
            ["2024-04-01T03:00:00+02:00", "2024-04-01 02:00Z", "2024-04-01T05:00+02"],
            values[30:],
            strict=False,
        )
    ]
    case.run(rows, h=2)
    assert case.answers[0]["at €"] == ["2024-04-01T04:00:00+02:00", "2024-04-01T05:00:00+02:00"]
    assert [a["cutoff"][11:] for a in case.answers] == [f"0{i}:00:00+02:00" for i in (3, 4, 5)]
    assert case.answers[0]["place"] == 7
    case.run([rows[0].replace("+02:00", "")])
    assert "has no zone, and the model was fitted on times with one, Europe/Berlin" in case.told[0]


def test_a_row_with_the_parts_of_its_time_is_refused_with_the_one_key_to_write(tmp_path):
    hours = pd.date_range("2024-01-01", periods=48, freq="h")
    values = np.sin(np.arange(48))
    table = pd.DataFrame({"Date": hours.strftime("%Y-%m-%d"), "Hour": hours.hour, "y": values})
    case = Case(tmp_path, fit(table))
    case.run(
        ['{"Date": "2024-01-03", "Hour": 0, "y": 1.0}', '{"Date": "2024-01-03 00:00", "y": 1}']
    )
    assert (
        "Line 1 was skipped: it has the time in 'Date' and 'Hour'; write all of it in 'Date'"
        in (case.told[0])
    )
    assert [answer["cutoff"] for answer in case.answers] == ["2024-01-03T00:00:00"]


@pytest.mark.parametrize(
    ("column", "tz", "texts"),
    [
        (
            pd.date_range("2024-01-01", periods=40).astype(str),
            None,
            ["2024-02-10", "2024-02-11T00:00"],
        ),
        (
            pd.date_range("2024-01-01", periods=40, freq="MS").strftime("%Y-%m"),
            None,
            ["2027-05", "2027-06-01"],
        ),
        (
            pd.date_range("2024-10-25 12:00", periods=40, freq="h", tz="Europe/Berlin")
            .tz_localize(None)
            .astype(str)[:38],
            "Europe/Berlin",
            ["2024-10-27 02:00", "2024-10-27 03:00:00", "2024-10-27T01:00Z"],
        ),
        (
            pd.date_range("2024-01-01", periods=40, freq="s").astype(str),
            None,
            ["2024-01-01 00:00:40.000", "2024-01-01 00:00:41.0000000", "1 Feb 2024 00:00"],
        ),
        (pd.period_range("2024Q1", periods=40, freq="Q").astype(str), None, ["2034Q1", "2034-04"]),
        (np.array([20240101 + i for i in range(31)]), None, [20240201, 20240202]),
    ],
)
def test_a_time_means_what_it_means_in_a_table(column, tz, texts):
    table = pd.DataFrame({"ds": column, "y": np.arange(len(column), dtype=float)})
    panel, schema, _ = to_panel(table, tz=tz)
    moments = RowTimes(schema, panel.frequency)
    for text in texts:
        alone = read_arrivals({"ds": [text], "y": [1.0]}, schema, panel.frequency)
        second = alone.times if alone.second is None else alone.second
        assert moments.parse(text) == (alone.times[0], second[0])


def test_an_hour_that_the_clock_shows_twice_comes_twice(tmp_path):
    times = pd.date_range("2024-10-25 12:00", periods=40, freq="h", tz="Europe/Berlin")
    table = pd.DataFrame({"ds": times.tz_localize(None).astype(str), "y": np.sin(np.arange(40.0))})
    case = Case(tmp_path, fit(table.iloc[:38], given={"tz": "Europe/Berlin"}))
    rows = [{"ds": f"2024-10-27 {t}", "y": 0.5} for t in ("02:00", "02:00", "03:00", "02:00")]
    counts = case.run([json.dumps(row) for row in rows])
    assert [a["cutoff"] for a in case.answers] == [f"2024-10-27T0{i}:00:00" for i in (2, 2, 3)]
    assert counts.late == 1


@pytest.mark.parametrize("freq", ["h", "MS", "B", "30min", "5YS"])
def test_times_are_those_of_the_frequency(freq):
    times = pd.date_range("2001-01-01 06:00", periods=30, freq=freq)
    fitted = fit(pd.DataFrame({"ds": times, "y": np.sin(np.arange(30.0))})).fitted
    timeline, start = Timeline(fitted.frequency, fitted.schema), int(fitted.state.starts[0])
    grid = timeline.grid(start)
    assert json.loads(f"[{timeline.text(grid, 0, 30)}]") == [t.isoformat() for t in times]
    assert [timeline.instant(grid, i) for i in range(30)] == times.as_unit("ns").asi8.tolist()
    assert timeline.locate(start, timeline.instant(grid, 29)) == (29, True)
    if freq == "5YS":
        with pytest.raises(DataError, match="1678 to 2261"):
            timeline.text(grid, 50, 5)


def test_a_model_that_takes_logarithms_refuses_what_has_none(tmp_path):
    case = Case(tmp_path, model_of("log"))
    row = json.loads(as_lines(new_rows("c"))[0]) | {"y": -1}
    assert case.run([json.dumps(row)]).bad == 1
    assert (
        "must be > 0, for the model takes the logarithm of its series; got -1: correct"
        in case.told[0]
    )


# Files and checkpoints


def test_a_stream_goes_on_where_its_checkpoint_stands(case):
    rows = as_lines(new_rows())
    whole_counts = case.run(rows)
    whole = case.out.read_bytes()
    case.run(rows[:20], keep=True)
    with case.out.open("ab") as file:
        file.write(b'{"half a li')
    case.rows.write_text("\n".join(rows) + "\n")
    assert case.again() == whole_counts
    assert case.out.read_bytes() == whole
    assert case.again() == whole_counts


def test_a_last_line_without_an_end_is_read_where_it_is_whole(case):
    rows = as_lines(new_rows("a"))
    case.run(rows)
    whole = case.out.read_bytes()
    assert case.run([*rows[:6], rows[6][:-4]], end="", keep=True).bad == 0
    assert case.told == ["warning: Line 7, the last, was left: it is cut off."]
    case.rows.write_text("\n".join(rows[:9]))
    assert case.again().rows == 9
    case.rows.write_text("\n".join(rows) + "\n")
    counts = case.again()
    assert (counts.rows, counts.bad, counts.late) == (12, 0, 0)
    assert case.out.read_bytes() == whole


def test_a_checkpoint_of_another_model_or_file_is_refused(case, tmp_path):
    rows = as_lines(new_rows("a"))
    case.run(rows, keep=True)
    fitted, text = case.fitted, case.rows.read_text()
    case.fitted = model_of("window level").fitted
    with pytest.raises(ArtifactError, match="belongs to another model"):
        case.again()
    case.fitted = fitted
    case.rows.write_text(text[:-40])
    with pytest.raises(ArtifactError, match=r"The input .* has .* bytes, and the checkpoint"):
        case.again()
    case.rows.write_text(text.replace("60", "61"))
    with pytest.raises(ArtifactError, match=r"The input .* is not the one"):
        case.again()
    case.rows.write_text(text)
    case.out.write_bytes(case.out.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"The output .* bytes, and the checkpoint"):
        case.again()
    case.out.unlink()
    with pytest.raises(ArtifactError, match=r"The output .* can't be read"):
        case.again()
    case.kept.write_bytes(case.kept.read_bytes()[:-50])
    with pytest.raises(ArtifactError, match="truncated or damaged"):
        case.again()


@pytest.mark.skipif(os.name == "nt", reason="a pipe with a name")
def test_a_checkpoint_of_a_pipe_recognises_what_is_sent_again(case, tmp_path):
    rows = as_lines(pd.concat([new_rows("ab"), series("d", 12)]))
    case.run(rows)
    whole = case.out.read_bytes()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    paths = StreamPaths(source=fifo, sink=case.out, checkpoint=case.kept)

    def send(*sent: str):
        text = "".join(f"{line}\n" for line in sent)
        threading.Thread(target=fifo.write_text, args=[text], daemon=True).start()
        return run_stream(case.fitted, StreamOptions.of(case.fitted), paths, case.told).counts

    assert send(*rows[:15]).rows == 15
    counts = send(*rows)
    assert (counts.rows, counts.repeated, counts.late) == (len(rows), 15, 0)
    assert case.out.read_bytes() == whole


def test_checkpoints_hold_all_of_a_stream(case, tmp_path):
    case.run(as_lines(pd.concat([new_rows("ab"), series("d", 3)])), keep=True)
    found = StreamCheckpoint.load(case.kept)
    stream = Stream(case.fitted, StreamOptions.of(case.fitted), case.told, state=found.state)
    assert stream.table.state() == found.state
    assert list(found.newcomers) == ["d"]
    assert found.newcomers["d"].values == series("d", 3)["y"].tolist()
    assert found.source.offset == case.rows.stat().st_size
    assert found.sink.offset == case.out.stat().st_size
    found.save(tmp_path / "same")
    assert (tmp_path / "same").read_bytes() == case.kept.read_bytes()


def test_terms_are_checked(case):
    for wrong in ({"h": 0}, {"every": 0}, {"max_gap": -1}, {"late": "maybe"}):
        with pytest.raises(ArgumentError, match=f"`{next(iter(wrong))}` must be"):
            StreamOptions.of(case.fitted, **wrong)


# Ends


def test_lines_of_any_length_come_whole_and_in_order(tmp_path, monkeypatch):
    data = b"one\n\ntwo\r\n0123456789abc\n0123456789\n012345678\nend"
    path = tmp_path / "lines"
    path.write_bytes(data)
    for chunk in (1, 2, 5, 13, 1000):
        monkeypatch.setattr(lines_module, "CHUNK", chunk)
        with path.open("rb") as file:
            lines, found = LineReader(file.fileno(), 10), []
            while (taken := lines.take()) is not None:
                found += taken
        assert [line.text for line in found] == [
            b"one", b"", b"two\r", b"", b"", b"012345678", b"end",
        ]  # fmt: skip
        assert [line.too_long for line in found] == [False] * 3 + [True] * 2 + [False] * 2
        assert sum(line.length for line in found) == len(data)
        assert [line.ended for line in found] == [True] * 6 + [False]


def test_places_know_their_files_again(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 2000)
    source = Source(path, Place(5, ""))
    here = source.place
    path.rename(tmp_path / "rotated")
    path.write_bytes(b"of tomorrow")
    assert source.place == here
    source.close()
    (tmp_path / "rotated").replace(path)
    here.check(path, "The input", "kept")
    assert here.offset == 5
    for offset in (0, 5, 4096, 10_000, 20_000):
        with path.open("rb") as file:
            place = Place.at(file, offset)
        place.check(path, "The input", "kept")
    path.write_bytes(b"0123456789" * 1999 + b"x123456789")
    with pytest.raises(ArtifactError, match="is not the one"):
        place.check(path, "The input", "kept")


def test_a_sink_that_is_no_file_has_no_place():
    sink = Sink(path=Path(os.devnull))
    sink.write([b"line\n"])
    assert sink.settle() is None
    sink.close()


@pytest.mark.bits
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_golden_checkpoint_of_a_stream_opens_and_goes_on_with_the_same_answers(version):
    golden = Path(__file__).parents[1] / "golden"
    expected = json.loads((golden / "v1-gru-shops.json").read_text(encoding="utf-8"))["stream"]
    fitted = rc.load(golden / "v1-gru-shops.rollcast").fitted
    found = StreamCheckpoint.load(golden / f"{version}-stream.checkpoint")
    assert (found.counts.rows, found.lines, list(found.newcomers)) == (5, 5, ["east"])
    stream = Stream(
        fitted,
        StreamOptions.of(fitted, h=2),
        lambda kind, sentence: None,
        state=found.state,
        newcomers=found.newcomers,
        turns=found.turns,
        counts=found.counts,
    )
    text = json.dumps(expected["next"]).encode()
    (answer,), _ = stream.take([Line(text, len(text) + 1)], 6)
    mine, theirs = json.loads(answer), json.loads(expected["next answer"])
    assert mine["day"] == theirs["day"]
    np.testing.assert_allclose(mine["GRU"], theirs["GRU"], rtol=1e-4)
