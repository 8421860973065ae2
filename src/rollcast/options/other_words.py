"""Words that other tools use: understood where they can't be mistaken, else answered with the right one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, Final, ParamSpec, TypeVar

from rollcast.errors import ArgumentError

P = ParamSpec("P")
R = TypeVar("R")

_MEANT: Final = {
    "h": "fh forecast_horizon forecast_length horizon_length n n_ahead n_periods n_steps periods prediction_length "
    "steps",
    "input_size": "context_length input_chunk_length input_length lags look_back lookback lookback_window n_lags "
    "seq_len sequence_length time_steps timesteps window window_size",
    "output_size": "output_chunk_length output_length",
    "hidden_size": "encoder_hidden_size hidden_dim hidden_units n_units neurons num_units units",
    "num_layers": "encoder_n_layers layers n_layers n_rnn_layers",
    "cell": "cell_type model model_type rnn_type",
    "max_epochs": "epochs max_steps n_epochs nb_epoch num_epochs",
    "learning_rate": "lr",
    "patience": "early_stop_patience_steps early_stopping early_stopping_patience",
    "season_length": "period seasonal_period seasonality sp",
    "seed": "random_seed random_state",
    "paths": "n_paths n_samples num_paths num_samples samples",
    "round": "as_integer integer integers round_to_integer rounding",
    "bounds": "clip_forecasts forecast_bounds lower_bound non_negative nonnegative upper_bound value_range",
    "scaling": "normalize scaler scaler_type",
    "clip_norm": "gradient_clip_val grad_clip",
    "val_size": "validation_size validation_split",
    "test_size": "test_split",
    "freq": "frequency",
    "tz": "timezone",
    "target_col": "target value_col y",
    "time_col": "date_col ds timestamp_col",
    "id_col": "group_ids item_id series_col unique_id",
    "available": "availability available_col available_mask in_stock is_available",
    "weights": "sample_weight sample_weights weight weight_col weights_col",
    "progress": "verbose",
}
"""Our word -> other tools' words for the same."""

OURS: Final = {word: ours for ours, words in _MEANT.items() for word in words.split()}
"""Another tool's word -> ours."""


def choose_horizon_word(h: int | None, horizon: int | None) -> int | None:
    """The horizon, under whichever of its two names it was given.

    Raises:
        ArgumentError: both were given.
    """
    if h is not None and horizon is not None:
        raise ArgumentError("`h` and `horizon` are one option; give one of them.")
    return horizon if h is None else h


def refuse_unknown(
    given: Iterable[str], known: Iterable[str], place: str, elsewhere: Mapping[str, str]
) -> None:
    """Refuse a name that is no option, with the right one.

    Args:
        given: names.
        known: those that there are.
        place: where they were given, for the message.
        elsewhere: options of other places -> how to give them there.

    Raises:
        ArgumentError: one is not known.
    """
    names = list(known)
    for name in given:
        if name not in names:
            raise ArgumentError(
                f"`{name}` is not an option of {place}; {_hint(name, names, elsewhere)}"
            )


def answers_other_words(method: Callable[P, R]) -> Callable[P, R]:
    """A method that answers keywords it doesn't have with an ArgumentError instead of a TypeError."""
    names = [name for name in signature(method).parameters if name != "self"]

    @wraps(method)
    def answering(*args: P.args, **options: P.kwargs) -> R:
        refuse_unknown(options, names, method.__name__, {})
        return method(*args, **options)

    return answering


def _hint(name: str, names: list[str], elsewhere: Mapping[str, str]) -> str:
    if name in elsewhere:
        return f"give it to {elsewhere[name]}."
    ours = OURS.get(name, "")
    if ours in names:
        return f"here it is called `{ours}`."
    if ours in elsewhere:
        return f"here it is called `{ours}`: give it to {elsewhere[ours]}."
    near: list[Any] = difflib.get_close_matches(name, [*names, *elsewhere], n=1)
    if not near:
        return f"the options are {', '.join(names)}."
    return f"did you mean `{near[0]}`" + (
        f" of {elsewhere[near[0]]}?" if near[0] in elsewhere else "?"
    )
