"""Echo state networks: a recurrence that is drawn once and never trained, under a readout that is solved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rollcast._types import Array
from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import MOST_SEED, floats, number, whole
from rollcast.runtime.backend import load_keras
from rollcast.runtime.blas import one_thread

keras = load_keras()

BIAS = 0.5
"""The biases are drawn from -BIAS .. BIAS, so that units differ in where they saturate."""


@keras.saving.register_keras_serializable(package="rollcast")
class SpectralRadius(keras.initializers.Initializer):
    """A square matrix of normal numbers, scaled to a spectral radius: its largest absolute eigenvalue.

    Args:
        radius: > 0.
        seed: of the numbers.
    """

    def __init__(self, radius: float, seed: int | None = None) -> None:
        self.radius = radius
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """The matrix, (H, H)."""
        matrix = np.random.default_rng(self.seed).standard_normal(shape)
        with one_thread():
            largest = np.abs(np.linalg.eigvals(matrix)).max()
        return keras.ops.convert_to_tensor(self.radius / largest * matrix, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"radius": self.radius, "seed": self.seed}


@keras.saving.register_keras_serializable(package="rollcast")
class Uniform(keras.initializers.Initializer):
    """Numbers between -scale and scale, with one scale for all inputs or one for each.

    Args:
        scale: a number, or (F,).
        seed: of the numbers.
    """

    def __init__(self, scale: float | Sequence[float], seed: int | None = None) -> None:
        self.scale = scale
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """The weights, (F, H) or (H,)."""
        drawn = np.random.default_rng(self.seed).uniform(-1, 1, shape)
        scale = np.reshape(self.scale, (-1, *[1] * (len(shape) - 1)))
        return keras.ops.convert_to_tensor(scale * drawn, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"scale": self.scale, "seed": self.seed}


@keras.saving.register_keras_serializable(package="rollcast")
class ESNCell(keras.layers.Layer):
    """One step of a leaky echo state network, h' = (1 - a) h + a tanh(x W + h U + b) (Jaeger et al. 2007).

    Args:
        units: H.
        leak_rate: a, 0 < a <= 1; the smaller, the slower the units.
        kernel_initializer: of W, (F, H).
        recurrent_initializer: of U, (H, H).
        bias_initializer: of b, (H,).
        options: of a Keras layer.
    """

    def __init__(
        self,
        units: int,
        leak_rate: float,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units
        self.leak_rate = leak_rate
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Draw the weights, none of which is trained."""
        shapes = {"kernel": input_shape[-1:], "recurrent": (self.units,), "bias": ()}
        for name, size in shapes.items():
            weight = self.add_weight(
                shape=(*size, self.units),
                initializer=getattr(self, f"{name}_initializer"),
                name=name if name != "recurrent" else "recurrent_kernel",
                trainable=False,
            )
            setattr(self, name, weight)

    def call(self, inputs: Array, states: Any, training: bool = False) -> tuple[Array, list[Array]]:
        """(B, F) and [(B, H)] -> (B, H) and [(B, H)]."""
        ops = keras.ops
        (h,) = states if isinstance(states, list | tuple) else (states,)
        drive = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent) + self.bias
        h = (1 - self.leak_rate) * h + self.leak_rate * ops.tanh(drive)
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        initializers = {
            name: keras.initializers.serialize(getattr(self, name))
            for name in ("kernel_initializer", "recurrent_initializer", "bias_initializer")
        }
        own = {"units": self.units, "leak_rate": self.leak_rate, **initializers}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="rollcast")
class ESN(keras.layers.RNN):
    """Echo state network (Jaeger 2001), shapes (B, T, F) -> (B, T, H) or (B, H); none of its weights is trained.

    The leaky form follows Jaeger, Lukosevicius, Popovici & Siewert (2007). Its defaults were chosen on Mackey-Glass.

    Args:
        units: H.
        leak_rate: 0 < a <= 1; the smaller, the slower the units.
        spectral_radius: of the recurrent weights; the larger, the longer the memory and the less stable.
        input_scale: the input weights are drawn from -input_scale .. input_scale; (F,) for one scale for each input.
        seed: of the weights.
        options: of ``keras.layers.RNN``.
    """

    def __init__(
        self,
        units: int,
        leak_rate: float = 0.7,
        spectral_radius: float = 1.1,
        input_scale: float | Sequence[float] = 0.2,
        seed: int = 0,
        **options: Any,
    ) -> None:
        units, seed = whole("units", units), whole("seed", seed, 0, MOST_SEED)
        if not 0 < number("leak_rate", leak_rate) <= 1:
            raise ArgumentError(f"`leak_rate` must be above 0 and at most 1; got {leak_rate!r}.")
        if number("spectral_radius", spectral_radius) <= 0:
            raise ArgumentError(f"`spectral_radius` must be above 0; got {spectral_radius!r}.")
        if not isinstance(input_scale, int | float):
            input_scale = floats("input_scale", input_scale).tolist()
        seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(3)]
        cell = ESNCell(
            units,
            leak_rate,
            Uniform(input_scale, seed=seeds[0]),
            SpectralRadius(spectral_radius, seed=seeds[1]),
            Uniform(BIAS, seed=seeds[2]),
            dtype=options.get("dtype"),
        )
        super().__init__(cell, **options)
        self._own = {
            "units": units,
            "leak_rate": leak_rate,
            "spectral_radius": spectral_radius,
            "input_scale": input_scale,
            "seed": seed,
        }

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        del config["cell"]
        return {**config, **self._own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> ESN:
        """The layer that ``get_config`` described."""
        return cls(**config)
