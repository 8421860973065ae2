import json
import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.evaluation.scoring import score
from rollcast.training.history import History
from rollcast.training.start_kind import StartKind
from rollcast.training.stopping import StopReason


def judged() -> History:
    y = np.ones((3, 2))
    scores = score(y, {"LSTM": y, "naive": y + 1}, scale=np.ones(3))
    return History(
        loss=np.array([3.0, 2.0, 1.5], np.float32),
        val_loss=[3.0, 1.25, 2.0],
        seconds=[1.0, 0.5, 0.5],
        best_epoch=2,
        warnings=["Validation rose."],
        stopped="no better for 10 epochs",
        scores=scores,
        defaults="scaling=standard",
        compile_seconds=4.0,
    )


def test_series_are_kept_as_tuples_and_missing_ones_are_nan():
    history = judged()
    assert len(history) == 3
    assert history.loss == (3.0, 2.0, 1.5)
    assert all(math.isnan(v) for v in history.rmse)
    assert len(history.val_mae) == 3
    assert history.warnings == ("Validation rose.",)
    assert history.total_seconds == 6.0


def test_it_reads_in_two_short_lines():
    assert repr(judged()).splitlines() == [
        "History: 3 epochs, best 2 (val_loss 1.25), 6 s, 1 warning",
        "Over 2 steps the LSTM's error is 100 % below naive's (MAE 0 against 1). Two separate test windows: promising, "
        "not proven.",
    ]
    assert repr(History(loss=(0.5,), best_epoch=1)) == "History: 1 epoch, best 1 (loss 0.5)"


def test_a_history_without_epochs_is_still_one():
    history = History(loss=())
    assert history
    assert len(history) == 0
    assert repr(history) == "History: 0 epochs"
    assert math.isnan(history.total_seconds)
    assert history.to_frame().shape == (0, 8)


def test_fine_tuning_is_counted_in_updates():
    tuned = History(loss=(0.5, 0.25), best_epoch=2, updates=15)
    assert repr(tuned) == "History: 15 updates of fine-tuning, loss 0.25"
    half = replace(tuned, start=StartKind.HALF_WAY)
    assert repr(half) == "History: 15 updates of fine-tuning, loss 0.25, kept half-way"
    dropped = History(loss=(0.5, 0.25), updates=15, start=StartKind.ZERO_SHOT)
    assert repr(dropped) == "History: 15 updates of fine-tuning, none of it kept"
    nothing = History(loss=(), stop_reason=StopReason.NOTHING_TO_TRAIN)
    assert repr(nothing) == "History: nothing trained by gradients"
    judged = replace(nothing, start=StartKind.ZERO_SHOT)
    assert repr(judged) == "History: the pretrained network as it is"
    again = History.from_json(half.to_json())
    assert (again.updates, again.start) == (15, StartKind.HALF_WAY)
    older = {
        name: value for name, value in tuned.to_json().items() if name not in {"updates", "start"}
    }
    again = History.from_json(older)
    assert (again.updates, again.start) == (0, None)


def test_the_picture_of_fine_tuning_has_a_loss_alone():
    figure = History(loss=(0.5, 0.25, 0.2), best_epoch=3, updates=30).plot()
    (only,) = figure.axes
    assert only.get_xlabel() == "updates of fine-tuning, in tens"
    assert [text.get_text() for text in figure.findobj(Text) if "best" in text.get_text()] == []


def test_the_verdict_is_that_of_the_scores():
    history = judged()
    assert history.scores is not None
    assert history.verdict == history.scores.verdict
    assert History(loss=()).verdict == "Not judged: no test part was held out."


def test_the_frame_counts_epochs_from_one():
    frame = judged().to_frame()
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["val_loss"].tolist() == [3.0, 1.25, 2.0]
    assert frame["rmse"].isna().all()


def test_json_is_strict_and_gives_the_same_history_back():
    history = judged()
    text = json.dumps(history.to_json(), allow_nan=False)
    back = History.from_json(json.loads(text))
    assert back.to_json() == history.to_json()
    assert repr(back) == repr(history)
    bare = History(loss=(math.nan, math.inf))
    again = History.from_json(json.loads(json.dumps(bare.to_json(), allow_nan=False)))
    assert math.isnan(again.loss[0])
    assert again.loss[1] == math.inf
    assert again.scores is None


@pytest.mark.parametrize(
    "fault", [{"loss": None}, {"loss": [[]]}, {"scores": {}}, {"mae": [1.0]}, {"best_epoch": 9}]
)
def test_a_history_that_can_not_be_read_is_refused_in_a_sentence(fault: dict[str, object]):
    with pytest.raises(ArtifactError, match="can't be read"):
        History.from_json(judged().to_json() | fault)
    with pytest.raises(ArtifactError, match="The saved history can't be read: KeyError"):
        History.from_json({})


def test_lengths_that_differ_are_refused():
    with pytest.raises(ArgumentError, match="`val_loss` must have a value for each of 2 epochs"):
        History(loss=(1.0, 2.0), val_loss=(1.0,))
    with pytest.raises(ArgumentError, match=r"`best_epoch` must lie in 0\.\.1; got 2"):
        History(loss=(1.0,), best_epoch=2)


def test_it_draws_itself():
    figure = judged().plot("rmse", unit="MW", title="Training")
    assert figure.axes[1].get_ylabel() == "RMSE (MW)"
    assert figure.axes[0].get_title(loc="left") == "Training"
