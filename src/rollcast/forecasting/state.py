"""State: all that a model knows of its series after their newest rows, a plain value that the caller holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from rollcast._types import Int64
from rollcast.data.calendar import Frequency
from rollcast.data.identifiers import held_identifier
from rollcast.errors import ArgumentError, show
from rollcast.forecasting.adaptation import Adaptation
from rollcast.forecasting.live_sections import (
    read_adaptation,
    read_watch,
    write_adaptation,
    write_watch,
)
from rollcast.forecasting.network_state import NetworkState, take_series
from rollcast.forecasting.state_before_sections import part_state
from rollcast.forecasting.state_fields import Identifier, plain_id
from rollcast.forecasting.state_sections import (
    STATE_SECTIONS,
    Clock,
    read_bounds,
    read_cells,
    read_clock,
    read_flags,
    read_level,
    read_memory,
    read_scaling,
    read_seasons,
    write_bounds,
    write_cells,
    write_clock,
    write_flags,
    write_level,
    write_memory,
    write_scaling,
    write_seasons,
)
from rollcast.forecasting.watch import Watch
from rollcast.networks.network import Weights, weights_digest
from rollcast.options.argument_checks import Check, instance, items, label, text
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.ring import from_oldest_first, oldest_first
from rollcast.preprocessing.transform import Memory
from rollcast.runtime.backend import refuse_forked
from rollcast.storage import container
from rollcast.storage.sections import Section, Sections, pack_sections, read_sections
from rollcast.storage.writing import as_path

_SHOWN = 3
"""Series that are named when a state is printed."""

_CHECKS: Final[Mapping[str, Check]] = {
    "ids": items,
    "starts": instance(np.ndarray, "an array of times"),
    "preparation": instance(Preparation, "a Preparation"),
    "network_state": instance(NetworkState, "a NetworkState"),
    "frequency": instance(Frequency, "a Frequency"),
    "owner": text,
}


@dataclass(frozen=True, eq=False, repr=False)
class State:
    """All that a model needs to go on with S series after their newest rows.

    A state never changes: ``observe`` and ``revise`` return a new one. Two states are equal if they hold the same
    series in the same order with the same values, read by the same weights.

    Attributes:
        ids: (S,) the identifiers; ``(None,)`` where the data had no column of them.
        starts: (S,) the time of each series' first row.
        preparation: their scaling and anchors.
        network_state: what the network knows.
        frequency: of the rows.
        owner: a hash of the weights that it belongs to.
        adaptation: how much wider intervals have to be than they were; None where they do not adapt.
        watch: the errors of the newest rows; None where they are not kept.
    """

    ids: tuple[Any, ...]
    starts: Int64
    preparation: Preparation
    network_state: NetworkState
    frequency: Frequency
    owner: str = ""
    adaptation: Adaptation | None = None
    watch: Watch | None = None

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        object.__setattr__(self, "starts", _frozen(self.starts))
        object.__setattr__(self, "preparation", self.preparation.with_each(_frozen))
        object.__setattr__(self, "network_state", _freeze(self.network_state))

    def __getstate__(self) -> dict[str, Any]:
        import jax

        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return kept | {"network_state": jax.tree.map(np.asarray, self.network_state)}

    def __setstate__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)
        self.__post_init__()

    def __len__(self) -> int:
        return len(self.ids)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        if (self.owner, self.ids, self.frequency) != (other.owner, other.ids, other.frequency):
            return False
        one, two = self.to_arrays(), other.to_arrays()
        return one.keys() == two.keys() and all(
            np.array_equal(one[name], two[name], equal_nan=True) for name in one
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        shown = [
            f"{'next row' if name is None else repr(name)} due at {self.frequency.format(int(time))}"
            for name, time in zip(self.ids[:_SHOWN], self.nexts[:_SHOWN], strict=True)
        ]
        if len(self) > _SHOWN:
            shown.append(f"{len(self) - _SHOWN:,} more")
        return f"State({len(self):,} series{': ' if shown else ''}{', '.join(shown)})"

    @property
    def rows(self) -> Int64:
        """(S,) how many rows of each series have been read, missing ones too."""
        return np.asarray(self.network_state.rows).astype(np.int64)

    @cached_property
    def nexts(self) -> Int64:
        """(S,) the time of the row that would come next."""
        return _frozen(self.frequency.shift(self.starts, self.rows))

    @cached_property
    def places(self) -> dict[Any, int]:
        """Identifier -> its place."""
        return {series_id: s for s, series_id in enumerate(self.ids)}

    @cached_property
    def scale(self) -> AnchorScale:
        """Spread, anchor, bounds and seasons of all series, where programs run."""
        import jax

        refuse_forked()
        return jax.device_put(self.preparation.anchor_scale(np.arange(len(self))))

    def find(self, ids: Sequence[Any]) -> Int64:
        """(U,) the places of identifiers (U,); -1 for those that are not there."""
        if ids == self.ids:
            return np.arange(len(self.ids))
        places = self.places
        return np.array([places.get(series_id, -1) for series_id in ids], np.int64)

    def select(self, ids: Any) -> State:
        """The series of one identifier or of several, in that order.

        Raises:
            ArgumentError: an identifier that is not there.
        """
        return self.take(self._places_of(ids))

    def drop(self, ids: Any) -> State:
        """All series but those of one identifier or of several, which go.

        Raises:
            ArgumentError: an identifier that is not there.
        """
        return self.take(np.setdiff1d(np.arange(len(self)), self._places_of(ids)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state as one file, whole or not at all, without pickle.

        Raises:
            ArtifactError: the file can't be written, or an identifier is neither text nor a whole number.
        """
        container.write_container(path, *pack_sections(self.to_sections()), kind="state")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> State:
        """What ``save`` wrote.

        Raises:
            ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
        """
        return cls.read(as_path(path))

    @classmethod
    def read(cls, source: container.Source) -> State:
        """What is in a file, also in one in memory.

        Raises:
            ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
        """
        with container.naming_damage(source, "state"):
            return cls.from_sections(
                read_sections(source, STATE_SECTIONS, kind="state", before=part_state)
            )

    @cached_property
    def form(self) -> tuple[Any, ...]:
        """Equal for two states that one model can go on from."""
        known = self.network_state
        leaves = (*known.cells, known.features, known.memory.values, known.window)
        preparation = self.preparation
        by = (preparation.smoothing is not None, preparation.seasons is not None)
        shapes = [np.shape(leaf)[1:] for leaf in leaves]
        return (self.frequency, preparation.lag, by, shapes)

    def to_sections(self) -> tuple[Section, ...]:
        """What a file holds of it.

        Raises:
            ArtifactError: an identifier is neither text nor a whole number.
        """
        return self._sections([plain_id(i) for i in self.ids])

    def to_arrays(self) -> container.Arrays:
        """Every array by its name in a file, (S, ...) each."""
        return pack_sections(self._sections([]))[1]

    def _sections(self, ids: list[Identifier]) -> tuple[Section, ...]:
        known, preparation = self.network_state, self.preparation
        return (
            write_clock(Clock(tuple(ids), self.starts, known.rows, self.frequency), self.nexts),
            write_cells(known, self.owner),
            write_scaling(preparation.scaler, preparation.anchor_error),
            write_memory(known, preparation.lag),
            *write_level(known, preparation.smoothing),
            *write_seasons(known, preparation.seasons),
            *write_bounds(preparation.bounds),
            *write_flags(preparation),
            *write_adaptation(self.adaptation),
            *write_watch(self.watch),
        )

    @classmethod
    def from_sections(cls, sections: Sections) -> State:
        """What :meth:`to_sections` gave, whose types and shapes are checked.

        Raises:
            ValueError: what is wrong.
        """
        clock = read_clock(sections)
        sizes = {"S": len(clock.ids)}
        cells, features, owner = read_cells(sections, sizes)
        recent, window, lag = read_memory(sections, sizes)
        scaler, spread = read_scaling(sections, sizes)
        memory = Memory(from_oldest_first(recent, clock.rows), clock.rows)
        memory, smoothing = read_level(sections, sizes | {"R": recent.shape[1]}, memory)
        memory, seasons = read_seasons(sections, sizes, memory)
        bounds = read_bounds(sections, sizes, scaler)
        flags = read_flags(sections, sizes, seasons)
        preparation = Preparation(scaler, spread, lag, bounds, smoothing, seasons, *flags)
        known = NetworkState(cells, features, memory, window)
        return cls(
            clock.ids,
            clock.starts,
            preparation,
            known,
            clock.frequency,
            owner,
            read_adaptation(sections, sizes),
            read_watch(sections, sizes),
        )

    def watching(self, season: int) -> State:
        """The same state, which keeps the errors of its next rows; one that does so already goes on.

        Args:
            season: rows back to the value of seasonal naive; 1 or less for none.
        """
        return self if self.watch is not None else replace(self, watch=self.watch_from(season))

    def watch_from(self, season: int) -> Watch:
        """A watch that begins here."""
        memory = self.network_state.memory
        return Watch.start(oldest_first(memory.values, memory.rows), self.rows, season)

    def take(self, places: Int64) -> State:
        """The series at the given places (S',), in that order."""
        if np.array_equal(places, np.arange(len(self))):
            return self
        return replace(
            self,
            ids=tuple(self.ids[s] for s in places),
            starts=self.starts[places],
            preparation=self.preparation.take(places),
            network_state=take_series(self.network_state, places),
            adaptation=self.adaptation and self.adaptation.take(places),
            watch=self.watch and self.watch.take(places),
        )

    def join(self, other: State) -> State:
        """These series, followed by the other's."""
        import jax

        return replace(
            self,
            ids=self.ids + other.ids,
            starts=np.concatenate([self.starts, other.starts]),
            preparation=self.preparation.join(other.preparation),
            network_state=jax.tree.map(
                lambda a, b: np.concatenate([np.asarray(a), np.asarray(b)]),
                self.network_state,
                other.network_state,
            ),
            adaptation=self.adaptation and self.adaptation.join(len(other)),
            watch=self.watch and self.watch.join(other.watch_from(self.watch.season.shape[1])),
        )

    def moved(self, network_state: NetworkState) -> State:
        """The same series after other rows, in a state of the same form. Nothing else is checked or reckoned again."""
        import jax

        # What a program gave stays where programs run, so that the next one takes it as it is.
        by_program = isinstance(network_state.features, jax.Array)
        after = object.__new__(State)
        held = network_state if by_program else _freeze(network_state)
        vars(after).update(vars(self), network_state=held)
        vars(after).pop("nexts", None)
        return after

    def followed(self, adaptation: Adaptation | None, watch: Watch | None) -> State:
        """The same state with other factors and errors; what has been reckoned of the series is kept."""
        after = object.__new__(State)
        vars(after).update(vars(self), adaptation=adaptation, watch=watch)
        return after

    def put(self, places: Int64, network_state: NetworkState) -> State:
        """The same series; those at the given places (S',) have the state (S', ...)."""
        import jax

        def written(old: Any, new: Any) -> Any:
            whole = np.array(old)
            whole[places] = new
            return whole

        return self.moved(jax.tree.map(written, self.network_state, network_state))

    def _places_of(self, ids: Any) -> Int64:
        several = isinstance(ids, Iterable) and not isinstance(ids, str | bytes)
        given = items("ids", ids) if several else (ids,)
        wanted = [held_identifier(label("ids", one)) for one in given]
        for series_id in wanted:
            if series_id not in self.places:
                raise ArgumentError(
                    f"`ids` must be among the {len(self):,} identifiers of the state; got {show(series_id)}."
                )
        return np.array([self.places[i] for i in wanted], np.int64)


def weights_owner(weights: Weights) -> str:
    """The hash by which a state knows its weights again; a reservoir's are among them."""
    return weights_digest(Weights([*weights.trainable, *weights.fixed], []))


def _freeze(network_state: NetworkState) -> NetworkState:
    """The same, not to be written to; what a program gave stays where programs run."""
    import jax

    def held(leaf: Any) -> Any:
        return leaf if isinstance(leaf, jax.Array) else _frozen(leaf)

    return jax.tree.map(held, network_state)


def _frozen(array: Any) -> Any:
    """The array as NumPy's, not to be written to."""
    found = np.asarray(array)
    if found.flags.writeable:
        found = found.view()
        found.flags.writeable = False
    return found
