"""Pretrain the network: ``python -m pretraining.train --minutes 120 --out runs/first``, from the repository's root.

The same command goes on with a run that was interrupted. ``run.npz`` holds it, ``log.jsonl`` has a line for every 20
updates, and ``weights.npz`` is there when it is done: the averaged weights by name.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pretraining.batches import GENERATOR, PARTS
from pretraining.run_file import Asked, Run, read_asked, read_run, read_weights, write_run
from pretraining.sizes import SIZES
from pretraining.task import Task, pretrained_network
from pretraining.training import RUN_FILE, places_of, train, updates_in, updating


def main(arguments: Sequence[str] | None = None, task: Task | None = None) -> int:
    """Start a run or go on with it; 2 if the options are refused.

    Args:
        arguments: of the command line; those of this process by default.
        task: what is trained; by default the network that the package ships.
    """
    options = parser().parse_args(arguments)
    task = task or pretrained_network(options.hidden_size, options.num_layers)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        update = updating(task)
        run = begin(options, task, update)
        train(run, update, options.out, every=options.every, workers=options.workers)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    rows = [size.rows for size in SIZES]
    made = argparse.ArgumentParser(prog="python -m pretraining.train", description=__doc__)
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="the run's folder")
    made.add_argument("--seed", type=int, default=0)
    budget = made.add_mutually_exclusive_group()
    budget.add_argument("--updates", type=at_least_one, help="in all")
    budget.add_argument("--minutes", type=float, help="turned into updates once, at the start")
    made.add_argument("--rate", type=float, default=2e-3, help="the highest learning rate")
    made.add_argument("--init", type=Path, metavar="FILE", help="begin with these weights")
    made.add_argument("--every", type=at_least_one, default=100, help="updates between two files")
    made.add_argument("--workers", type=at_least_one, default=1, help="processes that draw batches")
    made.add_argument(
        "--times", type=at_least_one, default=1,
        help="times the series in each batch; sixteen times as many keep a GPU busy",
    )  # fmt: skip
    made.add_argument("--sizes", type=int, nargs="+", choices=rows, default=[], help="all if none")
    made.add_argument(
        "--without", nargs="+", choices=sorted(PARTS), default=[], metavar="PART",
        help=f"parts of the generator to leave out: {', '.join(sorted(PARTS))}",
    )  # fmt: skip
    made.add_argument("--hidden-size", type=at_least_one, default=128)
    made.add_argument("--num-layers", type=at_least_one, default=2)
    made.add_argument(
        "--resume", action=argparse.BooleanOptionalAction, default=True,
        help="go on if DIR has a run (default); --no-resume begins anew",
    )  # fmt: skip
    return made


def at_least_one(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number >= 1; got {text!r}")
    return int(text)


def begin(options: argparse.Namespace, task: Task, update: Any) -> Run:
    """The run to make: the one in the folder, or a new one, whose file is written before its first update.

    Raises:
        ValueError: the folder's run was asked for something else, or neither updates nor minutes are given.
    """
    from rollcast.training import adamw

    path = options.out / RUN_FILE
    weights = task.start(options.seed)
    asked = Asked(
        seed=options.seed,
        updates=options.updates or 0,
        minutes=options.minutes,
        rate=options.rate,
        without=tuple(sorted(set(options.without))),
        sizes=tuple(sorted(set(options.sizes))),
        network=task.network,
        init=hashlib.sha256(options.init.read_bytes()).hexdigest() if options.init else "",
        generator=GENERATOR,
        times=options.times,
    )
    if options.resume and path.exists():
        check_same(path, asked)
        return read_run(path, weights, adamw.start(weights))
    if options.updates is None and options.minutes is None:
        raise ValueError("A new run needs --updates or --minutes; got neither.")
    if options.minutes is not None and not options.minutes > 0:
        raise ValueError(f"--minutes must be above 0; got {options.minutes}.")
    if options.init:
        weights = read_weights(options.init, weights)
    if options.minutes is not None:
        places = places_of(asked.sizes)
        asked = asked._replace(
            updates=updates_in(options.minutes, update, weights, places, asked.times)
        )
    run = Run(asked, 0, 0.0, weights, adamw.start(weights))
    write_run(path, run)
    return run


def check_same(path: Path, asked: Asked) -> None:
    """See that a run goes on as what it began.

    Raises:
        ValueError: it was asked for something else.
    """
    there = read_asked(path)
    for name, got in asked._asdict().items():
        was = getattr(there, name)
        # A run goes on without being told how long it is, and without the file that it began with.
        if name in ("updates", "minutes", "init") and not got:
            continue
        if got != was:
            raise ValueError(
                f"The run in '{path}' was begun with {name} {was!r}; got {got!r}. Give the same, or another --out, or "
                "--no-resume to begin anew."
            )


if __name__ == "__main__":
    sys.exit(main())
