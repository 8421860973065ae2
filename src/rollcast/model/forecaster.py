"""Forecaster: fit, predict, evaluate, save. The public face of the package."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from rollcast._types import Float64
from rollcast.errors import ArgumentError, NotFittedError, RollcastWarning
from rollcast.evaluation.excerpt import Excerpt
from rollcast.evaluation.scores import Scores
from rollcast.fitting.fit import Course, run_fit
from rollcast.fitting.problem import make_problem
from rollcast.forecasting import observe, revise
from rollcast.forecasting.observe import Late
from rollcast.forecasting.state import State
from rollcast.model import artifact
from rollcast.model.card import TableOptions
from rollcast.model.fitted import NETWORK, Fitted, emit_notes, make_model
from rollcast.networks.keras_export import export_keras
from rollcast.networks.network import Network, check_network
from rollcast.options import (
    FIT_ARGUMENTS,
    MODEL_OPTIONS,
    Config,
    FitArguments,
    ModelOptions,
    takes,
)
from rollcast.options.config import make_config
from rollcast.options.words import answers_other_words, refuse_unknown
from rollcast.tables import forecast_frame, to_panel
from rollcast.training.checkpoint import FitCheckpoint
from rollcast.training.history import History
from rollcast.training.loop import Interrupt
from rollcast.training.progress import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "esn": "ESN"}


class Forecaster:
    """A recurrent network that forecasts one series or many.

    Args:
        network: your own pair of Keras models (body, head) in place of the built one:
            ``body: (sequence (B, T, 3), mask (B, T), *states) -> (features (B, T, D), *states)`` and
            ``head: features -> outputs (B, T, K)``. The channels are the scaled value, its difference from the anchor,
            and 1 where it is missing; outputs are differences from the anchor, in units of its typical error.
        options: see :class:`rollcast.Config`; all have defaults, and most are chosen from the data.

    Raises:
        ArgumentError: an option that does not exist, or a value outside its range.

    Example:
        >>> import rollcast as rc
        >>> model = rc.Forecaster(cell="lstm", hidden_size=64, h=12)  # doctest: +SKIP
        >>> history = model.fit(rc.datasets.airline())  # doctest: +SKIP
        >>> forecast = model.predict(h=24)  # doctest: +SKIP
    """

    @takes(MODEL_OPTIONS)
    def __init__(self, *, network: Any = None, **options: Unpack[ModelOptions]) -> None:
        self.config: Config = make_config(options, dict.fromkeys(FIT_ARGUMENTS, "fit(data, ...)"))
        self._own = None if network is None else check_network(network, self.config.reading)
        if self._own is not None:
            self.config = self.config.replace(output_size=self._own.output_size)
        self._fitted: Fitted | None = None

    @property
    def name(self) -> str:
        """What the model is called in scores and as a column."""
        return NETWORK if self._own is not None else NAMES[self.config.cell]

    @takes(FIT_ARGUMENTS)
    def fit(self, data: Any, **arguments: Unpack[FitArguments]) -> History:
        """Fit to one series or many; several train one global network.

        Each series is cut in time order: training fits, validation chooses (epochs, anchor, logarithm), the verdict
        comes from the untouched test part. Then the network is trained once more on all rows for the chosen number of
        epochs; where its last layer was solved, only that is solved again.

        Args:
            data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
            OPTIONS

        Returns:
            History: curves, warnings and scores; it ends with a verdict.

        Raises:
            DataError: what is wrong with the table, by column, series and row.
            ArgumentError: an option outside its range.
        """
        refuse_unknown(
            arguments, FIT_ARGUMENTS, "fit", dict.fromkeys(MODEL_OPTIONS, "Forecaster(...)")
        )
        given = {n: o.check(n, arguments.get(n, o.default)) for n, o in FIT_ARGUMENTS.items()}
        options = TableOptions(given["tz"], given["duplicates"], given["fill"])
        columns = {name: given[name] for name in ("id_col", "time_col", "target_col", "freq")}
        panel, schema, notes = to_panel(data, **columns, **vars(options))
        emit_notes(notes, stacklevel=3)
        say(given["progress"], *notes.remarks)
        problem, candidates = make_problem(
            panel,
            self.config,
            network=self._own,
            name=self.name,
            unit=given["unit"],
            val_size=given["val_size"],
            test_size=given["test_size"],
            interpolate=options.fill == "linear",
        )
        with Interrupt().watch() as interrupt:
            course = Course(
                checkpoint=FitCheckpoint(
                    given["checkpoint"], problem.fingerprint, resume=given["resume"]
                ),
                interrupt=interrupt,
                callbacks=given["callbacks"],
                progress=given["progress"],
                final_fit=given["final_fit"],
            )
            outcome = run_fit(problem, candidates, course)
        self._fitted = make_model(problem, outcome, schema, options)
        for sentence in self.history.warnings:
            warnings.warn(sentence, RollcastWarning, stacklevel=2)
        say(given["progress"], f"{self.history.defaults}.", self.history.verdict)
        return self.history

    @answers_other_words
    def predict(
        self,
        data: Any = None,
        h: int | None = None,
        state: State | None = None,
        *,
        horizon: int | None = None,
    ) -> Any:
        """Forecast the ``h`` rows after the newest ones.

        Args:
            data: nothing, to go on from the end of the data of ``fit``; or a table with the same columns. New rows of
                a known series go on from its state. A series that is new, or that begins before the data of ``fit``
                ended and reaches back far enough, is read from its first row.
            h: horizon, any; default the one of ``fit``.
            horizon: another word for ``h``.
            state: what ``observe`` gave, to go on from there; then no ``data``.

        Returns:
            A frame of the caller's kind and names: identifier, time, and a column named by the model.

        Raises:
            DataError: what is wrong with the table, by column, series and row.
            ArgumentError: both ``data`` and ``state``, or a state of another model.
            NotFittedError: before ``fit``.
        """
        fitted = self.fitted
        steps = fitted.choose_h(h, horizon)
        if isinstance(data, State):
            raise ArgumentError(
                "`data` must be a table; pass a state by its name: predict(state=state)."
            )
        if data is None:
            current = fitted.state_or(state)
        elif state is None:
            current = fitted.state_after(fitted.read_table(data))
        else:
            raise ArgumentError(
                "`data` and `state` can't both be given: state = model.observe(data, state) first, then "
                "predict(state=state)."
            )
        return forecast_frame(
            current.ids,
            current.starts,
            {fitted.name: fitted.model.forecast(current, steps)},
            fitted.frequency,
            fitted.schema,
            current.rows,
        )

    @answers_other_words
    def predict_array(
        self, h: int | None = None, state: State | None = None, *, horizon: int | None = None
    ) -> Float64:
        """Forecast the ``h`` rows after the newest ones, without a data frame.

        Args:
            h: horizon, any; default the one of ``fit``.
            horizon: another word for ``h``.
            state: what ``observe`` gave; default the end of the data of ``fit``.

        Returns:
            (S, h) in the data's units, in the order of the state's series.

        Raises:
            ArgumentError: a state of another model.
            NotFittedError: before ``fit``.
        """
        fitted = self.fitted
        steps = fitted.choose_h(h, horizon)
        return fitted.model.forecast(fitted.state_or(state), steps)

    def observe(
        self,
        rows: Any,
        state: State | None = None,
        *,
        max_gap: int | None = None,
        late: Late = "error",
    ) -> State:
        """Move on by new rows, each in constant time; the state that is given stays as it is.

        Args:
            rows: a table with the columns of ``fit`` (a pandas or polars frame, a file, or a mapping of columns to
                sequences), or, for one series, an array of its next values. Rows of known series follow where they
                stand; a series that is new is read from its first row. NaN and steps that are left out are missing.
            state: where the series stand; default ``model.state``, the end of the data of ``fit``.
            max_gap: how many rows of a series may be missing in a row; default the horizon of ``fit``.
            late: "error", or "skip" to leave out late, repeated and out-of-order rows with a warning.

        Returns:
            Where the series stand after these rows.

        Raises:
            DataError: what is wrong with the rows, by column, series and row; nothing has been read then.
            ArgumentError: an option outside its range, or a state of another model.
            NotFittedError: before ``fit``.

        Example:
            >>> state = model.observe(new_rows)  # doctest: +SKIP
            >>> forecast = model.predict(h=24, state=state)  # doctest: +SKIP
        """
        fitted = self.fitted
        current = fitted.state_or(state)
        arrivals = fitted.read_rows(rows, current)
        after, skipped = observe.observe(
            fitted.model, arrivals, current, max_gap=max_gap, late=late
        )
        if skipped:
            warnings.warn(
                f"{skipped:,} of {len(arrivals):,} rows came late or twice and were skipped.",
                RollcastWarning,
                stacklevel=2,
            )
        return after

    def revise(
        self,
        rows: Any,
        state: State,
        *,
        earlier: State | None = None,
        history: Any = None,
    ) -> State:
        """Correct values that a state has read; series without a correction are left as they are.

        A state keeps no rows, so those from before the first correction to where it stands are read again.

        Args:
            rows: corrected rows, a table with the columns of ``fit``; NaN takes a value back.
            state: where the series stand; it stays as it is.
            earlier: a state from before the first correction, to read on from. Without it, and for series that it lacks
                or that stand too late in it, reading begins at their first row.
            history: a table of rows as they were read, beside those of ``fit`` where the model still holds them. Steps
                that it leaves out between a series' first and last row were missing.

        Returns:
            Where the series stand as if the corrected rows had come at first.

        Raises:
            DataError: a row that has not been read, or one that is needed and not known; nothing has changed then.
            ArgumentError: a state of another model.
            NotFittedError: before ``fit``.
        """
        fitted = self.fitted
        current = fitted.state_or(state)
        arrivals = fitted.read_rows(rows, current)
        given = None if history is None else fitted.read_table(history)
        known = [panel for panel in (fitted.tail, given) if panel is not None]
        return revise.revise(fitted.model, arrivals, current, earlier=earlier, history=known)

    @answers_other_words
    def plot(
        self,
        data: Any = None,
        h: int | None = None,
        *,
        series: Any = None,
        horizon: int | None = None,
    ) -> Figure:
        """Draw the forecast of one series after its newest rows, with the baseline to beat in grey.

        Args:
            data: as in ``predict``. A model that was loaded from a file knows no earlier rows, unless they were saved
                with it, and draws the forecast alone.
            h: horizon, any; default the one of ``fit``.
            horizon: another word for ``h``.
            series: its identifier; default the first.

        Raises:
            ArgumentError: a series that is not there.
            DataError: what is wrong with the table, by column, series and row.
            NotFittedError: before ``fit``.
        """
        fitted = self.fitted
        steps = fitted.choose_h(h, horizon)
        panel = None if data is None else fitted.read_table(data)
        return fitted.newest_excerpt(panel, steps, series).plot()

    def evaluate(self, data: Any = None) -> Scores:
        """How the model does, rolled forward freely from many origins, beside naive and seasonal naive.

        Args:
            data: nothing, for the scores of the untouched test part that ``fit`` saved; or a table with rows that the
                model has not seen, behind the history before them.

        Raises:
            DataError: what is wrong with the table, or no row in it is new.
            NotFittedError: before ``fit``.
        """
        fitted = self.fitted
        if data is not None:
            return fitted.evaluate(fitted.read_table(data))
        if fitted.history.scores is None:
            raise NotFittedError("This model holds no scores; pass a table to evaluate it on.")
        return fitted.history.scores

    @property
    def fitted(self) -> Fitted:
        """What ``fit`` left behind.

        Raises:
            NotFittedError: before ``fit``.
        """
        if self._fitted is None:
            raise NotFittedError("This model has not been fitted yet; call fit(data) first.")
        return self._fitted

    @property
    def history(self) -> History:
        """Curves, warnings and scores of the run that was judged."""
        return self.fitted.history

    @property
    def excerpt(self) -> Excerpt:
        """A typical forecast of the test part beside the actual values, made by the weights that were judged.

        Raises:
            NotFittedError: before ``fit``, or after loading: a saved model holds no rows of its test part.
        """
        found = self.fitted.typical_excerpt()
        if found is None:
            raise NotFittedError(
                "This model holds no forecast of its test part: there is one only right after fit."
            )
        return found

    @property
    def network(self) -> Network:
        """The trained body and head."""
        return self.fitted.model.network

    @property
    def state(self) -> State:
        """Where every series stands after all rows of the data of ``fit``: a plain value to ``observe`` from."""
        return self.fitted.state

    def summary(self) -> None:
        """Print Keras' table of the network."""
        self.network.summary()

    def export_keras(self, path: str | Path) -> None:
        """Write the network as a stock ``.keras`` file, which opens without Rollcast.

        It takes (sequence (B, T, 3), mask (B, T), *states) in scaled units and gives (outputs (B, T, K), *states).
        """
        export_keras(self.network.model, path)

    def save(self, path: str | Path, *, with_data: bool = False) -> None:
        """Write the model as one file, whole or not at all, without pickle.

        Args:
            path: any name; ``.rollcast`` by custom.
            with_data: keep the newest rows of the data too, so that changed rows are noticed. They may be confidential.
        """
        artifact.save_model(self.fitted, path, with_data=with_data)

    @classmethod
    def load(cls, path: str | Path, *, network: Any = None) -> Forecaster:
        """The model that ``save`` wrote.

        Args:
            path: the file.
            network: your own pair of Keras models again, if the model was made of one: they are never read from a file.

        Raises:
            ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
        """
        fitted = artifact.load_model(path, network)
        model = cls()
        model.config = fitted.config
        # The pair as it was given: another fit starts from its weights and not from those that have seen the data.
        model._own = (
            check_network(network, model.config.reading) if fitted.name == NETWORK else None
        )
        model._fitted = fitted
        return model


def load(path: str | Path, *, network: Any = None) -> Forecaster:
    """The model that :meth:`Forecaster.save` wrote; see :meth:`Forecaster.load`.

    Raises:
        ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
    """
    return Forecaster.load(path, network=network)
