"""A state is a plain value: compared, taken apart, kept in a file, never changed."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from livesamples import model_of, new_rows
from rollcast.errors import ArgumentError, ArtifactError
from rollcast.forecasting.state import State
from rollcast.storage import container


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return model_of("lstm")


@pytest.fixture(scope="module")
def state(model: rc.Forecaster) -> State:
    return model.observe(new_rows())


def test_a_model_gives_where_all_its_series_stand(model):
    assert isinstance(model.state, rc.State)
    assert model.state.ids == ("a", "b", "c")
    assert len(model.state) == 3
    assert model.state.nexts.tolist() == [60, 63, 66]
    assert model.state.rows.tolist() == [60, 60, 60]
    assert repr(model.state) == "State(3 series: 'a' due at 60, 'b' due at 63, 'c' due at 66)"


def test_it_says_of_many_series_how_many_there_are(state):
    many = state.join(replace(state, ids=("d", "e", "f")))
    assert repr(many).endswith("'c' due at 78, 3 more)")
    assert repr(many.drop(many.ids)) == "State(0 series)"
    assert repr(replace(state.select("a"), ids=(None,))) == "State(1 series: next row due at 72)"


def test_its_arrays_can_not_be_written_to(state):
    for name, array in state.to_arrays().items():
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
        assert not array.flags.writeable, name
    with pytest.raises(AttributeError):
        state.ids = ()


def test_what_a_program_gave_stays_where_programs_run_but_in_a_pickle(model):
    state = model.observe({"unique_id": ["c", "a", "b"], "ds": [66, 60, 63], "y": [1.0, 2.0, 3.0]})
    state = state.take(np.array([1]))
    after = model.observe([4.0], state)
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(after.network_state))
    assert after.scale is state.scale
    kept = jax.tree.leaves(after.__getstate__())
    assert not any(isinstance(leaf, jax.Array) for leaf in kept)
    assert copy.deepcopy(after) == after
    assert after.nexts.tolist() == [state.nexts[0] + 1]


def test_it_is_equal_by_value(model, state):
    assert state == model.observe(new_rows())
    assert state != model.state
    assert state != state.select(["b", "a", "c"])
    assert state != replace(state, owner="other weights")
    assert state != "a state"
    moved = replace(
        state,
        network_state=state.network_state._replace(features=state.network_state.features + 1e-3),
    )
    assert state != moved
    nan = np.full_like(state.network_state.features, np.nan)
    unknown = replace(state, network_state=state.network_state._replace(features=nan))
    assert unknown == replace(
        state, network_state=state.network_state._replace(features=nan.copy())
    )
    with pytest.raises(TypeError, match="unhashable"):
        hash(state)


def test_a_forecast_adds_nothing_to_what_a_file_holds_of_it(model, state):
    copied = copy.deepcopy(state)
    names = set(copied.to_arrays())
    model.predict(state=copied)
    copied.preparation.scaler.forward(np.ones(1), np.zeros(1, int))
    assert set(copied.to_arrays()) == names
    assert copied == state


def test_series_are_chosen_and_dropped_by_name(state):
    assert state.select("b").ids == ("b",)
    assert state.select(["c", "a"]).ids == ("c", "a")
    assert state.select(pd.Index(["c"])).nexts.tolist() == [78]
    assert state.drop("a").ids == ("b", "c")
    assert state.drop(["a", "c"]) == state.select("b")
    for choose in (state.select, state.drop):
        with pytest.raises(ArgumentError, match="among the 3 identifiers of the state; got 'z'"):
            choose(["a", "z"])


def test_it_is_saved_and_loaded(model, state, tmp_path):
    place = tmp_path / "newest.state"
    state.save(place)
    loaded = rc.State.load(place)
    assert loaded == state
    assert model.predict(state=loaded).equals(model.predict(state=state))
    assert pickle.loads(pickle.dumps(state)) == state  # noqa: S301
    alone = replace(state.select("a"), ids=(None,))
    alone.save(place)
    assert rc.State.load(place) == alone


def test_it_goes_on_with_the_model_that_was_saved(model, state, tmp_path):
    model.save(tmp_path / "model")
    loaded = rc.load(tmp_path / "model")
    assert loaded.state == model.state
    assert loaded.predict(state=state).equals(model.predict(state=state))


def rewritten(path: Any, state: State, change: Any) -> Any:
    state.save(path)
    manifest, arrays = container.read_container(path, kind="state")
    change(manifest, arrays)
    container.write_container(path, manifest, arrays, kind="state")
    return path


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("clock", "ids"),
        ("clock", "frequency"),
        ("memory", "lag"),
        ("cells", "owner"),
        ("cells", "count"),
    ],
)
def test_a_file_that_lacks_an_entry_is_damaged(state, tmp_path, section, entry):
    place = rewritten(
        tmp_path / "state", state, lambda m, _: m["sections"][section]["fields"].pop(entry)
    )
    with pytest.raises(ArtifactError, match="is a damaged Rollcast state") as error:
        State.load(place)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["cells/0", "memory/recent", "clock/nexts", "scaling/log"])
def test_a_file_with_too_few_arrays_or_rows_is_damaged(state, tmp_path, name):
    for change in (
        lambda _, arrays: arrays.pop(name),
        lambda _, arrays: arrays.update({name: arrays[name][:2]}),
    ):
        with pytest.raises(ArtifactError, match="is a damaged Rollcast state"):
            State.load(rewritten(tmp_path / "state", state, change))


def test_other_files_are_refused(model, state, tmp_path):
    model.save(tmp_path / "model")
    with pytest.raises(ArtifactError):
        State.load(tmp_path / "model")
    state.save(tmp_path / "state")
    with pytest.raises(ArtifactError):
        rc.load(tmp_path / "state")
    with pytest.raises(ArtifactError, match="There is no state file"):
        State.load(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match="can't be saved; use text or whole numbers"):
        replace(state.select("a"), ids=((1, 2),)).save(tmp_path / "state")
    assert State.load(tmp_path / "state") == state


def test_a_copy_can_not_be_written_to_either(state):
    for copied in (pickle.loads(pickle.dumps(state)), copy.deepcopy(state)):  # noqa: S301
        assert copied == state
        assert copied.places == state.places
        assert not any(array.flags.writeable for array in copied.to_arrays().values())


@pytest.mark.parametrize("name", ["cells/features", "cells/0", "memory/recent", "memory/window"])
def test_a_state_of_other_sizes_belongs_to_no_model_of_these_weights(model, state, tmp_path, name):
    """The owner is the same, so that sizes alone tell."""
    place = rewritten(
        tmp_path / "state",
        state,
        lambda _, arrays: (
            arrays.update({name: np.repeat(arrays[name], 2, axis=1)})
            if arrays[name].size
            else arrays.update({name: np.zeros((3, 2, 3), np.float32)})
        ),
    )
    with pytest.raises(ArgumentError, match="`state` belongs to another model"):
        model.predict(state=State.load(place))


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("scaling/scale", lambda a: a * 0, "its array 'scaling/scale' must be above 0"),
        ("scaling/spread", lambda a: -a, "its array 'scaling/spread' must be above 0"),
        ("cells/features", lambda a: a * np.nan, "its array 'cells/features' holds nan"),
        ("clock/rows", lambda a: a - 1000, "its array 'clock/rows' holds a value below 0"),
        ("clock/nexts", lambda a: a + 1, "the times of a series do not go with its rows"),
        ("memory/recent", lambda a: a[:, :0], "0 newest values are too few for a lag of"),
        ("memory/recent", lambda a: a.astype(np.float64), "must be of type f4; got <f8"),
    ],
)
def test_a_file_whose_arrays_hold_what_can_not_be_is_damaged(state, tmp_path, name, change, told):
    place = rewritten(
        tmp_path / "state", state, lambda _, arrays: arrays.update({name: change(arrays[name])})
    )
    with pytest.raises(ArtifactError, match=r"is a damaged Rollcast state") as caught:
        State.load(place)
    assert told in str(caught.value)
