"""A fit follows from a spec and a panel alone, in this process or in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rollcast as rc
from rollcast.data.covariates import Covariates
from rollcast.errors import ArgumentError, ArtifactError, RollcastWarning
from rollcast.fitting.fit_spec import FitSpec
from rollcast.fitting.panel_file import read_panel_file, write_panel
from rollcast.model.artifact import pack_model
from rollcast.model.fit_inputs import FitInputs, read_inputs
from rollcast.model.fit_model import fit_model
from rollcast.options import FIT_ARGUMENTS, Config
from samples import panel_of, wavy

TINY: dict[str, Any] = {"hidden_size": 4, "h": 3, "max_epochs": 2, "season_length": 5, "seed": 3}

ELSEWHERE = """
import json, sys, warnings
from pathlib import Path
from rollcast.fitting.fit_spec import FitSpec
from rollcast.fitting.panel_file import read_panel_file
from rollcast.model.artifact import pack_model
from rollcast.model.fit_model import fit_model

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
spec = FitSpec.from_json(json.loads((folder / "spec.json").read_text()))
fitted = fit_model(spec, read_panel_file(folder / "rows.panel"))
(folder / "model").write_bytes(pack_model(fitted))
"""


def table() -> Any:
    pd = pytest.importorskip("pandas")
    frames = [
        pd.DataFrame(
            {
                "day": pd.date_range("2024-01-01", periods=60, freq="D"),
                "shop": shop,
                "sales": wavy(60, seed=seed, gaps=(7,)),
            }
        )
        for seed, shop in enumerate(("north", "south"))
    ]
    return pd.concat(frames)


def inputs(**arguments: Any) -> FitInputs:
    given = {name: option.default for name, option in FIT_ARGUMENTS.items()} | arguments
    return read_inputs(table(), given, Config(**TINY), "LSTM")


@pytest.mark.parametrize("arguments", [{}, {"fill": "linear", "unit": "€", "final_fit": False}])
def test_a_spec_is_plain_json_and_comes_back_equal(arguments):
    spec = inputs(**arguments).spec
    assert FitSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@pytest.mark.slow
def test_a_fit_in_another_process_from_two_files_gives_the_same_bytes(tmp_path):
    spec, panel, _ = inputs(unit="units", val_size=8, test_size=8)
    (tmp_path / "spec.json").write_text(json.dumps(spec.to_json()), encoding="utf-8")
    write_panel(tmp_path / "rows.panel", panel)
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)], check=True, env=dict(os.environ)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        here = pack_model(fit_model(spec, panel))
    assert (tmp_path / "model").read_bytes() == here


@pytest.mark.slow
def test_a_forecaster_fits_as_its_spec_does():
    spec, panel, _ = inputs(val_size=8, test_size=8)
    model = rc.Forecaster(**TINY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        again = pack_model(fit_model(spec, panel))
        model.fit(table(), val_size=8, test_size=8, progress="quiet")
    assert pack_model(model.fitted) == again


def own_loss(actual: Any, forecast: Any) -> Any:
    return (actual - forecast) ** 2


def test_objects_of_ones_own_can_not_be_sent_and_the_sentence_names_the_option():
    spec = replace(inputs().spec, config=Config(**TINY, loss=own_loss))
    with pytest.raises(ArgumentError, match=r"`loss` is .*own_loss.*can't be sent"):
        spec.to_json()


def test_objects_of_keras_are_sent_by_their_description():
    from rollcast.runtime.backend import load_keras

    spec = replace(inputs().spec, config=Config(**TINY, loss=load_keras().losses.LogCosh()))
    again = FitSpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again.to_json() == spec.to_json()


def test_a_network_of_ones_own_has_to_be_passed_beside_the_spec():
    spec, panel, _ = inputs()
    with pytest.raises(ArgumentError, match="A spec holds no network: pass the pair"):
        fit_model(replace(spec, name="network"), panel)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"config": 3}, "`spec.config` must be an object"),
        ({"val_size": 0}, "`spec.val_size` must be at least 1; got 0"),
        ({"schema": {"fill": "x"}}, "`spec.schema.fill` must be one of"),
        ({"schema": {"time_unit": 1}}, "`spec.schema"),
    ],
)
def test_a_spec_that_is_none_is_refused_by_field(change, told):
    with pytest.raises(ArtifactError) as caught:
        FitSpec.from_json(inputs().spec.to_json() | change)
    assert told in str(caught.value)


def test_a_panel_comes_back_whole_from_its_file(tmp_path: Path):
    plain = panel_of(wavy(9), wavy(4), ids=("a", 7))
    full = replace(
        plain,
        weights=np.arange(13.0),
        available=np.arange(13) > 2,
        covariates=Covariates(
            np.ones((13, 2)), np.ones((15, 1)), np.array([0, 10, 15]), np.ones((2, 3))
        ),
    )
    for panel in (plain, full):
        write_panel(tmp_path / "panel", panel)
        again = read_panel_file(tmp_path / "panel")
        assert again.digest() == panel.digest()
        assert (again.ids, again.frequency) == (panel.ids, panel.frequency)


def test_another_file_is_no_panel(tmp_path: Path):
    write_panel(tmp_path / "panel", panel_of(wavy(9)))
    with pytest.raises(ArtifactError, match="holds a panel, not a model"):
        rc.load(tmp_path / "panel")
    (tmp_path / "other").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match="is truncated or damaged"):
        read_panel_file(tmp_path / "other")
