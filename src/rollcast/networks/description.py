"""A model's structure as text, by which compiled programs are told apart."""

from __future__ import annotations

import json
import warnings
from typing import Any

from rollcast.runtime.programs import describe_class, identity


def describe_model(model: Any) -> str:
    """The structure of a model as text, equal for two models that one compiled program can serve.

    Names and seeds are left out. What a configuration does not tell, a class or function of the caller's own, is
    described by its identity.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a lambda is unsafe to save; this saves nothing
            text = json.dumps(_anonymous(model.get_config(), {}), sort_keys=True, default=repr)
    except NotImplementedError:  # Keras, of a model without a configuration
        return identity(model)
    own = sorted({describe_class(type(layer)) for layer in model._flatten_layers()})
    if _OWN_FUNCTION in text:
        own.append(identity(model))
    return f"{' '.join(own)}{text}"


_OWN_FUNCTION = '"class_name": "function"'


_REFERENCES = ("keras_history", "input_layers", "output_layers")


def _anonymous(value: Any, names: dict[str, str]) -> Any:
    """A Keras configuration without names and seeds; references to layers by name become their numbers."""
    if isinstance(value, list | tuple):
        return [_anonymous(item, names) for item in value]
    if not isinstance(value, dict) or value.get("class_name") == "DTypePolicy":
        return value
    if "input_layers" in value:
        names = {layer["name"]: f"layer{i}" for i, layer in enumerate(value["layers"])}
    return {
        key: _renamed(item, names) if key in _REFERENCES else _anonymous(item, names)
        for key, item in value.items()
        if key not in ("name", "seed", "shared_object_id")
    }


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value
