"""The saved model: equal forecasts, no pickle, no data unless asked for, and the golden files."""

from __future__ import annotations

import copy
import io
import json
import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, ArtifactError, RollcastWarning
from rollcast.model import artifact
from rollcast.preprocessing import channels
from rollcast.storage import container
from samples import wavy

GOLDEN = Path(__file__).parents[1] / "golden"
OPTIONS: dict[str, Any] = {
    "hidden_size": 4,
    "h": 3,
    "input_size": 8,
    "batch_size": 4,
    "max_epochs": 2,
    "anchor": "last",
    "season_length": 5,
}


OPTIONAL = {"bounds", "calibration", "ensemble", "expected", "fallback", "paths"}
"""Sections without which a model opens."""


def table(length: int = 60) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "day": pd.date_range("2024-01-01", periods=n, freq="D"),
                "shop": shop,
                "sales": wavy(n, seed=seed, gaps=(7,)),
            }
        )
        for seed, (shop, n) in enumerate({"north": length, "south": length - 9}.items())
    ]
    return pd.concat(frames, ignore_index=True)


def fit(data: Any = None, **options: Any) -> rc.Forecaster:
    model = rc.Forecaster(**OPTIONS | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(
            table() if data is None else data,
            val_size=8,
            test_size=8,
            progress="quiet",
            unit="units",
        )
    return model


@pytest.fixture(scope="module", params=["sequence", "window"])
def model(request) -> rc.Forecaster:
    return fit(reading=request.param)


@pytest.fixture(scope="module")
def path(model, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("saved") / "shops.rollcast"
    model.save(place)
    return place


NEW = table(66)[lambda t: t["day"] >= "2024-02-18"]


@pytest.mark.bits
def test_a_loaded_model_forecasts_the_same_bits(model, path):
    loaded = rc.load(path)
    for h in (3, 11):
        pd.testing.assert_frame_equal(loaded.predict(h=h), model.predict(h=h), check_exact=True)
    pd.testing.assert_frame_equal(loaded.predict(NEW), model.predict(NEW), check_exact=True)


def test_everything_that_a_model_tells_comes_back(model, path):
    loaded, fitted = rc.Forecaster.load(path), model.fitted
    assert loaded.config == fitted.config
    assert loaded.name == model.name
    assert loaded.history == model.history
    assert loaded.history.verdict.endswith(".")
    assert loaded.evaluate() == model.evaluate()
    for name in ("card", "schema", "frequency", "unit", "state"):
        assert getattr(loaded.fitted, name) == getattr(fitted, name)
    for name in ("sizes", "scaling", "log", "lag", "fill", "h", "owner", "bounds"):
        assert getattr(loaded.fitted.model, name) == getattr(fitted.model, name)
    assert loaded.fitted.state.ids == ("north", "south")


def test_a_model_that_was_saved_twice_is_the_same_file(model, path, tmp_path):
    rc.load(path).save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def members(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file, read without leave to unpickle."""
    found: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                found[name] = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
            else:
                json.loads(archive.read(name))
    return found


def test_the_file_holds_json_and_plain_arrays_alone(path):
    for array in members(path).values():
        assert array.dtype.kind in "biuf"
        assert not array.dtype.hasobject


def test_values_of_the_data_are_kept_only_if_asked_for(model, path, tmp_path):
    values = table()["sales"].dropna().to_numpy()

    def held(file: Path) -> set[float]:
        """Values of the data that stand in any array as they are."""
        everything = np.concatenate([a.astype(float).ravel() for a in members(file).values()])
        return set(values) & set(everything)

    assert held(path) == set()
    for name, array in members(path).items():
        # What grows with the data: two numbers of a series and its state, the newest season scaled.
        assert array.size < 3000, name
        assert len(values) not in array.shape
    model.save(tmp_path / "with", with_data=True)
    assert held(tmp_path / "with") == set(values)


def test_a_file_with_data_names_revised_rows_and_one_without_goes_on_quietly(model, path, tmp_path):
    revised = NEW.copy()
    revised.loc[revised.index[0], "sales"] += 5
    model.save(tmp_path / "with", with_data=True)
    with pytest.warns(RollcastWarning, match="1 row of series 'north' changed since"):
        told = rc.load(tmp_path / "with").predict(revised)
    pd.testing.assert_frame_equal(rc.load(path).predict(revised), told, check_exact=True)


@pytest.mark.slow
def test_a_network_with_dropout_and_two_layers_comes_back(tmp_path):
    model = fit(num_layers=2, dropout=0.2, cell="gru")
    model.save(tmp_path / "deep")
    pd.testing.assert_frame_equal(
        rc.load(tmp_path / "deep").predict(), model.predict(), check_exact=True
    )


def test_objects_of_keras_are_described_and_never_run(tmp_path):
    from rollcast.runtime.backend import load_keras

    keras = load_keras()
    model = fit(
        loss=keras.losses.LogCosh(),
        optimizer=keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.01, 20)),
    )
    model.save(tmp_path / "objects")
    loaded = rc.load(tmp_path / "objects")
    pd.testing.assert_frame_equal(loaded.predict(), model.predict(), check_exact=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        loaded.fit(table(), val_size=8, test_size=8, progress="quiet")
    assert loaded.history.loss == model.history.loss


def test_identifiers_that_json_can_not_hold_are_refused(tmp_path):
    frame = table()
    frame["shop"] = frame["shop"].map({"north": ("n", 1), "south": ("s", 2)})
    model = fit()
    fitted = model.fitted
    object.__setattr__(fitted.state, "ids", (("n", 1), "south"))
    with pytest.raises(ArtifactError, match=r"A series named \('n', 1\) \(tuple\) can't be saved"):
        model.save(tmp_path / "odd")


# Files that are none


def test_a_missing_file_a_folder_and_a_foreign_one_have_their_sentences(tmp_path):
    with pytest.raises(ArtifactError, match="There is no model file"):
        rc.load(tmp_path / "none")
    with pytest.raises(ArtifactError, match="is a folder"):
        rc.load(tmp_path)
    (tmp_path / "text").write_text("unique_id,ds,y\n")
    with pytest.raises(ArtifactError, match="is no Rollcast model: it is not a zip file"):
        rc.load(tmp_path / "text")
    container.write_container(tmp_path / "way.back", {}, {}, kind="checkpoint")
    with pytest.raises(ArtifactError, match="holds a checkpoint, not a model"):
        rc.load(tmp_path / "way.back")


def test_a_truncated_file_is_told_so(path, tmp_path):
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / "cut").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ArtifactError, match="is truncated or damaged"):
            rc.load(tmp_path / "cut")


def rewrite(path: Path, target: Path, change: Any) -> None:
    """The file with its manifest changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "manifest.json":
                manifest = json.loads(data)
                change(manifest)
                data = json.dumps(manifest).encode()
            new.writestr(name, data)


def test_a_newer_format_asks_for_an_upgrade(path, tmp_path):
    rewrite(path, tmp_path / "newer", lambda m: m.update(version=99))
    with pytest.raises(
        ArtifactError, match=r"written by a newer Rollcast .* pip install -U rollcast"
    ):
        rc.load(tmp_path / "newer")


def test_a_model_of_a_later_pretrained_network_asks_for_an_upgrade(path, tmp_path):
    told = loaded_with(
        path, tmp_path / "later", lambda m: m["network"]["config"].update(pretrained="2031-7")
    )
    assert told == (
        f"The model of {str(tmp_path / 'later')!r} began with version '2031-7' of the pretrained network, and this "
        "Rollcast carries 2026-1: upgrade with pip install -U rollcast."
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"train": False}, {"hidden_size": 4, "max_epochs": 1}], ids=["pretrained", "random"]
)
def test_a_horizon_beyond_the_rows_of_the_series_is_no_damage(tmp_path, options):
    model = rc.Forecaster(**options | {"h": 9})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(wavy(7, seed=1), progress="quiet")
    model.save(tmp_path / "short")
    for copied in (rc.load(tmp_path / "short"), copy.deepcopy(model)):
        pd.testing.assert_frame_equal(copied.predict(), model.predict(), check_exact=True)


def fields_of(content: dict[str, Any]) -> dict[str, Any]:
    """The fields of each section."""
    return {name: section["fields"] for name, section in content["sections"].items()}


def keys_of(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return sorted(json.loads(archive.read("manifest.json"))["content"]["sections"])


@pytest.mark.parametrize("value", [None, [], {}, "x", -3], ids=repr)
def test_whatever_is_wrong_in_a_file_it_is_an_error_in_one_sentence(path, tmp_path, value):
    told: list[str] = []
    for key in keys_of(path):
        rewrite(
            path, tmp_path / "odd", lambda m, key=key: m["content"]["sections"].update({key: value})
        )
        try:
            rc.load(tmp_path / "odd")
        except (ArtifactError, ArgumentError) as error:
            told.append(str(error))
    assert told
    assert not any("\n" in sentence for sentence in told)


def test_a_lacking_entry_and_a_lacking_array_are_damage(path, tmp_path):
    for key in set(keys_of(path)) - OPTIONAL:  # without them nothing is held, moved or drawn
        rewrite(path, tmp_path / "lacks", lambda m, key=key: m["content"]["sections"].pop(key))
        with pytest.raises(ArtifactError):
            rc.load(tmp_path / "lacks")
    for name in ("scaling/shift", "memory/recent", "clock/nexts", "weights/trainable/0"):
        rewrite(path, tmp_path / "lacks", lambda m, name=name: m["arrays"].remove(name))
        with pytest.raises(ArtifactError):
            rc.load(tmp_path / "lacks")


def test_a_section_without_which_no_model_opens_is_declared_as_required(path, tmp_path):
    with zipfile.ZipFile(path) as archive:
        sections = json.loads(archive.read("manifest.json"))["content"]["sections"]
    for name in set(sections) - OPTIONAL:  # an older one must not go on without it
        assert sections[name]["required"], name
        rewrite(path, tmp_path / "lacks", lambda m, name=name: m["content"]["sections"].pop(name))
        with pytest.raises(ArtifactError):
            rc.load(tmp_path / "lacks")


def test_weights_of_another_shape_are_damage(path, tmp_path):
    rewrite(
        path,
        tmp_path / "odd",
        lambda m: fields_of(m["content"])["network"]["config"].update(hidden_size=5),
    )
    with pytest.raises(ArtifactError, match="is a damaged Rollcast model"):
        rc.load(tmp_path / "odd")


def loaded_with(path: Path, target: Path, change: Any, arrays: Any = None) -> str:
    """The refusal of the file with its manifest and arrays changed, checksums right."""
    manifest, found = container.read_container(path, kind="model")
    change(fields_of(manifest))
    for name, other in (arrays or {}).items():
        found[name] = other(found[name])
    container.write_container(target, manifest, found, kind="model")
    with pytest.raises(ArtifactError) as caught:
        rc.load(target)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("config", {"hidden_size": 2**31}),
        ("config", {"num_layers": 3000}),
        ("config", {"num_layers": 2**40}),
        ("config", {"cell": "esn"}),
        ("config", {"hidden_size": 10**30}),
        ("sizes", {"steps": 10**8}),
        ("sizes", {"steps": 2**31}),
        ("sizes", {"ring": 10**9}),
        ("config", {"h": 10**12}),
        ("config", {"h": 2}),
    ],
    ids=str,
)
def test_sizes_are_held_against_the_arrays_before_a_network_is_built(
    path, tmp_path, monkeypatch, part, change
):
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a network was built")

    monkeypatch.setattr(artifact, "build_network", refuse)
    told = loaded_with(path, tmp_path / "odd", lambda m: m["network"][part].update(change))
    assert "is a damaged Rollcast model" in told


def test_a_network_of_other_input_channels_is_refused(path, tmp_path):
    names = [channel.name for channel in channels.CHANNELS]
    found = container.read_container(path, kind="model")[0]
    assert fields_of(found)["network"]["channels"] == names
    told = loaded_with(
        path, tmp_path / "odd", lambda m: m["network"].update(channels=[*names, "level"])
    )
    assert told == (
        f"The network of {str(tmp_path / 'odd')!r} reads the channels value, difference, missing, level, and "
        "this version of Rollcast gives value, difference, missing; open it with the version that wrote it, or fit "
        "again."
    )


ARRAYS: dict[str, Any] = {
    "shift of two dimensions": ("scaling/shift", lambda a: a[:, None]),
    "shift of text": ("scaling/shift", lambda a: a.astype("S3")),
    "scale of none": ("scaling/scale", lambda a: np.float64(1)),
    "scale of no rows": ("scaling/scale", lambda a: a[:0]),
    "infinite scale": ("scaling/scale", lambda a: a * np.inf),
    "zero scale": ("scaling/scale", lambda a: a * 0),
    "features of no rows": ("cells/features", lambda a: a[:0]),
    "features that are none": ("cells/features", lambda a: a * np.nan),
    "features of others": ("cells/features", lambda a: a[:, 1:]),
    "newest values in three dimensions": ("memory/recent", lambda a: a[..., None]),
    "flat window": ("memory/window", lambda a: a.reshape(-1)),
    "rows twice": ("clock/rows", lambda a: np.concatenate([a, a])),
    "negative rows": ("clock/rows", lambda a: -a),
    "other rows": ("clock/rows", lambda a: a + 1),
    "other times": ("clock/nexts", lambda a: a + 1),
    "fractions of times": ("clock/nexts", lambda a: a.astype(float)),
    "weights that are none": ("weights/trainable/0", lambda a: a * np.nan),
    "complex weights": ("weights/trainable/0", lambda a: a * (1 + 1j)),
    "flat weights": ("weights/trainable/1", lambda a: a.reshape(-1)),
    "weights of a third dimension": ("weights/trainable/0", lambda a: a[None]),
}


@pytest.mark.parametrize(("name", "change"), ARRAYS.values(), ids=list(ARRAYS))
def test_an_array_of_another_shape_or_type_or_without_numbers_is_damage(
    path, tmp_path, name, change
):
    told = loaded_with(path, tmp_path / "odd", lambda m: None, {name: change})
    assert "is a damaged Rollcast model" in told


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: m["schema"]["table"].update(time_dtype=3), "`schema.table.time_dtype` must be text; got 3"),
        (lambda m: m["schema"]["table"].update(time_unit="century"), "`schema.table.time_unit` must be one of|century"),
        (lambda m: m["schema"]["table"].update(time_zone="Mars/Base"), "Mars/Base"),
        (lambda m: m["schema"]["table"].update(time_zone="x" * 9999), "`tz` must be the name of a time zone"),
        (lambda m: m["schema"]["table"].update(time_zone=""), "`tz` must be the name of a time zone"),
        (lambda m: m["report"]["history"].update(val_loss=["x" * 9999]), "^The saved history can't be read: could.{9}"),
        (lambda m: m["network"].update(name=[None]), r"`network.name` must be text; got \[None\]"),
        (lambda m: m["schema"]["options"].update(tz="Mars/Base"), "`tz` must be the name of a time zone"),
        (lambda m: m["schema"]["options"].update(fill="x"), "`schema.options.fill` must be one of"),
        (lambda m: m["clock"]["frequency"].update(alias="fortnight"), "fortnight"),
        (lambda m: m["clock"]["frequency"].update(alias="-1D"), "there is no step '-1D'"),
        (lambda m: m["clock"]["frequency"].update(step=0), "`clock.frequency.step` must be at least 1; got 0"),
        (lambda m: m["card"]["card"].update(split=[1]), "`card.card.split` must have 3 entries; got 1"),
        (lambda m: m["report"]["history"].pop("loss"), "`report.history.loss` is missing"),
        (lambda m: m["network"]["config"].update(loss=[]), "`config.loss` must be"),
        (lambda m: m["network"]["config"].update(dropout="x"), "`config.dropout` must be a number; got 'x'"),
        (lambda m: m["clock"].update(ids=["north", "north"]), "a series is named twice"),
        (lambda m: m["clock"].update(ids=["north"]), r"must have the shape \(1"),
        (lambda m: m["memory"].update(lag=10**6), "newest values are too few for a lag of 1000000"),
    ],
)  # fmt: skip
def test_a_field_of_another_type_or_that_fits_no_other_is_named(path, tmp_path, change, named):
    assert re.search(named, loaded_with(path, tmp_path / "odd", change))


def test_rows_that_are_not_those_of_the_state_are_damage(model, tmp_path):
    model.save(tmp_path / "with", with_data=True)
    for name, change in {
        "data/offsets": lambda a: a[::-1].copy(),
        "data/target": lambda a: a[:, None],
        "data/mask": lambda a: ~a,
        "data/starts": lambda a: a + 1,
    }.items():
        told = loaded_with(tmp_path / "with", tmp_path / "odd", lambda m: None, {name: change})
        assert "is a damaged Rollcast model" in told


def test_weights_by_which_nothing_can_be_forecast_are_not_saved(tmp_path):
    model = fit()
    weights = model.network.model.trainable_variables
    weights[0].assign(np.full(weights[0].shape, np.nan))
    with pytest.raises(ArtifactError, match="its weights 'trainable/0' are not all numbers"):
        model.save(tmp_path / "none")
    assert not (tmp_path / "none").exists()


# Equal fits


@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"cell": "gru", "num_layers": 2, "dropout": 0.2}, marks=pytest.mark.slow),
        {"cell": "esn", "hidden_size": 8},
    ],
    ids=str,
)
def test_two_equal_fits_give_equal_files(tmp_path, options):
    for name in ("one", "two"):
        fit(**options).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.slow
def test_two_equal_fits_of_a_network_of_ones_own_give_equal_files(tmp_path):
    from rollcast.runtime.backend import load_keras

    keras = load_keras()
    sequence, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    start = keras.Input((4,))
    read = keras.layers.GRU(4, return_sequences=True, return_state=True, dropout=0.2)
    hidden, end = read(sequence, mask=mask, initial_state=start)
    features = keras.Input((None, 4))
    pair = (
        keras.Model([sequence, mask, start], [hidden, end]),
        keras.Model(features, keras.layers.Dense(3)(features)),
    )
    for name in ("one", "two"):
        model = rc.Forecaster(network=pair, h=3, max_epochs=2, readout="gradient")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RollcastWarning)
            model.fit(table(), val_size=8, test_size=8, progress="quiet")
        model.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301
    assert_array_equal(copied.predict_array(), model.predict_array())
    assert_array_equal(copy.deepcopy(model).predict_array(), model.predict_array())


def test_times_are_no_part_of_a_file_and_count_for_nothing_in_a_comparison(model, path):
    loaded = rc.load(path)
    assert np.isfinite(model.history.seconds).all()
    assert np.isnan(loaded.history.seconds).all()
    assert len(loaded.history.seconds) == len(loaded.history)
    assert loaded.history == model.history


# Copies and pickles


def joblib_copy(model: Any, folder: Path) -> Any:
    joblib = pytest.importorskip("joblib")
    joblib.dump(model, folder / "dumped")
    return joblib.load(folder / "dumped")


WAYS: dict[str, Any] = {
    "copy": lambda model, _: copy.copy(model),
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),  # noqa: S301
    "joblib": joblib_copy,
}


@pytest.mark.bits
@pytest.mark.parametrize("way", WAYS)
def test_a_copy_forecasts_the_same_bits(model, tmp_path, way):
    copied = WAYS[way](model, tmp_path)
    assert_array_equal(copied.predict_array(11), model.predict_array(11))
    pd.testing.assert_frame_equal(copied.predict(NEW), model.predict(NEW), check_exact=True)
    assert (copied.history, copied.config, copied.state) == (
        model.history,
        model.config,
        model.state,
    )
    assert WAYS[way](model.state, tmp_path) == model.state
    again = WAYS[way](rc.Forecaster(cell="gru", h=5), tmp_path)
    assert again.config == rc.Forecaster(cell="gru", h=5).config


def test_a_deep_copy_has_a_network_of_its_own_and_all_that_the_model_tells(model):
    copied = copy.deepcopy(model)
    assert_array_equal(copied.excerpt.forecast, model.excerpt.forecast)
    before = model.predict_array()
    for variable in copied.network.model.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    assert_array_equal(model.predict_array(), before)


def test_a_pickle_holds_no_values_of_the_data(model):
    whole = pickle.dumps(model)
    values = table()["sales"].dropna().to_numpy()
    assert not any(value.tobytes() in whole for value in values)
    assert pickle.loads(whole).fitted.tail is None  # noqa: S301


def test_what_can_not_be_saved_can_not_be_pickled_either_and_says_the_same():
    class Odd:
        def __call__(self, actual: Any, forecast: Any) -> Any:
            return (actual - forecast) ** 2

    model = rc.Forecaster(loss=Odd())
    for act in (pickle.dumps, copy.copy, lambda m: m.fit(table(), progress="quiet")):
        with pytest.raises(
            ArgumentError, match=r"`loss` must be an object that Keras can describe"
        ):
            act(model)


# The caller's own network


@pytest.mark.slow
def test_another_network_than_the_one_that_was_fitted_is_named_and_the_file_is_not_blamed(tmp_path):
    from rollcast.networks.build import build_network
    from rollcast.options import Config

    def pair(units: int) -> tuple[Any, Any]:
        made = build_network(Config(hidden_size=units), output_size=3)
        return made.body, made.head

    model = rc.Forecaster(network=pair(4), h=3, max_epochs=1, readout="gradient")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(table(), val_size=8, test_size=8, progress="quiet")
    model.save(tmp_path / "own")
    loaded = rc.load(tmp_path / "own", network=pair(4))
    assert loaded.predict().equals(model.predict())
    with pytest.raises(ArgumentError) as caught:
        rc.load(tmp_path / "own", network=pair(5))
    assert str(caught.value) == (
        "`network` is not the one that this model was fitted with: it has weights of the shape (3, 20) where (3, 16) "
        "was saved; pass that pair again."
    )


# Files that older versions wrote


def expected_of(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


VERSIONS = [f"v{n}" for n in range(1, container.VERSION + 1)]


@pytest.mark.bits
@pytest.mark.parametrize("version", VERSIONS)
def test_the_first_golden_model_opens_forecasts_and_observes_the_same(version):
    expected = expected_of("v1-lstm")
    model = rc.load(GOLDEN / f"{version}-lstm.rollcast")
    forecast = model.predict(h=len(expected["forecast"]))
    assert [t.isoformat() for t in forecast["ds"]] == expected["ds"]
    assert_allclose(forecast[model.name], expected["forecast"], rtol=1e-5)
    state = model.observe(pd.DataFrame(expected["new rows"]).astype({"ds": "M8[ns]"}))
    live = model.predict_array(h=3, state=state.select(state.ids[:1]))
    assert_allclose(live[0], expected["forecast after new rows"][:3], rtol=1e-5)
    later = model.predict(pd.DataFrame(expected["new rows"]).astype({"ds": "M8[ns]"}), h=3)
    assert_allclose(later[model.name], expected["forecast after new rows"], rtol=1e-5)
    assert errors_in(model.history.verdict) == errors_in(expected["verdict"])
    assert model.fitted.card.digest == expected["digest"]


@pytest.mark.bits
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["gru-shops", "window", "esn", "rnn-ridge"])
def test_golden_models_of_every_kind_open_and_forecast_the_same(version, name):
    expected = expected_of(f"v1-{name}")
    model = rc.load(GOLDEN / f"{version}-{name}.rollcast")
    forecast = model.predict(h=7)
    assert forecast["shop"].tolist() == expected["shop"]
    assert [t.isoformat() for t in forecast["day"]] == expected["day"]
    assert_allclose(forecast[model.name], expected["forecast"], rtol=1e-4)
    assert errors_in(model.history.verdict) == errors_in(expected["verdict"])
    assert model.history.defaults == expected["defaults"]
    assert model.history.stop_reason is None  # not known of old files
    assert model.fitted.card.digest == expected["digest"]


@pytest.mark.bits
def test_a_golden_model_with_an_exponential_level_opens_and_forecasts_the_same():
    expected = expected_of("v2-level")
    model = rc.load(GOLDEN / "v2-level.rollcast")
    forecast = model.predict()
    assert forecast.iloc[:, 0].astype(str).tolist() == expected["ds"]
    assert_allclose(forecast[model.name], expected["forecast"], rtol=1e-5)


@pytest.mark.bits
@pytest.mark.parametrize("version", VERSIONS)
def test_a_golden_state_opens_and_its_model_goes_on_from_it(version):
    expected = expected_of("v1-gru-shops")
    model = rc.load(GOLDEN / "v1-gru-shops.rollcast")
    state = rc.State.load(GOLDEN / f"{version}-shops.state")
    forecast = model.predict(h=4, state=state)
    assert_allclose(forecast[model.name], expected["forecast after rows"], rtol=1e-4)
    rows = pd.DataFrame(expected["observed"]).astype({"day": "M8[ns]"})
    again = model.observe(rows)
    assert again.ids == state.ids
    assert_array_equal(again.nexts, state.nexts)
    assert_allclose(
        again.network_state.features, state.network_state.features, rtol=1e-4, atol=1e-6
    )


def errors_in(verdict: str) -> list[str]:
    """The two errors that a verdict compares: its words have changed since, and the baseline chosen may not."""
    return re.findall(r"MAE (\S+) against (\S+?)[ ,)]", verdict)


def test_there_is_a_golden_file_for_every_version_of_the_format():
    versions = {int(p.stem.split("-")[0].removeprefix("v")) for p in GOLDEN.glob("*.rollcast")}
    assert versions == set(range(1, container.VERSION + 1))


@pytest.mark.parametrize(("anchor", "kept"), [("season", 6), ("last", 1)])
def test_what_the_state_keeps_of_the_data_is_what_anchors_need_or_up_to_half_as_much_again(
    anchor, kept, tmp_path
):
    """Said here because it can be private: to go on, a forecast needs its anchors."""
    model = fit(anchor=anchor)
    model.save(tmp_path / "shops")
    arrays = members(tmp_path / "shops")
    recent = arrays["arrays/memory/recent.npy"]
    assert recent.shape == (2, kept)
    scaler = model.fitted.state.preparation.scaler
    north = table()[lambda t: t["shop"] == "north"]["sales"].to_numpy()[-kept:]
    assert_allclose(
        recent[0] * scaler.scale[0] + scaler.shift[0],
        np.log(north) if scaler.log[0] else north,
        rtol=1e-5,
    )
    assert_array_equal(arrays["arrays/clock/rows.npy"], [60, 51])
