"""Problem: what a fit is about, with all that follows from the data alone settled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np

from rollcast._types import Int64
from rollcast._versions import versions
from rollcast.config import Config
from rollcast.defaults import (
    Candidate,
    choose_candidates,
    choose_horizon,
    choose_shape,
    least_rows,
)
from rollcast.frames.values import fill_gaps
from rollcast.networks import Network, digest, weights_of
from rollcast.panel import Panel
from rollcast.splits import Split, make_split
from rollcast.training.forecasting import Shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What a fit is about.

    Attributes:
        panel: all rows.
        split: training, validation and test.
        config: with season and horizon settled.
        shape: sizes.
        network: the user's own network, or None.
        name: what the model is called in scores and frames.
        unit: the target's unit, or None.
    """

    panel: Panel
    split: Split
    config: Config
    shape: Shape
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
        own = [digest(weights_of(model)) for model in pair]
        parts = [self.panel.digest(), self.config.to_json(), self.split.lengths(), own, versions()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def pose(
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
    shape = choose_shape(config, int(panel.lengths.min()))
    split = make_split(
        panel,
        int(config.h or 1),
        least_train=least_rows(config, shape),
        val_size=val_size,
        test_size=test_size,
    )
    if interpolate:
        panel = interpolated(panel, split.train_ends)
    train = panel.head(split.train_ends - split.offsets[:-1])
    candidates = choose_candidates(config, train, panel)
    problem = Problem(
        panel=panel,
        split=split,
        config=config,
        shape=replace(shape, ring=max(1, *(candidate.lag for candidate in candidates))),
        network=network,
        name=name,
        unit=unit,
    )
    return problem, candidates


def interpolated(panel: Panel, ends: Int64) -> Panel:
    """Gaps between two values before ``ends`` (S,) filled along a straight line, and none that reaches beyond."""
    known = panel.mask & (np.arange(len(panel.mask)) < np.repeat(ends, panel.lengths))
    inside = np.zeros(len(known), bool)
    for rows in panel:
        seen = np.flatnonzero(known[rows])
        if len(seen):
            inside[rows.start + seen[0] : rows.start + seen[-1]] = True
    filled = np.where(
        inside & ~panel.mask, fill_gaps(panel.target, known, panel.offsets, "linear"), panel.target
    )
    values = np.concatenate([filled[:, None], panel.values[:, 1:]], axis=1)
    return replace(panel, values=values, mask=panel.mask | inside)
