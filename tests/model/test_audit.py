"""Nothing before an origin moves when what comes after it does, whatever is fitted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rollcast as rc
from livesamples import KINDS, TABLE, TINY, fit, new_rows
from rollcast.cli.app import run_command
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, NotFittedError, TooShortError
from rollcast.evaluation.leak_audit import Audit
from rollcast.fitting import pretrained_fit, trials
from rollcast.fitting.problem import Problem
from rollcast.forecasting.path_basis import PathBasis
from rollcast.model.audited_distributions import PATHS
from rollcast.preprocessing.scaling import Scaler
from rollcast.training import fine_tuning
from samples import small_network

slow = pytest.mark.slow
DISTRIBUTIONS = {"what paths are drawn by", "sample paths", "intervals that adapt"}
SIZES: dict[str, Any] = {"val_size": 8, "test_size": 8}
POSITIVE = TABLE.assign(y=TABLE.y.where(TABLE.unique_id != "b", TABLE.y - 25))


def config_of(kind: str, **options: Any) -> rc.Config:
    shaped = {"h": TINY["h"]} if kind == "pretrained" else TINY
    return rc.Forecaster(**{"log": False} | shaped | KINDS[kind] | options).config


@pytest.mark.parametrize(
    "kind", ["esn", *(pytest.param(kind, marks=slow) for kind in KINDS if kind != "esn")]
)
def test_no_fit_knows_its_test_part(kind: str):
    found = rc.audit(config_of(kind), TABLE, **SIZES)
    assert found.passed, found.first_difference
    assert (found.rows, found.series) == (24, 3)
    names = {check.name for check in found.checks}
    assert {"weights", "scaling", "calibration", "forecasts", *DISTRIBUTIONS} <= names
    drawn = [check.values for check in found.checks if check.name == "sample paths"]
    assert set(drawn) == {3 * PATHS * TINY["h"]}


@slow
@pytest.mark.parametrize("given", [{"fill": "linear"}, {"fill": "ffill"}, {"weights": "price"}])
def test_neither_does_one_that_fills_gaps_or_weighs_rows(given: dict[str, str]):
    data = TABLE.assign(price=np.arange(len(TABLE)) % 7 + 1.0)
    data.loc[[44, 45, 51, 52, 104], "y"] = np.nan
    found = rc.audit(
        config_of("esn"), data.drop(columns=[] if "weights" in given else "price"), **given, **SIZES
    )
    assert found.passed, found.first_difference
    assert ("other weights, before fit" in {c.change for c in found.checks}) == ("weights" in given)


@slow
@pytest.mark.parametrize(
    "options", [{"log": "auto", "anchor": "auto"}, {"log": "auto", "bounds": None}]
)
def test_neither_does_one_that_leaves_the_choice_to_validation(options: dict[str, Any]):
    found = rc.audit(config_of("esn", **options), POSITIVE, **SIZES)
    assert found.passed, found.first_difference
    assert found.notes == ()


def test_neither_does_one_of_counts():
    counts = TABLE.assign(y=TABLE.y.round())
    found = rc.audit(config_of("esn", likelihood="negative_binomial"), counts, **SIZES)
    assert found.passed, found.first_difference
    assert {"dispersion", *DISTRIBUTIONS} <= {check.name for check in found.checks}


@slow
def test_neither_does_a_network_of_your_own():
    network = small_network(trained=False)
    model = rc.Forecaster(network=(network.body, network.head), h=3, max_epochs=1, log=False)
    found = rc.audit(model, TABLE, **SIZES)
    assert found.passed, found.first_difference
    assert not model.is_fitted


@slow
@pytest.mark.parametrize("search", ["auto", "full"])
def test_neither_does_fine_tuning_nor_the_search_beside_it(monkeypatch: Any, search: str):
    monkeypatch.setattr(fine_tuning, "UPDATES", (4, 4))
    monkeypatch.setattr(pretrained_fit, "TOLD_EVERY", 2)
    monkeypatch.setattr(pretrained_fit, "choose_start", lambda found: (2, "so it was told"))
    options = {"search": search, "max_epochs": 1, "hidden_size": 4} if search == "full" else {}
    model = rc.Forecaster(h=3, season_length=5, log=False)
    config = model.config if search == "auto" else replace(model.config, **options)
    found = rc.audit(config, TABLE, **SIZES)
    assert found.passed, found.first_difference
    assert max(c.values for c in found.checks if c.name == "losses") > 0


def test_a_scaling_that_has_seen_a_row_too_many_is_found(monkeypatch: Any):
    head = Panel.head

    def longer(self: Panel, lengths: Any) -> Panel:
        return head(self, np.minimum(lengths + SIZES["val_size"] + 1, self.lengths))

    monkeypatch.setattr(Panel, "head", longer)
    found = rc.audit(config_of("esn"), TABLE, **SIZES)
    assert not found.passed
    failed = {check.name for check in found.checks if not check.passed}
    assert {"scaling", "weights", "forecasts", *DISTRIBUTIONS} <= failed
    assert "baselines' forecasts" not in failed
    assert "before fit" in str(found.first_difference)


def test_residuals_of_paths_that_reach_into_the_test_part_are_found(monkeypatch: Any):
    basis = trials.residual_basis

    def further(problem: Problem, *others: Any) -> PathBasis:
        split = replace(problem.split, val_ends=problem.split.test_ends)
        return basis(replace(problem, split=split), *others)

    monkeypatch.setattr(trials, "residual_basis", further)
    found = rc.audit(config_of("esn"), TABLE, **SIZES)
    failed = {check.name for check in found.checks if not check.passed}
    assert failed == {"what paths are drawn by", "sample paths"}


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit(**KINDS["esn"])


@pytest.mark.parametrize("origin", [None, 70])
def test_a_fitted_model_forecasts_up_to_the_origin_without_what_follows(
    model: rc.Forecaster, origin: Any
):
    again = new_rows().assign(unique_id=lambda f: f.unique_id + "2")
    for data in (TABLE, new_rows(), again):
        if origin and data is TABLE:
            continue
        found = rc.audit(model, data, origin)
        assert found.passed, found.first_difference
        assert found.rows > 0
    assert rc.audit(model).passed


def look_ahead(monkeypatch: Any) -> None:
    """Let networks read each row's successor."""
    scale_rows = Scaler.scale_rows

    def shifted(self: Scaler, panel: Panel, series: Any) -> Any:
        return np.roll(scale_rows(self, panel, series), -1)

    monkeypatch.setattr(Scaler, "scale_rows", shifted)


def test_a_model_that_reads_ahead_is_found_and_the_exit_code_says_so(
    model: rc.Forecaster, tmp_path: Path, monkeypatch: Any, capsys: Any
):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    model.save(tmp_path / "m.rollcast")
    command = ["audit", str(tmp_path / "m.rollcast"), str(tmp_path / "t.csv"), "--json"]
    assert run_command(command) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True
    look_ahead(monkeypatch)
    assert run_command(command) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert "forecasts (large values and other signs): " in told["first_difference"]
    failed = {check["name"] for check in told["checks"] if not check["passed"]}
    assert failed == {"forecasts", "intervals that adapt"}
    assert run_command(command[:-1]) == 1
    assert "Something before the origin knows what comes after it" in capsys.readouterr().out


@slow
def test_quantiles_of_the_pretrained_network_are_compared_too():
    zero_shot = fit(TABLE[TABLE.unique_id == "a"], **KINDS["pretrained"])
    found = rc.audit(zero_shot)
    assert found.passed, found.first_difference
    assert "quantiles" in {check.name for check in found.checks}


def test_the_command_fits_a_table_by_the_options_of_fit(tmp_path: Path, capsys: Any):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    command = ["audit", str(tmp_path / "t.csv"), "--cell", "esn", "--hidden-size", "20"]
    sizes = ["--h", "3", "--anchor", "last", "--log", "no", "--val-size", "8", "--test-size", "8"]
    assert run_command([*command, *sizes]) == 0
    shown = capsys.readouterr().out
    assert "are the same to the last bit." in shown
    assert "large values and other signs, before fit  weights" in shown


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: rc.audit(5, TABLE),
            ArgumentError,
            "`model` must be a Forecaster or a Config; got 5.",
        ),  # pyright: ignore[reportArgumentType]
        (lambda: rc.audit(config_of("esn")), ArgumentError, "`data` must be a table"),
        (
            lambda: rc.audit(config_of("esn"), TABLE, 20, **SIZES),
            ArgumentError,
            "must not lie before",
        ),
        (
            lambda: rc.audit(config_of("esn"), TABLE, "May", **SIZES),
            ArgumentError,
            "`origin` must be a whole number such as 5, the last that stays as it is; got 'May'.",
        ),
        (
            lambda: rc.audit(config_of("esn"), TABLE, [3], **SIZES),
            ArgumentError,
            "`origin` must be a whole number such as 5, the last that stays as it is; got [3].",
        ),
        (
            lambda: rc.audit(config_of("esn"), TABLE, 1000, **SIZES),
            TooShortError,
            "No series has rows on both sides of `origin`",
        ),
    ],
)
def test_what_can_not_be_audited_is_refused_in_a_sentence_before_any_fit(
    monkeypatch: pytest.MonkeyPatch, call: Any, kind: Any, message: str
):
    monkeypatch.setattr("rollcast.model.audit.run_spec", None)
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)


def test_a_fitted_model_needs_rows_on_both_sides_and_no_options(
    model: rc.Forecaster, tmp_path: Path
):
    with pytest.raises(ArgumentError, match="`fill` is for a configuration"):
        rc.audit(model, TABLE, fill="linear")
    with pytest.raises(TooShortError, match="No series has rows on both sides of `origin`"):
        rc.audit(model, TABLE, 1000)
    model.save(tmp_path / "m.rollcast")
    with pytest.raises(NotFittedError, match="holds no rows of the data it was fitted on"):
        rc.audit(rc.load(tmp_path / "m.rollcast"))


def test_it_is_printed_as_a_table_with_the_verdict(model: rc.Forecaster):
    found = rc.audit(model)
    assert isinstance(found, Audit)
    assert str(found).endswith(found.verdict)
