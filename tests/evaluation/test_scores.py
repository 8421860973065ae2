import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.evaluation.scores import Scores, score

NAN = math.nan


def off_by(
    amounts: dict[str, float], *, origins: int = 60, h: int = 48, unit: str | None = None
) -> Scores:
    """Scores of forecasts that are wrong by a constant."""
    actual = np.full((origins, h), 1000.0)
    forecasts = {name: actual + amount for name, amount in amounts.items()}
    return score(actual, forecasts, scale=np.full(origins, 100.0), season=h, unit=unit)


def test_the_verdict_names_the_better_baseline_the_gain_and_the_evidence():
    scores = off_by({"LSTM": 212, "naive": 801, "seasonal naive": -371}, unit="MW")
    assert scores.wins
    assert scores.verdict == (
        "LSTM beats seasonal naive by 43 % at h = 48 "
        "(MAE 212 against 371 MW, better at 60 of 60 forecast starts)."
    )


def test_the_verdict_says_plainly_when_the_model_loses():
    scores = off_by({"LSTM": 3.1, "naive": 2.9, "seasonal naive": 5}, h=7)
    assert not scores.wins
    assert scores.verdict == (
        "LSTM does not beat naive: MAE 3.1 against 2.9 at h = 7 (60 forecast starts); "
        "use naive, or give it more data."
    )


@pytest.mark.parametrize("mae", [99.5, 100.0, 100.9])
def test_within_a_hundredth_it_is_no_better(mae: float):
    scores = off_by({"GRU": mae, "naive": 100.0}, h=3)
    assert not scores.wins
    assert scores.verdict.startswith("GRU is no better than naive at h = 3 (MAE ")
    assert scores.verdict.endswith("use naive.")


def test_a_small_gain_keeps_its_decimal():
    assert "beats naive by 2.5 %" in off_by({"GRU": 97.5, "naive": 100.0}).verdict


def test_perfect_baselines_can_not_be_beaten():
    assert not off_by({"LSTM": 0.0, "naive": 0.0}).wins
    assert off_by({"LSTM": 0.0, "naive": 0.0}).skill == 0.0
    assert "does not beat naive" in off_by({"LSTM": 1.0, "naive": 0.0}).verdict


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
        == "LSTM has MAE 3 °C at h = 2 (1 forecast start), with no baseline beside it."
    )


def test_without_an_observed_value_there_is_no_judging():
    actual = np.full((3, 2), NAN)
    scores = score(
        actual, {"LSTM": np.ones((3, 2)), "naive": np.ones((3, 2))}, scale=np.ones(3), season=None
    )
    assert scores.origins == 0
    assert scores.verdict.startswith("LSTM can't be judged")
    assert "n/a" in scores.table()


def test_the_verdict_counts_the_origins_at_which_the_model_is_better():
    actual = np.zeros((4, 1))
    model, naive = np.array([[1.0], [1.0], [1.0], [2.0]]), np.array([[9.0], [9.0], [9.0], [1.0]])
    scores = score(actual, {"LSTM": model, "naive": naive}, scale=np.ones(4))
    assert scores["naive"].beaten == 0.75
    assert "better at 3 of 4 forecast starts" in scores.verdict


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
        scores["Theta"]


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
    scores = off_by({"LSTM": model, "naive": naive, "seasonal naive": seasonal}, origins=2, h=2)
    assert scores.wins == (" beats " in scores.verdict)
    assert "\n" not in scores.verdict
    if scores.wins:
        assert scores.model.mae < min(scores["naive"].mae, scores["seasonal naive"].mae)
