"""Problem: what a fit is about, with all that follows from the data alone settled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np

from rollcast.data.gaps import fill_linearly
from rollcast.data.panel import Panel
from rollcast.data.splits import Split, make_split
from rollcast.fitting.candidates import Candidate, choose_candidates
from rollcast.fitting.horizon_and_sizes import choose_horizon, choose_sizes, least_rows
from rollcast.networks.network import Network, weights_digest, weights_of
from rollcast.networks.sizes import Sizes
from rollcast.options import Config
from rollcast.preprocessing.ring import ring_size
from rollcast.runtime.versions import versions

_MUCH_SHORTER = 4
"""So many times the rows of a series may others have before that is told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What a fit is about.

    Attributes:
        panel: all rows.
        split: training, validation and test.
        config: with season and horizon settled.
        sizes: of the model's programs.
        network: the user's own network, or None.
        name: what the model is called in scores and frames.
        unit: the target's unit, or None.
    """

    panel: Panel
    split: Split
    config: Config
    sizes: Sizes
    network: Network | None
    name: str
    unit: str | None

    @property
    def h(self) -> int:
        """The horizon."""
        return int(self.config.h or 1)

    @property
    def fingerprint(self) -> str:
        """A hash by which a checkpoint knows the same data and options again."""
        pair = (self.network.body, self.network.head) if self.network else ()
        own = [weights_digest(weights_of(model)) for model in pair]
        parts = [self.panel.digest(), self.config.to_json(), self.split.lengths(), own, versions()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def describe_short(panel: Panel) -> tuple[str, ...]:
    """A sentence on series that cut the parts of all others, for these are as long as the shortest allows."""
    usual = int(np.median(panel.lengths))
    short = np.flatnonzero(_MUCH_SHORTER * panel.lengths < usual)
    if len(short) == 0:
        return ()
    shortest = int(panel.lengths.argmin())
    others = f", and {len(short) - 1:,} more are short" if len(short) > 1 else ""
    return (
        f"Series {panel.ids[shortest]!r} has {int(panel.lengths[shortest]):,} rows, others {usual:,}{others}: chunks,"
        " validation and test of all series are cut to the shortest; leave such series out to train and judge on longer"
        " ones.",
    )


def make_problem(
    panel: Panel,
    config: Config,
    *,
    network: Network | None,
    name: str,
    unit: str | None,
    val_size: int | None,
    test_size: int | None,
    interpolate: bool = False,
) -> tuple[Problem, list[Candidate]]:
    """Settle horizon, sizes and parts, and the ways between which validation is to decide.

    Args:
        panel: all rows.
        config: as the caller gave it.
        network: the caller's own, or None.
        name: of the model.
        unit: of the target, or None.
        val_size: validation rows of each series; None for a fifth.
        test_size: test rows; None for a fifth.
        interpolate: fill gaps of the training part along a straight line.

    Raises:
        ArgumentError: a size below the horizon, or a season that the frequency lacks.
        TooShortError: a series with too few rows.
    """
    config = choose_horizon(config, panel)
    sizes = choose_sizes(config, int(panel.lengths.min()))
    split = make_split(
        panel,
        int(config.h or 1),
        least_train=least_rows(config, sizes),
        val_size=val_size,
        test_size=test_size,
    )
    if interpolate:
        panel = fill_linearly(panel, split.train_ends)
    train = panel.head(split.train_ends - split.offsets[:-1])
    candidates = choose_candidates(config, train, panel)
    problem = Problem(
        panel=panel,
        split=split,
        config=config,
        sizes=replace(sizes, ring=ring_size(max(1, *(candidate.lag for candidate in candidates)))),
        network=network,
        name=name,
        unit=unit,
    )
    return problem, candidates
