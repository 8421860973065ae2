"""Package the weights of a run: ``python -m pretraining.ship FIRST/run.npz DIR/run.npz --version 2026-1``.

Name all legs in order, each the file with which the next began; packaged weights, whose card lies beside them, may be
the first. The averaged weights of the last one are written in 16 bits to ``src/rollcast/weights/VERSION.npz``, with
their card beside them. A version that users have is never written again.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pretraining.card import read_legs, read_shipped, write_card
from pretraining.run_file import averaged_arrays
from rollcast.storage.writing import write_whole

WEIGHTS = Path(__file__).parents[1] / "src" / "rollcast" / "weights"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the two files; 2 if something can't be read or is refused.

    Args:
        arguments: of the command line; those of this process by default.
    """
    options = parser().parse_args(arguments)
    try:
        shipped = read_shipped(options.runs[0])
        legs = read_legs(options.runs[1:] if shipped else options.runs, shipped)
        arrays = averaged_arrays(options.runs[-1])
        content = pack(arrays, dict(options.number))
        scores = [
            json.loads(line) for path in options.scores for line in path.read_text().splitlines()
        ]
        card = write_card(
            options.version,
            legs,
            content,
            parameters=sum(array.size for array in arrays.values()),
            processor=options.processor or this_processor(),
            scores=scores,
            shipped=shipped,
        )
        write_whole(options.out / f"{options.version}.npz", content)
        write_whole(options.out / f"{options.version}.json", json.dumps(card, indent=2) + "\n")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    made = card["made"]
    sys.stdout.write(
        f"{options.version}: {made['updates']:,} updates, {made['hours']} hours, {len(content):,} bytes\n"
    )
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(prog="python -m pretraining.ship", description=__doc__)
    made.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="files of all legs")
    made.add_argument("--version", required=True, help="such as 2026-1")
    made.add_argument("--out", type=Path, default=WEIGHTS, metavar="DIR")
    made.add_argument("--processor", default="", help="of the runs; by default this machine's")
    made.add_argument(
        "--scores", type=Path, nargs="+", default=[], metavar="FILE",
        help="lines of python -m pretraining.evaluate --json",
    )  # fmt: skip
    made.add_argument(
        "--number", type=named_number, nargs="+", default=[], metavar="NAME=VALUE",
        help="kept beside the weights",
    )  # fmt: skip
    return made


def named_number(text: str) -> tuple[str, float]:
    """A name and its value."""
    name, sign, value = text.partition("=")
    try:
        return name, float(value if sign else "")
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE; got {text!r}") from None


def pack(arrays: Mapping[str, np.ndarray], numbers: Mapping[str, float]) -> bytes:
    """The content of a file of weights in 16 bits, and of single numbers in 32.

    Raises:
        ValueError: one that 16 bits do not hold.
    """
    made: dict[str, np.ndarray] = {}
    for name, array in sorted(arrays.items()):
        with np.errstate(over="ignore"):
            made[name] = array.astype(np.float16)
        if not np.isfinite(made[name]).all():
            raise ValueError(f"The weights {name!r} must be numbers that 16 bits hold; got others.")
    made |= {name: np.array(number, np.float32) for name, number in numbers.items()}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **made)
    return content.getvalue()


def this_processor() -> str:
    """The processor's name and how many cores it has here."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())
