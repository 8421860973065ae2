"""The bare kernels, forward and backward without an optimizer, as a share of what the cores could do.

The peak is measured in the same run, by `fma_peak.cc` on two threads. A layer of H units, G gates and I inputs takes
2 G H (I + H) operations a row and step forward, twice that backward, less a product where inputs want no gradient.
Then single steps inside a compiled loop: the kernels beside the same step written in JAX.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import emit, median

GATES = {"lstm": 4, "gru": 3}
CASES = [  # cell, layers, units, batch, steps
    ("lstm", 1, 128, 64, 13),
    ("lstm", 4, 32, 64, 13),
    ("lstm", 1, 64, 256, 64),
    ("lstm", 1, 256, 256, 64),
    ("lstm", 2, 64, 256, 64),
    ("lstm", 2, 256, 256, 64),
    ("gru", 2, 64, 256, 64),
]
TURNS = 5
BATCHES, UNITS = (1, 8, 32, 256, 512, 2048), (32, 128, 256)


def main() -> None:
    """Measure in turns, print the medians."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "fma_peak"
        source = Path(__file__).with_name("fma_peak.cc")
        compiler = ["c++", "-O3", "-march=native", "-pthread", str(source), "-o", str(program)]
        subprocess.run(compiler, check=True)
        calls = {case: gradient_of(*case) for case in CASES}
        peaks: list[float] = []
        seconds: dict[Any, list[float]] = {case: [] for case in CASES}
        for _ in range(TURNS):
            peaks.append(float(subprocess.check_output([program])))
            for case, call in calls.items():
                seconds[case].append(call())
    peak = median(peaks)
    emit("peak of fused products, two threads", "machine", peak, "GFLOP/s")
    for case in CASES:
        rate = operations(*case) / median(seconds[case]) / 1e9
        note = f"{rate / peak:.0%} of the peak"
        emit(
            name(*case),
            "kernels, forward and backward",
            median(seconds[case]) * 1e3,
            "ms",
            note=note,
        )
    for units in UNITS:
        for batch in BATCHES:
            native, scan = (one_step(kind, batch, units) * 1e6 for kind in ("kernel", "JAX"))
            case = f"one step, LSTM({units}), batch {batch}"
            emit(case, "kernel", native, "us", against_rollcast="1.00x")
            emit(case, "written in JAX", scan, "us", against_rollcast=f"{scan / native:.2f}x")


def name(cell: str, layers: int, units: int, batch: int, steps: int) -> str:
    """As in the table."""
    return f"{layers} x {cell.upper()}({units}), {batch}, {steps}"


def operations(cell: str, layers: int, units: int, batch: int, steps: int) -> float:
    """Multiplications and additions of a gradient; the first layer has one input."""
    of_input = 2.0 * GATES[cell] * units * batch * steps
    total = 3 * of_input * (1 + units) - of_input
    return total + (layers - 1) * 3 * of_input * 2 * units


def gradient_of(cell: str, layers: int, units: int, batch: int, steps: int) -> Callable[[], float]:
    """A call that gives seconds of one gradient, inside one compiled loop of several."""
    import jax
    import jax.numpy as jnp

    from rollcast.networks.kernels.recurrence import recur

    count = max(5, int(2e11 / operations(cell, layers, units, batch, steps)))
    zeros = jnp.zeros((batch, units))
    states = (zeros, zeros) if cell == "lstm" else (zeros,)
    inputs = random(batch, steps, 1)
    weights = [layer_weights(cell, 1 if i == 0 else units, units) for i in range(layers)]

    def loss(weights: Any) -> Any:
        outputs = inputs
        for layer in weights:
            outputs, last = recur(cell, outputs, states, layer)
        return jnp.sum(last[0] ** 2)

    def again(_: Any, weights: Any) -> Any:
        return jax.tree.map(lambda w, g: w - 1e-9 * g, weights, jax.grad(loss)(weights))

    program = jax.jit(lambda weights: jax.lax.fori_loop(0, count, again, weights))
    return timer(program, weights, count)


def one_step(kind: str, batch: int, units: int) -> float:
    """Seconds of a single step of an LSTM that reads its own output."""
    import jax
    import jax.numpy as jnp

    from rollcast.networks.kernels.recurrence import recur

    weights, head = layer_weights("lstm", 1, units), random(units, 1)
    count = max(20, int(2e5 / batch / units * 32))

    def written(x: Any, h: Any, c: Any) -> Any:
        kernel, recurrent, bias = weights
        i, f, g, o = jnp.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    def step(carry: Any, _: None) -> Any:
        x, h, c = carry
        if kind == "kernel":
            h, c = recur("lstm", x[:, None], (h, c), weights)[1]
        else:
            h, c = written(x, h, c)
        return (h @ head, h, c), None

    program = jax.jit(lambda carry: jax.lax.scan(step, carry, length=count)[0])
    start = (random(batch, 1), random(batch, units), random(batch, units))
    call = timer(program, start, count)
    return median([call() for _ in range(TURNS)])


def timer(program: Any, argument: Any, count: int) -> Callable[[], float]:
    """A call that gives seconds of one of the ``count`` rounds that a program makes."""
    import jax

    jax.block_until_ready(program(argument))

    def call() -> float:
        began = time.perf_counter()
        jax.block_until_ready(program(argument))
        return (time.perf_counter() - began) / count

    return call


def layer_weights(cell: str, inputs: int, units: int) -> tuple[Any, ...]:
    """Kernel, recurrent kernel, bias."""
    wide = GATES[cell] * units
    bias = random(2, wide) if cell == "gru" else random(wide)
    return random(inputs, wide), random(units, wide), bias


def random(*shape: int) -> Any:
    """Small numbers."""
    import jax.numpy as jnp
    import numpy as np

    drawn = np.random.default_rng(0).standard_normal(shape) * 0.1
    return jnp.asarray(drawn, jnp.float32)


if __name__ == "__main__":
    main()
