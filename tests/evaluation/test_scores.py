import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.evaluation.scores import Scores
from rollcast.evaluation.scoring import score

NAN = math.nan


def off_by(amounts: dict[str, float], *, origins: int = 60, h: int = 48, **options: Any) -> Scores:
    """Scores of forecasts that are wrong by a constant, and start h rows apart."""
    actual = np.full((origins, h), 1000.0)
    forecasts = {name: actual + amount for name, amount in amounts.items()}
    time = h * np.arange(origins)
    options = {"season": h, "time": time} | options
    return score(actual, forecasts, scale=np.full(origins, 100.0), **options)


def test_the_verdict_says_apart_how_large_the_difference_is_and_how_certain():
    amounts = {"LSTM": 212, "naive": 801, "seasonal naive": -371}
    scores = off_by(amounts, unit="MW", step="30 minutes")
    assert scores.wins
    assert scores.recommended == "LSTM"
    assert scores.verdict == (
        "Over 48 steps of 30 minutes the LSTM's error is 43 % below seasonal naive's (MAE 212 against 371 MW). 60 "
        "separate test windows: more than chance."
    )


def test_a_baseline_that_did_better_and_was_not_the_opponent_is_named():
    amounts = {"LSTM": 212, "naive": 801, "seasonal naive": -371, "SES": 190, "Theta": 120}
    scores = off_by(amounts, unit="MW", opponent="seasonal naive")
    assert scores.recommended == "LSTM"
    assert scores.verdict.endswith(
        "more than chance. Theta, which was not the opponent by earlier rows, did better here: MAE 120 MW."
    )
    chosen = off_by(amounts, opponent="Theta").verdict
    assert "above Theta's" in chosen
    assert "not the opponent" not in chosen
    assert "not the opponent" not in off_by(amounts | {"SES": 211, "Theta": 211}).verdict


def test_errors_one_step_ahead_are_weighed_too():
    actual, made = np.zeros((3, 2)), np.array([[1.0, 9], [2, 9], [4, 9]])
    weights = np.array([[3.0, 1], [1, 1], [0, 1]])
    pairs = dict.fromkeys(("LSTM", "naive"), (actual[:, 0], made[:, 0]))
    forecasts = dict.fromkeys(pairs, made)
    options: dict[str, Any] = {"scale": np.ones(3), "one_step": pairs}
    scores = score(actual, forecasts, weights=weights, **options)
    assert scores.model.one_step_mae == scores.model.mae_by_step[0] == (3 * 1 + 2) / 4
    assert scores["naive"].one_step_rmse == math.sqrt((3 * 1 + 4) / 4)
    assert score(actual, forecasts, **options).model.one_step_mae == 7 / 3


def test_only_the_steps_that_were_judged_are_told():
    actual = np.full((8, 6), 1000.0)
    actual[:, 2:] = NAN
    actual[3, 1] = NAN
    forecasts = {name: actual * 0 + 1000 + by for name, by in {"LSTM": 2.0, "naive": 5.0}.items()}
    options: dict[str, Any] = {"scale": np.ones(8), "time": 6 * np.arange(8), "step": "month"}
    scores = score(actual, forecasts, **options)
    assert (scores.h, scores.steps_judged) == (6, 2)
    assert scores.verdict.startswith("Over 2 months the LSTM's error is 60 % below naive's")
    lines = scores.table().splitlines()
    assert lines[0] == "Error of 2 steps rolled forward, averaged over 8 forecast starts"
    assert [line.split()[:3] for line in lines[3:5]] == [["at", "step", "1"], ["at", "step", "2"]]
    actual[:, 1] = NAN
    one = score(actual, forecasts, **options)
    assert one.verdict.startswith("Over 1 month the LSTM's")
    assert "Error of 1 step ahead" in one.table()
    assert "at step" not in one.table()
    assert Scores.from_json(json.loads(json.dumps(one.to_json()))).steps_judged == 1


def test_overlapping_starts_prove_nothing():
    scores = off_by(
        {"LSTM": 14.9, "naive": 81.8, "seasonal naive": 46.8},
        **{"origins": 18, "h": 12, "time": np.arange(18), "unit": "thousand", "step": "month"},
    )
    assert not scores.wins
    assert scores.recommended == "LSTM"
    assert scores.verdict == (
        "Over 12 months the LSTM's error is 68 % below seasonal naive's (MAE 14.9 against 46.8 thousand). Two separate "
        "test windows: promising, not proven."
    )


def test_the_verdict_says_plainly_when_the_model_loses():
    scores = off_by({"LSTM": 3.1, "naive": 2.9, "seasonal naive": 5}, h=7)
    assert not scores.wins
    assert scores.recommended == "naive"
    assert scores.verdict == (
        "Over 7 steps the LSTM's error is 6.9 % above naive's (MAE 3.1 against 2.9). 60 separate test windows: more "
        "than chance; use naive."
    )
    few = off_by({"LSTM": 7.0, "naive": 2.0}, h=7, origins=1)
    assert few.verdict == (
        "Over 7 steps the LSTM's error is 3.5 times naive's (MAE 7 against 2). One separate test window: not proven. "
        "Naive is simpler: use it."
    )
    exact = off_by({"LSTM": 1.0, "naive": 1e-9}, h=7, origins=1)
    assert exact.verdict.startswith(
        "Over 7 steps the LSTM's error is more than 1,000 times naive's ("
    )


def test_what_chance_often_gives_is_noise():
    rng = np.random.default_rng(2)
    actual = rng.standard_normal((40, 1))
    made = {"LSTM": rng.standard_normal((40, 1)), "Theta": rng.standard_normal((40, 1))}
    scores = score(actual, made, scale=np.ones(40), opponent="Theta")
    assert scores["Theta"].p_value > 0.2
    assert scores.recommended == "Theta"
    assert scores.verdict.endswith(
        "40 separate test windows: as good as Theta within noise. Theta is simpler: use it."
    )


@pytest.mark.parametrize("mae", [99.5, 100.0, 100.9])
def test_within_a_hundredth_it_is_no_better(mae: float):
    scores = off_by({"GRU": mae, "naive": 100.0}, h=3)
    assert not scores.wins
    assert scores.verdict.startswith("Over 3 steps the GRU is as good as naive (MAE ")
    assert scores.verdict.endswith("Naive is simpler: use it.")


def test_what_does_not_show_is_a_tie_however_often_it_is_better():
    scores = off_by({"LSTM": 6.551, "naive": 6.552}, origins=36, h=3)
    assert scores["naive"].beaten == 1
    assert "as good as naive (MAE 6.55 against 6.55)" in scores.verdict


def test_a_small_gain_keeps_its_decimal():
    assert "is 2.5 % below naive's" in off_by({"GRU": 97.5, "naive": 100.0}).verdict


def test_perfect_baselines_can_not_be_beaten():
    assert not off_by({"LSTM": 0.0, "naive": 0.0}).wins
    assert off_by({"LSTM": 0.0, "naive": 0.0}).skill == 0.0
    assert off_by({"LSTM": 1.0, "naive": 0.0}).recommended == "naive"
    assert "is above naive's (MAE 1 against 0)" in off_by({"LSTM": 1.0, "naive": 0.0}).verdict


def test_the_opponent_is_the_one_that_validation_chose_whatever_the_test_part_prefers():
    amounts = {"LSTM": 2.0, "naive": 3.0, "seasonal naive": 1.0, "Theta": 4.0}
    scores = off_by(amounts, opponent="Theta")
    assert scores.best_baseline is scores["Theta"]
    assert scores.wins
    assert "seasonal naive" in scores.table()
    assert off_by(amounts).skill == -1.0  # against the better naive one
    back = Scores.from_json(json.loads(json.dumps(scores.to_json())))
    assert (back.opponent, back.windows, back.step) == ("Theta", scores.windows, scores.step)


def panel_scores() -> Scores:
    """One network that is 100 times better on 99 small series and 20 % worse on a huge one."""
    small, windows, h = 99, 8, 3
    series, time = np.repeat(np.arange(small + 1), windows), np.tile(np.arange(windows) * h, 100)
    size = np.where(series == small, 1e6, 1.0)[:, None]
    noise = np.random.default_rng(0).uniform(0.5, 1.5, (len(series), h))
    actual = np.zeros((len(series), h))
    ours = size * noise * np.where(series == small, 1.2, 0.01)[:, None]
    made = {"LSTM": actual + ours, "naive": actual + size * noise}
    return score(actual, made, scale=size[:, 0], series=series, time=time, unit="kg")


def test_no_series_of_a_panel_decides_for_the_others():
    scores = panel_scores()
    assert scores["naive"].mae < scores.model.mae
    assert scores.deciding == "MASE"
    assert scores.wins
    assert (scores.series, scores.windows) == (100, 8)
    assert scores["naive"].series_beaten == 0.99
    assert "(MASE 0.0227 against 0.997, better for 99 of 100 series)" in scores.verdict
    assert scores.verdict.endswith("Eight separate test windows: more than chance.")


def test_series_without_a_scale_are_not_counted_among_those_that_win():
    series, time = np.repeat(np.arange(4), 8), np.tile(np.arange(8), 4)
    actual, scale = np.zeros((32, 1)), np.where(series == 3, math.nan, 1.0)
    noise = np.random.default_rng(0).uniform(0.5, 1.5, (32, 1))
    made = {"LSTM": 0.1 * noise, "naive": noise}
    scores = score(actual, made, scale=scale, series=series, time=time)
    assert (scores.series, scores.compared) == (4, 3)
    assert "better for 3 of 3 series" in scores.verdict
    assert scores.verdict.endswith(
        " 1 of 4 series is left out: its training rows don't vary, so there is nothing to measure errors by."
    )
    assert Scores.from_json(scores.to_json()).verdict == scores.verdict


def test_equal_forecasts_are_better_for_no_series():
    scores = panel_scores()
    twin = replace(scores.models[1], name="LSTM", series_beaten=math.nan)
    same = replace(scores.models[1], series_beaten=0.5)
    verdict = replace(scores, models=(twin, same, *scores.models[2:])).verdict
    assert "as good as" in verdict
    assert "better for" not in verdict


def test_weights_count_in_every_score():
    actual, made = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 2.0], [3.0, 9.0]])
    weights = np.array([[1.0, 0.0], [3.0, 0.0]])
    scores = score(actual, {"LSTM": made, "naive": actual + 1}, scale=np.ones(2), weights=weights)
    assert scores.model.mae == pytest.approx(0.25)
    assert scores.model.mase == pytest.approx(0.25)
    assert scores.model.rmse == pytest.approx(0.5)
    assert scores["naive"].mae == 1.0


def test_a_model_whose_forecasts_are_not_numbers_failed():
    for fault in (NAN, math.inf):
        scores = off_by({"LSTM": fault, "naive": 1.0})
        assert not scores.wins
        assert scores.verdict.startswith("LSTM failed: some of its forecasts are NaN or infinite")


def test_without_a_baseline_the_verdict_claims_nothing():
    scores = off_by({"LSTM": 3.0}, origins=1, h=2, unit="°C")
    assert not scores.wins
    assert math.isnan(scores.skill)
    assert (
        scores.verdict
        == "LSTM has MAE 3 °C over 2 steps (1 forecast start), with no baseline beside it."
    )


def test_without_an_observed_value_there_is_no_judging():
    actual = np.full((3, 2), NAN)
    scores = score(
        actual, {"LSTM": np.ones((3, 2)), "naive": np.ones((3, 2))}, scale=np.ones(3), season=None
    )
    assert scores.origins == 0
    assert scores.verdict.startswith("LSTM can't be judged")
    assert "n/a" in scores.table()


def test_the_origins_at_which_the_model_is_better_are_counted():
    actual = np.zeros((4, 1))
    model, naive = np.array([[1.0], [1.0], [1.0], [2.0]]), np.array([[9.0], [9.0], [9.0], [1.0]])
    scores = score(actual, {"LSTM": model, "naive": naive}, scale=np.ones(4))
    assert scores["naive"].beaten == 0.75


def test_the_judged_model_comes_first_whatever_the_order():
    scores = off_by({"naive": 1.0, "seasonal naive": 2.0, "LSTM": 3.0})
    assert scores.names == ("LSTM", "naive", "seasonal naive")
    assert scores.model.mae == 3.0
    assert scores.best_baseline is scores["naive"]


def test_another_model_is_shown_but_is_no_baseline():
    scores = off_by({"ours": 2.0, "as written": 1.0, "naive": 3.0})
    assert scores.wins
    assert scores["as written"].mae == 1.0
    with pytest.raises(KeyError):
        scores["Thetas"]


def test_scores_have_the_values_of_a_hand_calculation():
    actual = np.array([[1.0, 2.0], [3.0, NAN]])
    forecast = np.array([[2.0, 0.0], [3.0, 7.0]])
    scores = score(
        actual,
        {"LSTM": forecast, "naive": np.zeros((2, 2))},
        scale=np.array([1.0, 2.0]),
        one_step={"LSTM": (np.array([1.0, NAN, 2.0]), np.array([2.0, 5.0, 5.0]))},
    )
    lstm = scores.model
    assert (scores.h, scores.origins, scores.zeros) == (2, 2, 0)
    assert lstm.mae == 1.0
    assert lstm.rmse == pytest.approx(math.sqrt(5 / 3))
    assert lstm.bias == pytest.approx(-1 / 3)
    assert lstm.mape == pytest.approx(100 * (1 + 1 + 0) / 3)
    assert lstm.mase == pytest.approx((1 + 2 + 0) / 3)
    assert lstm.mae_by_step == (0.5, 2.0)
    assert lstm.one_step_mae == 2.0
    assert lstm.one_step_rmse == pytest.approx(math.sqrt(5))
    assert math.isnan(scores["naive"].one_step_mae)


def test_all_are_judged_where_the_baselines_have_a_forecast():
    actual = np.array([[1.0, 1.0], [1.0, 1.0]])
    naive = np.array([[NAN, NAN], [2.0, 2.0]])
    model = np.array([[100.0, 100.0], [1.0, 1.0]])
    scores = score(actual, {"LSTM": model, "naive": naive}, scale=np.ones(2))
    assert scores.origins == 1
    assert scores.model.mae == 0.0


def test_mape_names_its_zeros_in_the_table():
    actual = np.array([[0.0, 1.0], [0.0, 0.0]])
    scores = score(actual, {"LSTM": actual + 1, "naive": actual + 2}, scale=np.ones(2))
    assert scores.zeros == 3
    assert math.isnan(scores.model.mape)
    assert "undefined (3 zeros)" in scores.table()
    assert (
        "undefined (1 zero)"
        in score(actual[:1], {"LSTM": actual[:1] + 1}, scale=np.ones(1)).table()
    )


def test_the_table_is_aligned_and_names_units_steps_and_one_step_error():
    actual = np.full((60, 48), 1000.0)
    pair = (actual[:, 0], actual[:, 0] + 50)
    scores = score(
        actual,
        {"LSTM": actual + 212, "naive": actual - 801, "seasonal naive": actual + 371},
        scale=np.full(60, 100.0),
        season=48,
        unit="MW",
        one_step={"LSTM": pair},
    )
    assert scores.table() == "\n".join(
        [
            "Error of 48 steps rolled forward, averaged over 60 forecast starts",
            "                   LSTM  naive  seasonal naive",
            "MAE, MW             212    801             371",
            "  at step 1         212    801             371",
            "  at step 48        212    801             371",
            "RMSE, MW            212    801             371",
            "bias, MW            212   -801             371",
            "MASE               2.12   8.01            3.71",
            "sMAPE, %           19.2    134            31.3",
            "WAPE, %            21.2   80.1            37.1",
            "MAPE, %            21.2   80.1            37.1",
            "one-step MAE, MW     50    n/a             n/a",
            "one-step RMSE, MW    50    n/a             n/a",
        ]
    )


def test_one_step_ahead_needs_no_rows_by_step():
    table = off_by({"LSTM": 1.0, "naive": 2.0}, h=1, origins=1).table()
    assert table.startswith("Error of 1 step ahead, averaged over 1 forecast start\n")
    assert "at step" not in table
    assert "one-step" not in table


def test_nothing_calls_itself_accuracy():
    scores = off_by({"LSTM": 1.0, "naive": 2.0})
    for text in (scores.table(), scores.verdict, json.dumps(scores.to_json())):
        assert "accura" not in text.lower()


def test_json_is_strict_and_gives_the_same_scores_back():
    actual = np.array([[0.0, 1.0]])
    scores = score(
        actual, {"LSTM": actual + 1, "naive": actual + math.inf}, scale=np.ones(1), unit="kg"
    )
    text = json.dumps(scores.to_json(), allow_nan=False)
    back = Scores.from_json(json.loads(text))
    assert back.to_json() == scores.to_json()
    assert back.verdict == scores.verdict
    assert back.table() == scores.table()
    assert json.loads(text)["verdict"] == scores.verdict


@pytest.mark.parametrize("fault", [{}, {"models": [{}]}, {"h": "x"}, {"h": None}, {"models": 3}])
def test_scores_that_can_not_be_read_are_refused_in_a_sentence(fault: dict[str, object]):
    values = off_by({"LSTM": 1.0}).to_json() | fault if fault else {}
    with pytest.raises(ArtifactError, match="The saved scores can't be read"):
        Scores.from_json(values)


def test_the_frame_has_a_row_for_each_model():
    frame = off_by({"LSTM": 1.0, "naive": 2.0}).to_frame()
    assert list(frame.index) == ["LSTM", "naive"]
    assert frame.index.name == "model"
    assert frame.loc["naive", "mae"] == 2.0


def test_what_does_not_fit_is_refused():
    y = np.ones((2, 3))
    with pytest.raises(ArgumentError, match=r"`forecasts` of 'naive' must have the shape \(2, 3\)"):
        score(y, {"LSTM": y, "naive": y[:1]}, scale=np.ones(2))
    with pytest.raises(ArgumentError, match="must hold a model beside the baselines"):
        score(y, {"naive": y}, scale=np.ones(2))
    with pytest.raises(ArgumentError, match=r"must have the shape \(origins, h\); got \(2, 0\)"):
        score(y[:, :0], {"LSTM": y[:, :0]}, scale=np.ones(2))
    with pytest.raises(ArgumentError, match="`scale`"):
        score(y, {"LSTM": y}, scale=np.ones(3))


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_the_verdict_and_wins_never_disagree(model: float, naive: float, seasonal: float):
    scores = off_by({"LSTM": model, "naive": naive, "seasonal naive": seasonal}, origins=8, h=2)
    assert scores.wins == (" below " in scores.verdict)
    assert "\n" not in scores.verdict
    if scores.wins:
        assert scores.model.mae < min(scores["naive"].mae, scores["seasonal naive"].mae)
