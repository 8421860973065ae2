"""``rollcast summary``: a model's card."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from rollcast._number_format import format_count
from rollcast.cli.arguments import JsonOption, ModelArgument
from rollcast.cli.console import console_of
from rollcast.networks.network import count_weights
from rollcast.networks.pretrained_network import HIDDEN, PretrainedNetwork
from rollcast.training.start_kind import StartKind

if TYPE_CHECKING:
    from rollcast.model.fitted import Fitted
    from rollcast.model.forecaster import Forecaster


def summary(context: typer.Context, model: ModelArgument, json: JsonOption = False) -> None:
    """Show a model's card: its data, configuration, scores beside the baselines, and the verdict."""
    import rollcast as rc

    console = console_of(context)
    loaded = rc.load(model)
    for line in card_lines(loaded):
        console.say(line)
    console.document({"command": "summary", "model": str(model), **model_document(loaded)})


def model_document(model: Forecaster) -> dict[str, Any]:
    """What is to be told of a fitted model, as plain values."""
    fitted = model.fitted
    history = fitted.history
    started = bool(fitted.config.pretrained)
    return {
        "name": fitted.name,
        "verdict": history.verdict,
        "scores": None if history.scores is None else history.scores.to_json(),
        "coverage": _coverage(fitted),
        "ensemble": None if fitted.ensemble is None else fitted.ensemble.to_json(),
        "unit": fitted.unit,
        "series": len(fitted.state.ids),
        "frequency": fitted.frequency.label,
        "tz": fitted.frequency.tz,
        "data": asdict(fitted.card),
        "exclude": [one.written for one in fitted.schema.exclude],
        "config": fitted.config.to_json(),
        "chosen": history.defaults,
        "bounds": _bounds(fitted),
        "parameters": count_weights(fitted.model.network.weights),
        "epochs": 0 if started else history.best_epoch,
        "updates": history.updates,
        "start": history.start,
        "stopped": history.stopped,
        "training_notes": list(history.notes),
        "training_warnings": list(history.warnings),
    }


def _coverage(fitted: Fitted) -> dict[str, Any] | None:
    """What the intervals held of the test part; None where that is not known."""
    known = fitted.intervals
    return None if known is None or known.coverage is None else known.coverage.to_json()


def _bounds(fitted: Fitted) -> dict[str, Any] | None:
    """Between which values forecasts are held, and how many series; None where none is."""
    bounds = fitted.state.preparation.bounds
    if bounds is None:
        return None
    found = [
        [side if math.isfinite(side) else None for side in pair]
        for pair in zip(bounds.low.tolist(), bounds.high.tolist(), strict=True)
    ]
    held = [pair for pair in found if pair != [None, None]]
    return {"low": held[0][0], "high": held[0][1], "series": len(held)} if held else None


def _left_out(fitted: Fitted) -> str:
    """The rows that a fit was told to leave out, as they were named; empty where none were."""
    named = fitted.schema.exclude
    return ", ".join(f"column '{one.text}'" if one.is_column else one.written for one in named)


def describe_data(fitted: Fitted) -> str:
    """Rows, span and frequency in one line."""
    card, count = fitted.card, len(fitted.state.ids)
    series = "" if count == 1 else f"{count:,} series, "
    return (
        f"{series}{card.rows:,} rows from {card.first} to {card.last}, {fitted.frequency.describe}"
    )


def card_lines(model: Forecaster) -> list[str]:
    """The card for a person."""
    fitted = model.fitted
    card, history = fitted.card, fitted.history
    train, val, test = card.split
    count = count_weights(fitted.model.network.weights)
    rows = [
        (
            "network",
            f"{describe_network(fitted)}, {count:,} parameters, seed {fitted.config.seed}",
        ),
        ("data", f"{describe_data(fitted)}; {card.missing:,} missing"),
        ("", f"sha256 {card.digest}"),
        (
            "forecasts",
            f"{fitted.schema.target_col}" + (f" in {fitted.unit}" if fitted.unit else ""),
        ),
        *([("left out", names)] if (names := _left_out(fitted)) else []),
        ("chosen", history.defaults),
        ("split", f"{format_count(train, 'row')} to train, {val:,} to validate, {test:,} to test"),
        ("trained", describe_training(fitted)),
        ("versions", ", ".join(f"{name} {number}" for name, number in card.versions.items())),
    ]
    rows += [("note", sentence) for sentence in history.notes]
    rows += [("warning", sentence) for sentence in history.warnings]
    rows += coverage_rows(fitted)
    if fitted.ensemble is not None:
        rows.append(("ensemble", f"{fitted.ensemble.describe(fitted.name)}."))
    lines = [f"{label:<10} {text}" for label, text in rows]
    if history.scores is not None:
        lines += ["", history.scores.table()]
    return [*lines, "", history.verdict]


def coverage_rows(fitted: Fitted) -> list[tuple[str, str]]:
    """What the intervals held of the test part, a line for each level."""
    known = fitted.intervals
    lines = [] if known is None or known.coverage is None else known.coverage.lines()
    return [("" if number else "intervals", line) for number, line in enumerate(lines)]


def describe_network(fitted: Fitted) -> str:
    """Its kind, layers and units."""
    config, network = fitted.config, fitted.model.network
    if isinstance(network, PretrainedNetwork):
        size = f"{format_count(len(network.held.layers), 'layer')} of {HIDDEN} units"
        start = fitted.history.start or StartKind.ZERO_SHOT
        return f"{fitted.name}, {size}, weights {config.pretrained}, {start.described}"
    size = f"{format_count(config.num_layers, 'layer')} of {config.hidden_size} units"
    return f"{fitted.name}, {size}, {config.reading} reading"


def describe_training(fitted: Fitted) -> str:
    """On which rows, for how long, and why no longer."""
    history = fitted.history
    on = f"on {'all rows' if fitted.card.refitted else 'the training part'}"
    if not fitted.config.pretrained:
        return f"{on}; best epoch {history.best_epoch}; {history.stopped}"
    return history.stopped if fitted.is_untrained else f"{on}; {history.stopped}"
