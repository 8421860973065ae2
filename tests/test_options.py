from __future__ import annotations

import inspect
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rollcast as rc
from rollcast.errors import ArgumentError, show
from rollcast.options import FIT_ARGUMENTS, FORECAST_ARGUMENTS, MODEL_OPTIONS, Config, whole
from rollcast.options.config import make_config
from rollcast.options.level_option import check_level
from rollcast.options.option import GROUPS
from rollcast.options.other_words import OURS
from rollcast.options.season_option import check_seasons
from samples import NAN

POSITIVE = ("num_layers", "batch_size")
FROM_ZERO = ("max_epochs", "rollout", "seed")
OPTIONAL = ("h", "input_size", "output_size", "season_length", "patience")


@pytest.mark.parametrize("name", [*POSITIVE, *OPTIONAL])
@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True])
def test_a_size_is_a_whole_number_of_at_least_one(name: str, value: Any):
    with pytest.raises(ArgumentError) as caught:
        Config(**{name: value})
    assert str(caught.value) == f"`{name}` must be a whole number of at least 1; got {value!r}."


@pytest.mark.parametrize("name", POSITIVE)
def test_only_what_is_chosen_from_the_data_may_be_none(name: str):
    with pytest.raises(ArgumentError, match=f"`{name}` must be a whole number"):
        Config(**{name: None})
    assert all(getattr(Config(**{n: None}), n) is None for n in OPTIONAL)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *((n, -1, f"`{n}` must be a whole number of at least 0; got -1.") for n in FROM_ZERO),
        *((n, 1.5, f"`{n}` must be a whole number of at least 0; got 1.5.") for n in FROM_ZERO),
        ("hidden_size", 0, "`hidden_size` must be a whole number of at least 1; got 0."),
        ("readout", "svd", "`readout` must be one of 'auto', 'ridge', 'gradient'; got 'svd'."),
        ("stateful", "yes", "`stateful` must be one of True, False; got 'yes'."),
        ("input_noise", -0.1, "`input_noise` must be a number of at least 0; got -0.1."),
        ("spectral_radius", 0, "`spectral_radius` must be a number above 0; got 0."),
        ("leak_rate", 1.5, "`leak_rate` must be above 0 and at most 1; got 1.5."),
        ("cell", "LSTM", "`cell` must be one of 'lstm', 'gru', 'rnn', 'esn'; got 'LSTM'."),
        ("reading", "both", "`reading` must be one of 'sequence', 'window'; got 'both'."),
        (
            "scaling",
            "max",
            "`scaling` must be one of 'standard', 'minmax', 'meanabs', 'none'; got 'max'.",
        ),
        (
            "anchor",
            None,
            "`anchor` must be one of 'auto', 'last', 'season', 'level', 'none'; got None.",
        ),
        ("log", "yes", "`log` must be one of 'auto', True, False; got 'yes'."),
        ("dropout", 1.0, "`dropout` must be at least 0 and below 1; got 1.0."),
        ("dropout", -0.1, "`dropout` must be at least 0 and below 1; got -0.1."),
        ("dropout", "0.1", "`dropout` must be at least 0 and below 1; got '0.1'."),
        ("clip_norm", 0, "`clip_norm` must be a number above 0, or None; got 0."),
        (
            "learning_rate",
            -0.1,
            "`learning_rate` must be a number above 0 or a Keras schedule; got -0.1.",
        ),
        (
            "learning_rate",
            "fast",
            "`learning_rate` must be a number above 0 or a Keras schedule; got 'fast'.",
        ),
        *(
            (
                "bounds",
                value,
                '`bounds` must be (low, high), such as (0, 100) or (0, None), with the low below the high, "auto" or '
                f"None; got {show(value)}.",
            )
            for value in (
                5,
                (1, 1),
                (2, 1),
                (0,),
                (0, 1, 2),
                ("0", "1"),
                (NAN, 1),
                (True, 2),
                {0, 1},
                (0, 10**400),
            )
        ),
        *(
            (
                "bounds",
                value,
                "`bounds` must be LOW,HIGH, such as 0,100 or 0, with the low below the high, auto or none; "
                f"got {value!r}.",
            )
            for value in ("", "0", "nonnegative", "1,0", "0,1,2", "nan,1")
        ),
        (
            "bidirectional",
            True,
            "`bidirectional` would let the network see the future when it reads a sequence; "
            'use reading="window".',
        ),
        (
            "go_backwards",
            True,
            "`go_backwards` would let the network see the future when it reads a sequence; "
            'use reading="window".',
        ),
    ],
)
def test_each_wrong_value_has_its_sentence(name: str, value: Any, message: str):
    with pytest.raises(ArgumentError) as caught:
        Config(**{name: value})
    assert str(caught.value) == message


def test_an_unknown_option_suggests_the_nearest_one():
    with pytest.raises(ArgumentError) as caught:
        make_config({"hiden_size": 8}, {})
    assert str(caught.value) == (
        "`hiden_size` is not an option of Forecaster; did you mean `hidden_size`?"
    )
    with pytest.raises(
        ArgumentError, match="`zzz` is not an option of Forecaster; the options are h,"
    ):
        make_config({"zzz": 8}, {})


def test_numbers_of_numpy_are_taken_as_plain_ones():
    config = Config(h=np.int64(12), hidden_size=np.int32(8), learning_rate=np.float32(0.5))
    assert type(config.h) is int
    assert json.loads(json.dumps(config.to_json()))["learning_rate"] == 0.5
    assert whole("h", np.int16(3)) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("auto", "auto"),
        ("none", None),
        (None, None),
        ((None, None), None),
        ((0, 100), (0.0, 100.0)),
        ([0, None], (0.0, None)),
        (np.array([0.5, np.inf]), (0.5, None)),
        ((-np.inf, np.float32(3)), (None, 3.0)),
        ("0,100", (0.0, 100.0)),
        (" -5, ", (-5.0, None)),
        (",1e3", (None, 1000.0)),
    ],
)
def test_bounds_are_kept_as_a_pair_and_come_back_from_json(given: Any, kept: Any):
    config = Config(bounds=given)
    assert config.bounds == kept
    assert Config.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_bound_is_no_negative_zero():
    assert not np.signbit(Config(bounds=(-0.0, 1)).bounds[0])


def test_plain_values_come_back_from_json():
    config = Config(h=3, cell="gru", log=True, dropout=0.1, patience=None, loss="mae", seed=4)
    assert Config.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_options_of_a_later_version_are_passed_over():
    assert Config.from_json(Config(h=3).to_json() | {"not_yet_thought_of": 1}) == Config(h=3)


def test_a_configuration_from_before_there_was_a_pretrained_network_goes_without():
    before = Config(h=3, pretrained=False, point="median", likelihood="quantiles")
    assert Config.from_json({"h": 3}) == before


@pytest.mark.parametrize("shaped", [{"hidden_size": 64}, {"cell": "gru"}, {"max_epochs": 3}])
def test_an_option_that_shapes_a_network_asks_for_one_of_random_weights(shaped):
    assert Config(h=3).pretrained == "2026-1"
    assert Config(**shaped).pretrained is False
    assert Config(h=3).replace(**shaped).pretrained is False
    assert rc.Forecaster(**shaped).config.pretrained is False


def test_an_option_that_is_given_with_its_default_shapes_a_network_too():
    assert rc.Forecaster(cell="lstm").config.pretrained is False


def test_shapes_beside_the_pretrained_network_are_refused():
    with pytest.raises(ArgumentError, match=r"`hidden_size` shapes or trains .* leave out"):
        rc.Forecaster(hidden_size=8, pretrained="2026-1")
    with pytest.raises(ArgumentError, match=r"`train=False` .* leave them out"):
        rc.Forecaster(hidden_size=8, train=False)
    with pytest.raises(ArgumentError, match=r'"auto", False, or a version .*2026-1.*got .1999-9'):
        rc.Forecaster(pretrained="1999-9")


def test_objects_of_keras_come_back_from_json_as_such():
    from rollcast.networks.losses import weighted_loss
    from rollcast.runtime.backend import load_keras
    from rollcast.training.optimizers import make_optimizer

    keras = load_keras()
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 50)
    config = Config(
        loss=keras.losses.LogCosh(),
        optimizer=keras.optimizers.SGD(0.3, momentum=0.9),
        learning_rate=schedule,
    )
    back = Config.from_json(json.loads(json.dumps(config.to_json())))
    ones = np.ones((1, 1, 1), np.float32)
    assert float(weighted_loss(back.loss)(ones, 3 * ones, ones)) == pytest.approx(
        np.log(np.cosh(2))
    )
    optimizer = make_optimizer(back.optimizer)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert optimizer.momentum == 0.9
    by_name = make_optimizer("adam", learning_rate=back.learning_rate)
    assert isinstance(by_name._learning_rate, keras.optimizers.schedules.CosineDecay)


def test_a_huber_loss_keeps_its_delta():
    from rollcast.networks.losses import weighted_loss
    from rollcast.runtime.backend import load_keras

    config = Config(loss=load_keras().losses.Huber(delta=0.25))
    back = Config.from_json(json.loads(json.dumps(config.to_json())))
    ones = np.ones((1, 1, 1), np.float32)
    expected = 0.25 * (2 - 0.25 / 2)
    assert float(weighted_loss(back.loss)(ones, 3 * ones, ones)) == pytest.approx(expected)


def plain(y, p):
    return (y - p)[..., 0] ** 2


def test_a_function_of_ones_own_is_kept_by_name_and_asked_for_again():
    from rollcast.networks.losses import weighted_loss
    from rollcast.runtime.backend import load_keras

    back = Config.from_json(json.loads(json.dumps(Config(loss=plain).to_json())))
    assert back.loss == f"{__name__}.plain"
    with pytest.raises(ArgumentError, match=r"must be \"rmse\" or a Keras loss .* got '.*\.plain'"):
        weighted_loss(back.loss)
    of_keras = Config(loss=load_keras().losses.mean_absolute_error).to_json()["loss"]
    ones = np.ones((1, 1, 1), np.float32)
    assert float(weighted_loss(of_keras)(ones, 3 * ones, ones)) == 2
    assert "<lambda>" in Config(loss=lambda y, p: y).to_json()["loss"]


def test_help_shows_every_option_with_its_default():
    shown = inspect.signature(rc.Forecaster).parameters
    assert list(shown) == ["network", "horizon", *MODEL_OPTIONS]
    assert shown["num_layers"].default == 1
    assert shown["network"].default is None
    shown = inspect.signature(rc.Forecaster.fit).parameters
    assert list(shown) == ["self", "data", *FIT_ARGUMENTS]
    assert shown["fill"].default == "anchor"


@pytest.mark.parametrize("function", [rc.check, rc.Forecaster.fit])
def test_arguments_stand_below_each_other_where_python_shows_them(function: Any):
    lines = (inspect.getdoc(function) or "").split("Args:\n")[1].split("\n\n")[0].splitlines()
    names = [
        line
        for line in lines
        if line.split(":")[0].strip() in inspect.signature(function).parameters
    ]
    assert len(names) > 8
    assert {len(line) - len(line.lstrip()) for line in names} == {4}


def test_every_option_is_explained_where_python_shows_it():
    for text, options in (
        (Config.__doc__, MODEL_OPTIONS),
        (rc.Forecaster.fit.__doc__, FIT_ARGUMENTS),
    ):
        for name, option in options.items():
            assert f"{name}: {option.help.split()[0]}" in str(text)
            assert option.group in GROUPS
            assert option.help.endswith(".")


def test_a_configuration_has_every_option_with_its_default():
    assert Config() == Config(**{n: o.default for n, o in MODEL_OPTIONS.items()})
    assert Config(h=3).replace(h=4, cell="gru") == Config(h=4, cell="gru")
    with pytest.raises(AttributeError):
        Config().h = 3


def test_every_default_is_within_its_own_range():
    for options in (MODEL_OPTIONS, FIT_ARGUMENTS):
        for name, option in options.items():
            assert option.check(name, option.default) == option.default


def test_the_page_of_options_is_made_from_the_declarations():
    docs = Path(__file__).parents[1] / "docs"
    made = runpy.run_path(str(docs / "make_options.py"))["page"]()
    assert (docs / "options.md").read_text(encoding="utf-8") == made, "run docs/make_options.py"


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"epochs": 3}, "`epochs` is not an option of Forecaster; here it is called `max_epochs`."),
        ({"lookback": 14}, "here it is called `input_size`."),
        ({"units": 32}, "here it is called `hidden_size`."),
        ({"n_lags": 7}, "here it is called `input_size`."),
        ({"freq": "D"}, "give it to fit(data, ...)."),
        ({"frequency": "D"}, "here it is called `freq`: give it to fit(data, ...)."),
    ],
)
def test_other_tools_words_are_answered_with_the_right_one(given: dict[str, Any], answer: str):
    with pytest.raises(ArgumentError) as caught:
        rc.Forecaster(**given)
    assert str(caught.value).endswith(answer)


def test_words_that_are_answered_name_options_that_there_are():
    ours = {*MODEL_OPTIONS, *FIT_ARGUMENTS, *FORECAST_ARGUMENTS}
    assert set(OURS.values()) <= ours
    assert set(OURS).isdisjoint(ours)


def test_fit_and_predict_answer_too():
    model = rc.Forecaster()
    for call, answer in (
        (
            lambda: model.fit([1.0], h=3),
            "`h` is not an option of fit; give it to Forecaster(...).",
        ),
        (lambda: model.fit([1.0], timezone="UTC"), "here it is called `tz`."),
        (
            lambda: model.predict(steps=3),
            "`steps` is not an option of predict; here it is called `h`.",
        ),
        (lambda: model.plot(n=3), "here it is called `h`."),
        (lambda: rc.diagnose(model, steps=3), "here it is called `h`."),
    ):
        with pytest.raises(ArgumentError) as caught:
            call()
        assert str(caught.value).endswith(answer)


def test_horizon_is_another_word_for_h():
    assert rc.Forecaster(horizon=7).config.h == 7
    with pytest.raises(ArgumentError, match="`h` and `horizon` are one option"):
        rc.Forecaster(h=7, horizon=7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stateful": True, "reading": "window"}, "every window starts from zero"),
        ({"max_epochs": 0, "readout": "gradient"}, "leaves nothing to train"),
        ({"cell": "esn", "readout": "gradient"}, "leaves nothing to train"),
        ({"readout": "ridge", "activation": "relu"}, "for a linear head only"),
        ({"cell": "esn", "activation": "tanh"}, "for a linear head only"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, Any], message: str):
    with pytest.raises(ArgumentError, match=message):
        Config(**options)


def test_a_reservoir_is_larger_unless_its_size_is_given():
    assert (Config().hidden_size, Config(cell="esn").hidden_size) == (64, 500)
    assert Config(cell="esn", hidden_size=50).hidden_size == 50


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (80, (80,)),
        ([95, 80], (80, 95)),
        ((97.5, 80.0), (80, 97.5)),
        (np.array([80, 95]), (80, 95)),
        (np.float32(97.5), (97.5,)),
        ("80,95", (80, 95)),
        ("97.5, 80", (80, 97.5)),
        (98, (98,)),
        (1, (1,)),
        ([], ()),
    ],
)
def test_levels_are_kept_in_order_and_whole_ones_as_whole_numbers(
    given: Any, kept: tuple[Any, ...]
):
    levels = check_level("level", given)
    assert levels == kept
    assert [type(level) for level in levels] == [type(level) for level in kept]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("wide", "`level` must be a percentage or several, such as 80,95; got 'wide'."),
        ("80,", "`level` must be a percentage or several, such as 80,95; got '80,'."),
        ("", "`level` must be a percentage or several, such as 80,95; got ''."),
        (True, "`level` must be a percentage or several, such as [80, 95]; got True."),
        ([80, None], "`level` must be a percentage or several, such as [80, 95]; got [80, None]."),
        ([NAN], "`level` must be a percentage or several, such as [80, 95]; got [nan]."),
        ({80: 1}, "`level` must be a percentage or several, such as [80, 95]; got {80: 1}."),
        (0, "`level` must be above 0 and below 100 percent; got 0."),
        ([80, 100], "`level` must be above 0 and below 100 percent; got 100."),
        (-5.5, "`level` must be above 0 and below 100 percent; got -5.5."),
        (0.8, "`level` is in percent, such as 80 and not 0.8; got 0.8."),
        ([80, 95, 80.0], "`level` has 80 twice; give each level once."),
        (
            [80, 99],
            "`level` must be at most 98, since the network tells no quantiles beyond 0.01 and 0.99; got 99.",
        ),
    ],
)
def test_what_is_no_level_is_refused_in_a_sentence(given: Any, message: str):
    with pytest.raises(ArgumentError) as caught:
        check_level("level", given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (12, (12,)),
        (np.int64(1), (1,)),
        ([24, 168], (24, 168)),
        ((168, 24), (24, 168)),
        (np.array([7, 365]), (7, 365)),
        ("24,168", (24, 168)),
        (" 336, 48 ", (48, 336)),
        ([2016], (2016,)),
    ],
)
def test_one_season_or_two_are_kept_in_ascending_order(given: Any, kept: tuple[int, ...]):
    seasons = check_seasons("season_length", given)
    assert seasons == kept
    assert all(type(season) is int for season in seasons)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("day", "must be one season or two, in rows, such as 24,168; got 'day'."),
        ("24,", "must be one season or two, in rows, such as 24,168; got '24,'."),
        ([], "must be one season or two, in rows, such as [24, 168]; got []."),
        ([7, 1], "= 1 is no season; give 7 alone."),
        ([7, 30, 365], "must be one season or two, in rows, such as [24, 168]; got [7, 30, 365]."),
        (True, "must be one season or two, in rows, such as [24, 168]; got True."),
        ([True, 7], "must be a whole number of at least 1; got True."),
        (0, "must be a whole number of at least 1; got 0."),
        (12.0, "must be a whole number of at least 1; got 12.0."),
        ([24, 8766], "must be at most 2,016; got 8766."),
        ([24, 24], "has 24 twice; give each season once."),
    ],
)
def test_what_is_no_season_is_refused_in_a_sentence(given: Any, message: str):
    with pytest.raises(ArgumentError) as caught:
        check_seasons("season_length", given)
    assert str(caught.value) == f"`season_length` {message}"
