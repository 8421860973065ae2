"""Rows that a model has not seen are judged as it would forecast them, whatever history its table holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from livesamples import SEEN, TRAINED, WHOLE, fit, model_of, new_rows
from rollcast.errors import DataError, RollcastWarning, TooShortError
from samples import wavy


def newer(first: int, names: str = "abc", *, without: tuple[int, ...] = ()) -> pd.DataFrame:
    parts = [WHOLE[name].iloc[first:].drop(index=list(without)) for name in names]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("kind", TRAINED)
def test_newer_rows_alone_are_judged_as_behind_their_history(kind: str):
    model = model_of(kind)
    whole, alone = model.evaluate(newer(0)), model.evaluate(newer(SEEN))
    assert alone.origins == whole.origins
    assert alone.names == whole.names
    for one, other in zip(alone.models, whole.models, strict=True):
        assert_allclose(one.mae_by_step, other.mae_by_step, rtol=1e-5)
        assert_allclose(one.mase, other.mase, rtol=1e-5)
        assert_allclose(one.one_step_mae, other.one_step_mae, rtol=1e-5)
    one, other = rc.diagnose(model, newer(SEEN)), rc.diagnose(model, newer(0))
    for curve in ("free", "one_step", "naive"):
        assert_allclose(getattr(one, curve).mae, getattr(other, curve).mae, rtol=1e-5)


@pytest.mark.parametrize("first", [0, SEEN - 7, SEEN])
def test_every_forecast_is_the_one_that_predict_makes(first: int):
    """Against the slow way: a table that ends before each of the forecasts."""
    model, values = model_of("lstm"), WHOLE["c"]["y"].to_numpy()
    errors = []
    for end in range(SEEN, SEEN + 10):
        made = model.predict(WHOLE["c"].iloc[min(first, end - 1) : end])[model.name]
        errors.append(np.abs(made - values[end : end + 3]))
    scores = model.evaluate(newer(first, "c"))
    assert_allclose(scores.model.mae_by_step, np.mean(errors, axis=0), rtol=1e-4)


def test_known_series_that_go_on_stand_beside_those_with_a_history_and_new_ones():
    model = model_of("gru")
    fresh = pd.DataFrame({"unique_id": "z", "ds": np.arange(40), "y": wavy(40, seed=6)})
    mixed = model.evaluate(
        pd.concat([fresh, newer(SEEN, "c"), newer(0, "a"), newer(SEEN - 4, "b")])
    )
    whole = model.evaluate(pd.concat([fresh, newer(0, "c"), newer(0, "a"), newer(0, "b")]))
    assert mixed.series == 4
    for one, other in zip(mixed.models, whole.models, strict=True):
        assert_allclose(one.mae_by_step, other.mae_by_step, rtol=1e-5)


@pytest.mark.parametrize("with_data", [False, True])
def test_a_model_from_a_file_goes_on_from_its_state(with_data: bool, tmp_path: Path):
    model = model_of("log")
    model.save(tmp_path / "m", with_data=with_data)
    loaded, expected = rc.load(tmp_path / "m"), model.evaluate(new_rows())
    if with_data:
        loaded = loaded.evaluate(new_rows())
    else:
        with pytest.warns(
            RollcastWarning,
            match=r"baselines and the scale of MASE see at most 6 rows .*, of 3 series, since .* claims nothing",
        ):
            loaded = loaded.evaluate(new_rows())
        assert loaded.verdict.endswith(
            "The baselines know 6 rows before these at most, and the network has read all: nothing is claimed."
        )
        assert not loaded.wins
        assert loaded.recommended != loaded.model.name
        assert rc.Scores.from_json(loaded.to_json()) == loaded
    assert loaded.remembered == (None if with_data else 6)
    assert expected.remembered is None
    assert_allclose(loaded.model.mae_by_step, expected.model.mae_by_step, rtol=1e-6)
    assert_allclose(loaded["naive"].mae_by_step, expected["naive"].mae_by_step, rtol=1e-6)
    assert_allclose(
        loaded["seasonal naive"].mae_by_step, expected["seasonal naive"].mae_by_step, rtol=1e-6
    )


def test_rows_between_the_model_and_the_table_are_missing_ones():
    model = model_of("lstm")
    gone = model.evaluate(newer(SEEN + 2))
    inside = model.evaluate(newer(0, without=(SEEN, SEEN + 1)))
    assert gone.origins < inside.origins
    later = newer(SEEN + 4)
    for judge in (model.evaluate, lambda *a, **k: rc.diagnose(model, *a, **k)):
        with pytest.raises(DataError, match=r"begin 4 rows after .* or a larger max_gap="):
            judge(later)
        assert judge(later, max_gap=4).origins == 3 * (13 - 4 - 3)


@pytest.mark.slow
@pytest.mark.parametrize("fill", ["ffill", "zero"])
def test_a_gap_is_filled_as_the_model_was_told_to(fill: Any):
    data = pd.concat([WHOLE["c"].iloc[:SEEN], WHOLE["b"].iloc[8:SEEN]])
    model = fit(data, given={"fill": fill})
    held = WHOLE["c"]["y"].iloc[SEEN - 1] if fill == "ffill" else 0.0
    told = WHOLE["c"].copy()
    told.loc[SEEN, "y"] = held
    gone, given = model.evaluate(newer(SEEN + 1, "c")), model.evaluate(told.iloc[SEEN:])
    assert gone.origins == given.origins - 1
    one = rc.diagnose(model, newer(SEEN + 1, "c"), origins=1)
    other = rc.diagnose(model, told.iloc[SEEN:], origins=1)
    assert_allclose(one.free.mae, other.free.mae, rtol=1e-6)


def test_rows_that_are_too_few_are_refused():
    with pytest.raises(TooShortError, match="no series has 3 rows"):
        model_of("lstm").evaluate(newer(SEEN + 10), max_gap=20)
