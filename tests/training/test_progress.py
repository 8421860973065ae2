from __future__ import annotations

import math
import sys

import pytest

from rollcast.errors import ArgumentError
from rollcast.training.progress import ProgressBar, ProgressLines, Quiet, make_listener, say
from rollcast.training.run import Epoch
from rollcast.training.task import Validation


def epoch(loss: float, val_loss: float = math.nan) -> Epoch:
    return Epoch(loss, loss, loss, Validation(val_loss, val_loss, val_loss), 1.0, 0.1)


def test_quiet_says_nothing(capsys):
    quiet = make_listener("quiet", "LSTM", 3)
    quiet.block(1, 1, 2)
    quiet.epoch(1, epoch(0.5))
    quiet.close()
    assert capsys.readouterr() == ("", "")
    assert type(make_listener(False, "LSTM", 3)) is Quiet


def test_lines_tell_the_first_epoch_and_then_now_and_again(capsys):
    lines = ProgressLines("LSTM", 200, every_s=1e9)
    lines.block(1, 1, 2)
    lines.epoch(1, epoch(0.123456, 0.5))
    lines.epoch(2, epoch(0.1))
    assert capsys.readouterr() == ("", "LSTM: epoch 1/200  loss 0.1235  val_loss 0.5\n")
    often = ProgressLines("LSTM", 200, every_s=0.0)
    often.epoch(3, epoch(0.25))
    assert capsys.readouterr().err == "LSTM: epoch 3/200  loss 0.25\n"


def test_a_terminal_gets_a_bar_and_a_pipe_lines(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert type(make_listener("auto", "LSTM", 3)) is ProgressLines
    assert type(make_listener(True, "LSTM", 3)) is ProgressLines
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    bar = make_listener("auto", "LSTM", 3)
    bar.close()
    assert type(bar) is ProgressBar


def test_the_bar_shows_epoch_and_losses(capsys):
    bar = make_listener("bar", "LSTM", 3)
    bar.block(1, 1, 2)
    bar.epoch(1, epoch(0.5, 0.25))
    bar.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert "LSTM" in err
    assert "epoch 1/3" in err
    assert "val_loss 0.25" in err


def test_any_other_word_is_refused():
    with pytest.raises(ArgumentError) as caught:
        make_listener("loud", "LSTM", 3)
    assert str(caught.value) == (
        "`progress` must be one of 'auto', 'bar', 'lines', 'quiet'; got 'loud'."
    )


class Deaf:
    """A stderr that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError("No space left on device")

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("stream", [None, Deaf()])
def test_no_training_ends_because_nobody_reads_of_it(monkeypatch, stream):
    """Without a console Python's stderr is None, as under pythonw."""
    monkeypatch.setattr(sys, "stderr", stream)
    listener = make_listener("auto", "LSTM", 3)
    listener.epoch(1, epoch(0.5))
    listener.close()
    say("lines", "A sentence.")
