"""The verdict: how much better a model is than the baseline to beat, how certain that is, and which of them to use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from rollcast._number_format import format_count, format_number
from rollcast.evaluation.baselines import BASELINES
from rollcast.evaluation.comparison import CLOSE, FEWEST, LEVEL
from rollcast.options.config import PRETRAINED_NAME

if TYPE_CHECKING:
    from rollcast.evaluation.scores import Scores

PROMISING: Final = 0.2
"""The largest p-value at which a difference that is not certain is more than noise: one in five trials."""

_COUNTS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)

_FEW_PERCENT, _MANY_TIMES = 10, 2

_COUNTLESS = 1000
"""How many times one error is another's is told up to here: what lies beyond is a ratio to rounding."""


def verdict_of(scores: Scores) -> str:
    """What is to be said of a model beside the baseline to beat, in one or two sentences."""
    model, best, over = scores.model, scores.best_baseline, f"over {steps_in_words(scores)}"
    if scores.origins == 0:
        return f"{model.name} can't be judged: nothing that counts was observed after a forecast start."
    if not math.isfinite(model.mae):
        return f"{model.name} failed: some of its forecasts are NaN or infinite; train it again."
    if best is None:
        kind = "RMSE" if scores.squared else "MAE"
        error = scores.with_unit(model.rmse if scores.squared else model.mae)
        return f"{model.name} has {kind} {error} {over} ({scores.starts_in_words}), with no baseline beside it."
    over, errors, rest = over.capitalize(), _errors(scores), _left_out(scores)
    if is_tie(scores) and scores.remembered is None:
        return f"{over} {_who(model.name)} is as good as {best.name} ({errors}). {_simpler(best.name)}.{rest}"
    lead = f"{over} {_who(model.name)}'s error is {_effect(scores)} ({errors})"
    return f"{lead}. {_evidence(scores)}.{_better_still(scores)}{rest}"


def _who(name: str) -> str:
    """The model in a sentence: "the LSTM", and "Rollcast" by its own name."""
    return name if name == PRETRAINED_NAME else f"the {name}"


def is_tie(scores: Scores) -> bool:
    """Whether the errors are equal in the digits that are shown, or differ by less than a hundredth."""
    ours, theirs = _pair(scores)
    return format_number(ours) == format_number(theirs) or abs(scores.skill) < CLOSE


def is_certain(scores: Scores) -> bool:
    """Whether model and baseline differ by more than chance and rounding."""
    best = scores.best_baseline
    known = best is not None and scores.windows >= FEWEST and best.p_value <= LEVEL
    return known and not is_tie(scores) and scores.remembered is None


def is_noise(scores: Scores) -> bool:
    """Whether there are windows enough, and the difference is one that chance alone often gives."""
    best = scores.best_baseline
    return best is not None and scores.windows >= FEWEST and not best.p_value <= PROMISING


def recommend(scores: Scores) -> str:
    """The rule by which one of them is to be used.

    The model, where its error is lower and that is certain or at least promising: chance alone would give it in at most
    one of five trials, or too few separate windows tell. Otherwise the baseline, which is simpler; so too where the
    baselines lacked rows that the model had read.
    """
    best = scores.best_baseline
    if best is None:
        return scores.model.name
    lower = scores.skill > 0 and not is_tie(scores) and not is_noise(scores)
    return scores.model.name if lower and scores.remembered is None else best.name


def steps_in_words(scores: Scores) -> str:
    """The steps that were judged: "12 months", "48 steps of 30 minutes", "7 steps"; the horizon, or its first ones."""
    h, step = scores.steps_judged, scores.step
    plural = "" if h == 1 else "s"
    if step is None or step[0].isdigit():
        return f"{h} step{plural}" + (f" of {step}" if step else "")
    return f"{h} {step}{plural}"


def count_in_words(count: int) -> str:
    """Small numbers as words."""
    return _COUNTS[count] if count < len(_COUNTS) else f"{count:,}"


def _pair(scores: Scores) -> tuple[float, float]:
    best = scores.best_baseline
    return scores.error(scores.model), math.nan if best is None else scores.error(best)


def _errors(scores: Scores) -> str:
    """Both errors: "MAE 14.9 against 46.8 thousand", or "MASE 0.84 against 0.95, better for 41 of 50 series"."""
    best, (ours, theirs) = scores.best_baseline, _pair(scores)
    unit = _unit(scores)
    shown = format_number(ours), format_number(theirs)
    text = f"{scores.deciding} {shown[0]} against {shown[1]}{unit}"
    if scores.series == 1 or best is None or math.isnan(best.series_beaten):
        return text
    if shown[0] == shown[1]:
        return text  # of equal forecasts rounding alone would say which is better
    count = scores.compared or scores.series
    return f"{text}, better for {round(best.series_beaten * count):,} of {count:,} series"


def _unit(scores: Scores) -> str:
    """The data's unit behind an error that has it."""
    return f" {scores.unit}" if scores.unit and scores.deciding in {"MAE", "RMSE"} else ""


def _effect(scores: Scores) -> str:
    """How large the difference is: "68 % below seasonal naive's", or "3.2 times naive's"."""
    best, (ours, theirs) = scores.best_baseline, _pair(scores)
    whose = possessive(best.name) if best else ""
    if ours > _MANY_TIMES * theirs:
        if theirs <= 0:
            return f"above {whose}"
        if ours > _COUNTLESS * theirs:
            return f"more than {_COUNTLESS:,} times {whose}"
        return f"{format_number(ours / theirs, 2)} times {whose}"
    return f"{_percent(abs(scores.skill))} {'below' if ours < theirs else 'above'} {whose}"


def _better_still(scores: Scores) -> str:
    """A sentence on a baseline that did better than the model and is not the one to beat; empty where none did."""
    best, ours = scores.best_baseline, scores.error(scores.model)
    others = {m.name: scores.error(m) for m in scores.models[1:] if m is not best}
    errors = {name: error for name, error in others.items() if name in BASELINES and error >= 0}
    if not errors or not scores.skill > 0:
        return ""
    name, theirs = min(errors.items(), key=lambda pair: pair[1])
    if not theirs < (1 - CLOSE) * ours or format_number(theirs) == format_number(ours):
        return ""
    return (
        f" {_capital(name)}, which was not the opponent{' by earlier rows' if scores.opponent else ''}, did "
        f"better here: {scores.deciding} {format_number(theirs)}{_unit(scores)}."
    )


def _left_out(scores: Scores) -> str:
    """A sentence on the series that have no error by which they could be judged; empty where all have one."""
    count = scores.series - scores.compared if scores.compared else 0
    if count < 1:
        return ""
    one = count == 1
    return (
        f" {count:,} of {scores.series:,} series {'is' if one else 'are'} left out: {'its' if one else 'their'} "
        "training rows don't vary, so there is nothing to measure errors by."
    )


def possessive(name: str) -> str:
    """Whose error it is.

    Example:
        >>> possessive("naive"), possessive("mean of the last windows")
        ("naive's", "mean of the last windows'")
    """
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _percent(share: float) -> str:
    percent = 100 * share
    if percent < _FEW_PERCENT:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %" if percent < 99.5 or share >= 1 else "over 99 %"


def _evidence(scores: Scores) -> str:
    """How certain it is, and what to do where the model is not to be used."""
    best = scores.best_baseline
    name = best.name if best else ""
    if scores.remembered is not None:
        rows = format_count(scores.remembered, "row")
        return f"The baselines know {rows} before these at most, and the network has read all: nothing is claimed"
    if not scores.windows:
        text = "How certain that is was not kept"
        return text if scores.skill > 0 else f"{text}; use {name}"
    count = count_in_words(scores.windows).capitalize()
    windows = f"{count} separate test window{'' if scores.windows == 1 else 's'}"
    if is_certain(scores):
        return f"{windows}: more than chance" + ("" if scores.skill > 0 else f"; use {name}")
    if is_noise(scores):
        return f"{windows}: as good as {name} within noise. {_simpler(name)}"
    if scores.skill > 0:
        return f"{windows}: promising, not proven"
    return f"{windows}: not proven. {_simpler(name)}"


def _simpler(name: str) -> str:
    return f"{_capital(name)} is simpler: use it"


def _capital(name: str) -> str:
    """As it begins a sentence."""
    return f"{name[0].upper()}{name[1:]}"
