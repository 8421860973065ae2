"""Optimizers: any of Keras', by name or object; the caller's object is copied, never used up."""

from __future__ import annotations

import json
import warnings
from typing import Any

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import is_number
from rollcast.runtime.backend import float_by_default, load_keras
from rollcast.runtime.programs import describe_class


def make_optimizer(
    optimizer: Any, *, learning_rate: Any = None, clip_norm: float | None = None
) -> Any:
    """A fresh Keras optimizer.

    Args:
        optimizer: a name, an optimizer, or Keras' description of one.
        learning_rate: a number, a Keras schedule, or its description; for an optimizer given by name.
        clip_norm: largest norm of the whole gradient; for an optimizer given by name.

    Raises:
        ArgumentError: a name that Keras does not know.
    """
    with float_by_default() as keras:
        return _make(keras, optimizer, learning_rate, clip_norm)


def _make(keras: Any, optimizer: Any, learning_rate: Any, clip_norm: float | None) -> Any:
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return type(optimizer).from_config(_config_of(optimizer))
    try:
        found = keras.optimizers.get(optimizer)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError):
        found = None
    if not isinstance(found, keras.optimizers.Optimizer):
        raise ArgumentError(
            f'`optimizer` must be a Keras optimizer such as "adam"; got {show(optimizer)}.'
        )
    if isinstance(optimizer, dict):
        return found
    options: dict[str, Any] = {}
    if learning_rate is not None:
        options["learning_rate"] = _make_rate(learning_rate)
    if clip_norm is not None:
        options["global_clipnorm"] = clip_norm
    return type(found)(**options)


def _make_rate(learning_rate: Any) -> Any:
    """A number, or a Keras schedule."""
    if is_number(learning_rate):
        return learning_rate
    keras = load_keras()
    schedule = keras.optimizers.schedules.LearningRateSchedule
    found = learning_rate
    if isinstance(found, dict):
        try:
            found = keras.saving.deserialize_keras_object(learning_rate)
        except (ValueError, TypeError, KeyError, AttributeError, ImportError):
            found = None
    if not isinstance(found, schedule):
        raise ArgumentError(
            f"`learning_rate` must be a number above 0 or a Keras schedule; got {show(learning_rate)}."
        )
    return found


def _config_of(optimizer: Any) -> dict[str, Any]:
    """What Keras describes it by.

    Keras reads a plain learning rate from its variable in a way that NumPy is going to refuse, and warns of until then.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        return optimizer.get_config()


def describe_optimizer(optimizer: Any) -> str:
    """Text that is equal for two optimizers that one compiled program can serve.

    A plain learning rate is one of the optimizer's variables, so programs do not depend on it; a schedule is compiled.
    """
    config = {k: v for k, v in _config_of(optimizer).items() if k != "name"}
    own = describe_class(type(optimizer))
    if isinstance(config["learning_rate"], float):
        del config["learning_rate"]
    else:
        own += describe_class(type(optimizer._learning_rate))
    return f"{own}{json.dumps(config, sort_keys=True, default=repr)}"
