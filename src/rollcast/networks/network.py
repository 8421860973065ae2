"""Network: two Keras models, a body that reads and a head that forecasts.

    body: (sequence (B, T, F), mask (B, T), *states) -> (features (B, T, D), *states)
    head: features (B, T, D) -> outputs (B, T, K * Q); or, shared by all steps ahead,
          features (B, O, D), what is known ahead (B, O, K, P) -> outputs (B, O, K, Q)

The features are the input beside every layer's hidden output. In the window reading the body starts from zero, takes no
states, and gives the features of the whole window: (B, 1, D).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from rollcast._types import Array
from rollcast.errors import ArgumentError, show
from rollcast.networks.description import describe_model
from rollcast.networks.distribution import POINT, Distribution
from rollcast.networks.keras_export import export_keras
from rollcast.preprocessing.ahead import Ahead
from rollcast.preprocessing.channels import INPUTS
from rollcast.runtime.backend import load_keras


class Weights(NamedTuple):
    """A model's variables as a plain value: arrays in Keras' order.

    Attributes:
        trainable: what the optimizer moves.
        fixed: the rest, such as the states of dropout's random numbers.
    """

    trainable: list[Array]
    fixed: list[Array]


class AnyNetwork(Protocol):
    """What reads rows and forecasts: two Keras models, or the pretrained network, which needs no Keras."""

    @property
    def distribution(self) -> Distribution:
        """What the outputs stand for."""
        ...

    @property
    def ahead(self) -> Ahead | None:
        """What a shared head reads of each step ahead; None where the head reads the features alone."""
        ...

    @property
    def weights(self) -> Weights:
        """Its own weights as a plain value."""
        ...

    @property
    def output_size(self) -> int:
        """K, the values emitted at each step."""
        ...

    @property
    def feature_size(self) -> int:
        """D, the features of a step."""
        ...

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Size of each state that the body carries; empty in the window reading."""
        ...

    @property
    def description(self) -> str:
        """The structure as text, equal for two networks that one compiled program can serve."""
        ...

    def run_body(self, weights: Weights, inputs: list[Array]) -> tuple[Array, list[Array]]:
        """Run the body inside a compiled program: (sequence, mask, *states) -> (features (B, T, D), states)."""
        ...

    def run_head(self, weights: Weights, features: Array, ahead: Array | None = None) -> Array:
        """Run the head inside a compiled program: features (B, O, D) -> parameters (B, O, K, Q)."""
        ...


@dataclass(frozen=True, eq=False)
class Network:
    """A body and a head, and what follows from them.

    Attributes:
        body: the recurrent Keras model.
        head: the Keras model from features to outputs.
        distribution: what the outputs stand for.
        ahead: what a shared head reads of each step ahead; None where the head reads the features alone.
    """

    body: Any
    head: Any
    distribution: Distribution = POINT
    ahead: Ahead | None = None

    @cached_property
    def model(self) -> Any:
        """Body and head as one Keras model: (sequence, mask, *states) -> (outputs, *states).

        With a shared head, what is known of the steps ahead of every row (B, T, K, P) is a last input.
        """
        features, *states = _list(self.body.outputs)
        known = [] if self.ahead is None else self.head.inputs[1:]
        outputs = self.head([features, *known] if known else features)
        inputs = [*self.body.inputs, *known]
        return load_keras().Model(inputs, [outputs, *states], name="network")

    @property
    def weights(self) -> Weights:
        """The variables of ``model`` as a plain value."""
        return weights_of(self.model)

    @property
    def num_features(self) -> int:
        """F, the inputs of a step."""
        return int(self.body.inputs[0].shape[-1])

    @property
    def output_size(self) -> int:
        """K, the values emitted at each step."""
        if self.ahead is not None:
            return self.ahead.steps
        return int(self.head.outputs[0].shape[-1]) // self.distribution.num_params

    @property
    def feature_size(self) -> int:
        """D, the features of a step."""
        return int(self.body.outputs[0].shape[-1])

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Size of each state that the body carries; empty in the window reading."""
        return tuple(int(s.shape[-1]) for s in self.body.inputs[2:])

    def run_body(self, weights: Weights, inputs: list[Array]) -> tuple[Array, list[Array]]:
        """Run the body inside a compiled program: (sequence, mask, *states) -> (features (B, T, D), states).

        Args:
            weights: of ``model``.
            inputs: sequence (B, T, F), mask (B, T) and the states.
        """
        result, _ = self.body.stateless_call(
            *self._share(weights, self.body), inputs, training=False
        )
        features, *states = _list(result)
        return features, states

    def run_head(self, weights: Weights, features: Array, ahead: Array | None = None) -> Array:
        """Run the head inside a compiled program: features (B, O, D) -> parameters (B, O, K, Q).

        Args:
            weights: of ``model``.
            features: of the body.
            ahead: (B, O, K, P) what is known of each step ahead, for a shared head.
        """
        inputs = features if ahead is None else [features, ahead]
        emitted, _ = self.head.stateless_call(
            *self._share(weights, self.head), inputs, training=False
        )
        return self.params(emitted)

    def params(self, emitted: Array) -> Array:
        """The parameters (B, O, K, Q) that the head's outputs stand for."""
        Q = self.distribution.num_params
        return self.distribution.params(emitted.reshape(*emitted.shape[:2], -1, Q))

    def train_at(
        self, weights: Weights, inputs: list[Array], origins: Array, ahead: Array
    ) -> tuple[Array, list[Array], list[Array], Array]:
        """Body and shared head with dropout on, the head at some origins of each sequence alone.

        Args:
            weights: of ``model``.
            inputs: sequence (B, T, C), mask (B, T) and the states.
            origins: (B, O) rows of the features; the window reading has row 0 only.
            ahead: (B, O, K, P) what is known of each step ahead.

        Returns:
            Outputs (B, O, K, Q), states, the weights that are not trained as this leaves them, and () what
            regularizers add to the loss.
        """
        import jax.numpy as jnp

        options = {"training": True, "return_losses": True}
        made, fixed, added = self.body.stateless_call(
            *self._share(weights, self.body), inputs, **options
        )
        features, *states = _list(made)
        chosen = jnp.take_along_axis(features, origins[:, :, None], axis=1)
        outputs, others, more = self.head.stateless_call(
            *self._share(weights, self.head), [chosen, ahead], **options
        )
        after = {id(v): a for v, a in zip(self.body.non_trainable_variables, fixed, strict=True)}
        after |= {id(v): a for v, a in zip(self.head.non_trainable_variables, others, strict=True)}
        kept = [after[id(v)] for v in self.model.non_trainable_variables]
        return outputs, states, kept, sum([*added, *more], np.float32(0))

    def _share(self, weights: Weights, part: Any) -> tuple[list[Array], list[Array]]:
        """The arrays of ``weights`` that belong to the body or to the head."""
        trainable = {
            id(v): a for v, a in zip(self.model.trainable_variables, weights.trainable, strict=True)
        }
        fixed = {
            id(v): a for v, a in zip(self.model.non_trainable_variables, weights.fixed, strict=True)
        }
        return (
            [trainable[id(v)] for v in part.trainable_variables],
            [fixed[id(v)] for v in part.non_trainable_variables],
        )

    @property
    def description(self) -> str:
        """The structure as text, equal for two networks that one compiled program can serve."""
        return self._described

    @cached_property
    def _described(self) -> str:
        form = self.distribution.form
        return f"{describe_model(self.body)}|{describe_model(self.head)}|{form}|{self.ahead}"

    def copy(self) -> Network:
        """Models of its own with the same weights, so that training leaves these as they are.

        Raises:
            ArgumentError: Keras can't copy a layer of the caller's.
        """
        keras = load_keras()
        try:
            body, head = keras.models.clone_model(self.body), keras.models.clone_model(self.head)
        except (NotImplementedError, TypeError, ValueError) as error:
            raise ArgumentError(
                "`network` must hold layers that Keras can copy, so no lambdas, and a get_config() in each class of "
                f"your own; got {' '.join(str(error).split())[:200]}."
            ) from error
        for mine, other in ((body, self.body), (head, self.head)):
            for variable, given in zip(mine.variables, other.variables, strict=True):
                variable.assign(
                    given
                )  # the states of random numbers too, so that equal fits are equal
        head.supports_masking = True
        return replace(self, body=body, head=head)

    def summary(self) -> None:
        """Print Keras' own table."""
        self.model.summary(expand_nested=True)

    def export_keras(self, path: str | Path) -> None:
        """Write the network as a stock ``.keras`` file, which opens without Rollcast.

        Args:
            path: a name that ends in ``.keras``.

        Raises:
            ArgumentError: another ending.
        """
        export_keras(self.model, path)


def check_network(network: object, reading: str) -> Network:
    """A user's own pair of Keras models, checked for DESIGN's form.

    Raises:
        ArgumentError: not a pair of Keras models, or shapes that don't fit each other.
    """
    if isinstance(network, Network):
        return network
    keras = load_keras()
    form = (
        "body: (sequence (B, T, F), mask (B, T), *states) -> (features (B, T, D), *states), "
        "head: features -> outputs (B, T, K)"
    )
    if not (isinstance(network, tuple) and len(network) == 2):
        raise ArgumentError(
            f"`network` must be a pair (body, head) of Keras models, {form}; got {show(network)}."
        )
    body, head = network
    if not all(isinstance(m, keras.Model) and getattr(m, "inputs", None) for m in (body, head)):
        raise ArgumentError(f"`network` must hold two functional Keras models, {form}.")
    for layer in (*body._flatten_layers(), *head._flatten_layers()):
        # Models and inputs have the policy's type too, and compute nothing by themselves.
        computes = not isinstance(layer, keras.Model | keras.layers.InputLayer)
        if computes and layer.compute_dtype in _OTHER_FLOATS:
            raise ArgumentError(
                f"`network` must compute in 32 bits, and its layer {layer.name!r} computes in {layer.compute_dtype}; "
                'give its layers dtype="float32".'
            )
    for fault in _misfits(Network(body, head), reading):
        raise ArgumentError(f"`network`: the body {fault}; the form is {form}.")
    return Network(body, head)


_OTHER_FLOATS = ("float16", "bfloat16", "float64")


def _misfits(network: Network, reading: str) -> Iterator[str]:
    """What is wrong with a pair of the caller's own, as ends of a sentence about the body; the first is to be told."""
    body, head = network.body, network.head
    inputs, (features, *states) = _list(body.inputs), _list(body.outputs)
    if len(inputs) < 2:
        yield "takes one input, and is given a sequence and a mask"
    if inputs[0].shape[-1] != INPUTS:
        yield f"reads {inputs[0].shape[-1]} inputs a step, and is given {INPUTS}"
    if len(inputs) - 2 != len(states):
        yield f"takes {len(inputs) - 2} states and gives {len(states)}"
    taken, given = network.state_sizes, tuple(int(s.shape[-1]) for s in states)
    if taken != given:
        yield f"takes states of the sizes {taken} and gives {given}"
    if reading == "window" and taken:
        yield 'carries states, which reading="window" starts from zero; drop them'
    if reading == "sequence" and not taken:
        yield (
            'carries no states, so it would forget at every step; pass them or use reading="window"'
        )
    if len(features.shape) != 3 or (reading == "window") != (features.shape[1] == 1):
        whole, each = "of the whole window, (B, 1, D)", "of every step, (B, T, D)"
        yield f"must give the features {whole if reading == 'window' else each}; it gives {features.shape}"
    if features.shape[-1] != head.inputs[0].shape[-1]:
        yield f"gives {features.shape[-1]} features and the head takes {head.inputs[0].shape[-1]}"


def weights_of(model: Any) -> Weights:
    """The variables of a Keras model as a plain value."""
    return Weights(
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
    )


def count_weights(weights: Weights) -> int:
    """How many numbers there are, of which some may not be trained; states of random numbers are no weights."""
    arrays = (*weights.trainable, *weights.fixed)
    return sum(int(np.size(a)) for a in arrays if not np.issubdtype(a.dtype, np.unsignedinteger))


def assign_weights(model: Any, weights: Weights) -> None:
    """Put a plain value back into a Keras model."""
    for variable, array in zip(model.trainable_variables, weights.trainable, strict=True):
        variable.assign(array)
    for variable, array in zip(model.non_trainable_variables, weights.fixed, strict=True):
        variable.assign(array)


def weights_digest(weights: Weights) -> str:
    """A hash by which the same trainable weights are known again."""
    whole = hashlib.sha256()
    for array in weights.trainable:
        whole.update(np.asarray(array).tobytes())
    return whole.hexdigest()


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
