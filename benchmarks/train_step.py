"""A training step against Keras and PyTorch, the bare kernels against the processor, and a single step against XLA.

python benchmarks/train_step.py [--quick] [networks] [kernels] [steps]

All run on two threads, on two cores where the system lets a process choose. Rivals take turns, each in a process of its
own. A value is the median over all turns; a ratio is the median of the ratios within each turn. ``--quick`` only shows
that everything runs.

**networks**: a whole update of a network with a Dense(1) head on the last output, mean square error, Nadam and dropout
after each layer, on windows (B, T, 1): seconds of an epoch by its updates. Rollcast trains by its own loop, and its
layers are put into Keras' ``fit`` too; Keras' and PyTorch's own layers do the same work. PyTorch has no fused NAdam, so
it runs fused Adam, which computes less; it runs a plain loop over batches made before. Rollcast's first call is given
apart, and so are those of the others: it compiles.

**kernels**: forward and backward, no optimizer, the weights' gradients alone, as a share of the fused multiply-adds
that ``fma_peak.cc`` does right before. With G gates (LSTM 4, GRU 3), hidden size H and a layer's input size I (1, then
H), a layer's products are 2 G H (I + H) B T operations forward and twice that backward, less 2 G H I B T in the first
layer, whose inputs need no gradient. Activations are not counted.

**steps**: LSTM steps of length 1 that each read what the one before gave, inside a compiled scan: by the kernel, and by
Keras' own layer, which XLA compiles. Batch 1 with hidden size 128 is live use. Which batches ``rollcast.layers`` gives
to the kernel follows from this.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from measuring import emit, median, resident, serve, timed

THREADS = 2
QUICK = "--quick" in sys.argv
TURNS = 1 if QUICK else 7
PEAK_SECONDS = 0.15
KERNEL_SECONDS = 0.3


class Network(NamedTuple):
    """A recurrent network and how it is trained.

    Attributes:
        cell: ``lstm`` or ``gru``.
        layers: over each other.
        hidden: units of each.
        batch: windows in an update.
        length: of a window.
        dropout: after each layer.
        updates: in an epoch.
    """

    cell: str
    layers: int
    hidden: int
    batch: int
    length: int
    dropout: float = 0.0
    updates: int = 0

    def __str__(self) -> str:
        many = f"{self.layers} x " if self.layers > 1 else ""
        sizes = f"batch {self.batch}, length {self.length}"
        return f"{many}{self.cell.upper()}({self.hidden}), {sizes}"


NETWORKS = (
    Network("lstm", 1, 128, 64, 13, 0.2, 79),
    Network("lstm", 4, 32, 64, 13, 0.05, 79),
    Network("lstm", 2, 64, 256, 64, 0.05, 12),
    Network("lstm", 2, 256, 256, 64, 0.05, 4),
    Network("gru", 2, 64, 256, 64, 0.05, 12),
)
KERNELS = (
    Network("lstm", 1, 128, 64, 13),
    Network("lstm", 4, 32, 64, 13),
    Network("lstm", 1, 64, 256, 64),
    Network("lstm", 1, 256, 256, 64),
    Network("lstm", 2, 64, 256, 64),
    Network("gru", 2, 64, 256, 64),
)
BATCHES = (1, 8, 32, 256, 512, 2048)
HIDDEN = (32, 128, 256)

# Names in the table, the backends of their processes.
RIVALS = {
    "Rollcast": "jax",
    "Rollcast's layers in Keras fit on jax": "jax",
    "Keras fit on jax": "jax",
    "PyTorch": "torch",
    "Keras fit on tensorflow": "tensorflow",
}
NOTES = {"PyTorch": "fused Adam in place of Nadam"}


def main() -> None:
    """Run the parts that are named, or all."""
    if (load := os.getloadavg()[0]) > 0.5:
        print(f"Other work runs here (load {load}); ratios need a quiet machine.", file=sys.stderr)
    keep_to_two_cores()
    parts = {"networks": networks, "kernels": kernels, "steps": steps}
    named = [name for name in sys.argv[1:] if name in parts]
    for name in named or parts:
        parts[name]()


def keep_to_two_cores() -> None:
    """Confine this process and its workers to two cores, not two halves of one, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        return
    allowed, chosen, taken = sorted(os.sched_getaffinity(0)), [], set()
    for number in allowed:
        topology = Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list")
        core = topology.read_text() if topology.exists() else str(number)
        if core not in taken:
            taken.add(core)
            chosen.append(number)
    os.sched_setaffinity(0, chosen[:THREADS])


def networks() -> None:
    """Training steps, in turns of an epoch each."""
    for i, network in enumerate(NETWORKS):
        with ExitStack() as stack:
            run, first = {}, {}
            for who, backend in RIVALS.items():
                worker = resident(__file__, "network", str(i), who, backend=backend)
                run[who] = stack.enter_context(worker)
                first[who], _ = run[who]()
            turns = [{who: run[who]()[1] for who in RIVALS} for _ in range(TURNS)]
        for who in RIVALS:
            step = median([turn[who] for turn in turns]) / network.updates * 1e3
            ratio = median([turn[who] / turn["Rollcast"] for turn in turns])
            more = {"against_rollcast": f"{ratio:.2f}x", "note": NOTES.get(who, "")}
            emit(f"{network}, a training step", who, step, "ms", **more)
        for who in RIVALS:
            emit(f"{network}, the first epoch", who, first[who], "s")


def kernels() -> None:
    """The bare kernels, each right after the processor's peak."""
    with tempfile.TemporaryDirectory() as folder, resident(__file__, "kernels") as run:
        program = compile_peak(Path(folder))
        for i in range(len(KERNELS)):
            run(i)  # compiles
        turns = [[(peak(program), run(i)) for i in range(len(KERNELS))] for _ in range(TURNS)]
    for i, network in enumerate(KERNELS):
        peaks, seconds = zip(*[turn[i] for turn in turns], strict=True)
        rates = [operations(network) / s / 1e9 for s in seconds]
        share = median([rate / best for rate, best in zip(rates, peaks, strict=True)])
        note = f"{median(seconds) * 1e3:.3g} ms, {median(rates):.0f} of {median(peaks):.0f} GFLOP/s"
        emit(f"{network}, forward and backward", "kernels", share * 100, "% of peak", note=note)


def compile_peak(folder: Path) -> Path:
    """Compile ``fma_peak.cc`` for this processor."""
    program = folder / "fma_peak"
    source = Path(__file__).with_name("fma_peak.cc")
    options = ["-O3", "-march=native", "-std=c++17", "-pthread", "-o", program]
    subprocess.run([os.environ.get("CXX", "c++"), source, *options], check=True)
    return program


def peak(program: Path) -> float:
    """GFLOP/s of multiply-adds in registers."""
    command = [program, str(THREADS), str(PEAK_SECONDS)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def operations(network: Network) -> float:
    """Multiplications and additions of the products, forward and backward."""
    gates = {"lstm": 4, "gru": 3}[network.cell]
    unit = 2 * gates * network.hidden * network.batch * network.length
    features = [1] + [network.hidden] * (network.layers - 1)
    return unit * (sum(3 * (n + network.hidden) for n in features) - features[0])


def steps() -> None:
    """Single steps by the kernel and by XLA, in turns."""
    sizes = [(B, H) for H in HIDDEN for B in BATCHES]
    with resident(__file__, "steps") as run:
        for size in sizes:
            run(*size)  # compiles
        turns = [[run(*size) for size in sizes] for _ in range(TURNS)]
    for i, (B, H) in enumerate(sizes):
        case = f"LSTM({H}), batch {B}, length 1, a step"
        native, xla = zip(*[turn[i] for turn in turns], strict=True)
        ratio = median([b / a for a, b in zip(native, xla, strict=True)])
        emit(case, "kernel", median(native) * 1e6, "us")
        emit(case, "Keras' cell by XLA", median(xla) * 1e6, "us", note=f"{ratio:.2f}x the kernel")


def trainer(network: Network, who: str) -> Callable[[], tuple[float, float]]:
    """In a worker: what trains one more epoch, and gives its seconds, with and without what surrounds it."""
    epoch = {
        "Rollcast": rollcast_epoch,
        "Rollcast's layers in Keras fit on jax": keras_epoch,
        "PyTorch": torch_epoch,
    }.get(who, keras_epoch)
    if who.startswith("Rollcast"):
        from rollcast import layers
    elif who != "PyTorch":
        from keras import layers
    else:
        layers = None
    train = epoch(network, layers)

    def run() -> tuple[float, float]:
        began = time.perf_counter()
        seconds = train()
        return time.perf_counter() - began, seconds

    return run


def model_of(network: Network, layers: Any) -> Any:
    """The compiled Keras model, with recurrent and dropout layers from a module."""
    import keras

    layer, last = getattr(layers, network.cell.upper()), network.layers - 1
    stack: list[Any] = [keras.Input((network.length, 1))]
    for i in range(network.layers):
        stack += [
            layer(network.hidden, return_sequences=i < last),
            layers.Dropout(network.dropout),
        ]
    model = keras.Sequential([*stack, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="nadam")
    return model


def wave(network: Network) -> Any:
    """(N,) a series with as many training windows as an epoch reads, scaled to 0..1."""
    import numpy as np

    count = network.updates * network.batch + network.length
    return (np.sin(np.arange(count) * 20 * np.pi / 1000) + 1) / 2


def windows_of(network: Network) -> tuple[Any, Any]:
    """(N, T, 1) windows and (N, 1) targets in 32 bits."""
    import numpy as np

    values = wave(network).astype(np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(values, network.length + 1)
    return cut[:, :-1, None].copy(), cut[:, -1:].copy()


def rollcast_epoch(network: Network, layers: Any) -> Callable[[], float]:
    """Rollcast's own loop."""
    import numpy as np

    from rollcast import tutorial

    values = np.append(wave(network), 0.5)  # one more, for the test part
    windows = tutorial.make_windows(values, time_step=network.length + 1, test_size=1e-9)
    model = model_of(network, layers)
    options = {"epochs": 1, "batch_size": network.batch, "validation_split": 0}

    def train() -> float:
        return tutorial.fit(model, windows, **options, progress="quiet").seconds[0]

    return train


def keras_epoch(network: Network, layers: Any) -> Callable[[], float]:
    """Keras' ``fit``."""
    import keras

    class Clock(keras.callbacks.Callback):
        """When an epoch began and ended."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds = time.perf_counter() - self.began

    inputs, targets = windows_of(network)
    model, clock = model_of(network, layers), Clock()
    options = {"batch_size": network.batch, "shuffle": False, "verbose": 0, "callbacks": [clock]}

    def train() -> float:
        model.fit(inputs, targets, epochs=1, **options)
        return clock.seconds

    return train


def torch_epoch(network: Network, layers: None) -> Callable[[], float]:
    """A plain loop in PyTorch; time comes first in the batches, as its layers like it best."""
    import torch
    from torch import nn

    torch.set_num_threads(THREADS)
    between = network.dropout if network.layers > 1 else 0.0
    layer = getattr(nn, network.cell.upper())
    recurrent = layer(1, network.hidden, num_layers=network.layers, dropout=between)
    head = nn.Sequential(nn.Dropout(network.dropout), nn.Linear(network.hidden, 1))
    optimizer = torch.optim.Adam([*recurrent.parameters(), *head.parameters()], fused=True)
    inputs, targets = map(torch.from_numpy, windows_of(network))
    batches = [
        (x.transpose(0, 1).contiguous(), y)
        for x, y in zip(inputs.split(network.batch), targets.split(network.batch), strict=True)
    ]

    def epoch() -> None:
        total = torch.zeros(())
        for x, y in batches:
            optimizer.zero_grad()
            outputs, _ = recurrent(x)
            loss = nn.functional.mse_loss(head(outputs[-1]), y)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        total.item()

    return lambda: timed(epoch)


def kernel_timer() -> Callable[[int], float]:
    """In a worker: what gives the seconds of a forward and backward pass."""
    programs = [gradients(network) for network in KERNELS]
    counts: dict[int, int] = {}

    def run(i: int) -> float:
        program = programs[i]
        if i not in counts:
            program(1)
            counts[i] = max(1, int(KERNEL_SECONDS / (timed(lambda: program(10)) / 10)))
        return timed(lambda: program(counts[i])) / counts[i]

    return run


def gradients(network: Network) -> Callable[[int], None]:
    """A compiled loop over forward and backward passes; no pass can be left out, for each changes the weights."""
    import jax
    import jax.numpy as jnp

    from rollcast.kernels.recurrence import recur

    B, T, H = network.batch, network.length, network.hidden
    inputs = jax.random.normal(jax.random.key(0), (B, T, 1))
    weights = [
        weights_of(network.cell, features, H, layer)
        for layer, features in enumerate([1] + [H] * (network.layers - 1))
    ]

    def loss(weights: Any, inputs: Any) -> Any:
        hidden, states = inputs, ()
        zeros = (jnp.zeros((B, H)),) * (2 if network.cell == "lstm" else 1)
        for layer in weights:
            hidden, states = recur(network.cell, hidden, zeros, layer)
        return jnp.mean(states[0])

    @jax.jit
    def loop(count: Any, weights: Any, inputs: Any) -> Any:
        def body(_: Any, weights: Any) -> Any:
            slopes = jax.grad(loss)(weights, inputs)
            return jax.tree.map(lambda w, slope: w - 1e-6 * slope, weights, slopes)

        return jax.lax.fori_loop(0, count, body, weights)

    return lambda count: jax.block_until_ready(loop(count, weights, inputs))


def weights_of(cell: str, features: int, H: int, seed: int) -> tuple[Any, Any, Any]:
    """A layer's kernel (I, G H), recurrent kernel (H, G H) and bias, small enough to keep the gates open."""
    import jax
    import jax.numpy as jnp

    width = {"lstm": 4, "gru": 3}[cell] * H
    one, two = jax.random.split(jax.random.key(seed))
    kernel = jax.random.normal(one, (features, width)) * features**-0.5
    recurrent = jax.random.normal(two, (H, width)) * H**-0.5
    return kernel, recurrent, jnp.zeros((2, width) if cell == "gru" else width)


def step_timer() -> Callable[[int, int], tuple[float, float]]:
    """In a worker: what gives the seconds of a step by the kernel, and by XLA."""
    programs: dict[tuple[int, int], tuple[Callable[[], Any], Callable[[], Any], int]] = {}

    def run(B: int, H: int) -> tuple[float, float]:
        if (B, H) not in programs:
            count = max(10, min(10_000, int(1e10 / (8 * H * (1 + H) * B))))
            programs[B, H] = (rollout(native_step, B, H, count), rollout(stock_step, B, H, count))
            programs[B, H] += (count,)
        native, xla, count = programs[B, H]
        return timed(native) / count, timed(xla) / count

    return run


def rollout(step: Callable[..., Any], B: int, H: int, count: int) -> Callable[[], Any]:
    """A compiled scan of steps, each of which reads the first unit of the one before, called once."""
    import jax
    import jax.numpy as jnp

    weights = weights_of("lstm", 1, H, 0)
    states = (jnp.zeros((B, H)), jnp.zeros((B, H)))

    @jax.jit
    def scan(weights: Any, states: Any) -> Any:
        def body(states: Any, _: None) -> tuple[Any, Any]:
            states = step(weights, states[0][:, None, :1], states)
            return states, states[0][:, 0]

        return jax.lax.scan(body, states, length=count)

    def run() -> Any:
        return jax.block_until_ready(scan(weights, states))

    run()
    return run


def native_step(weights: Any, inputs: Any, states: Any) -> Any:
    """The states after inputs (B, 1, 1), by the kernel."""
    from rollcast.kernels.recurrence import recur

    return recur("lstm", inputs, states, weights)[1]


def stock_step(weights: Any, inputs: Any, states: Any) -> Any:
    """The states after inputs (B, 1, 1), by Keras' own layer."""
    import keras

    layer = keras.layers.LSTM(states[0].shape[-1], return_state=True)
    layer.build(inputs.shape)
    fixed = layer.non_trainable_variables
    (_, *after), _ = layer.stateless_call(weights, fixed, inputs, initial_state=list(states))
    return tuple(after)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        kind, *rest = sys.argv[2:]
        if kind == "network":
            serve(trainer(NETWORKS[int(rest[0])], rest[1]))
        else:
            serve(kernel_timer() if kind == "kernels" else step_timer())
    else:
        main()
