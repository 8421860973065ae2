"""Forecaster: fit, predict, evaluate, save. The public face of the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from rollcast._types import EnsembleOption, Float64, Verbosity
from rollcast.errors import ArgumentError, NotFittedError
from rollcast.evaluation.coverage import Coverage
from rollcast.evaluation.ensemble import Ensemble
from rollcast.evaluation.excerpt import Excerpt
from rollcast.evaluation.scores import Scores
from rollcast.forecasting.observe import Late
from rollcast.forecasting.state import State
from rollcast.model import artifact, live
from rollcast.model.aggregate import aggregate_paths, ask
from rollcast.model.fit_inputs import read_inputs
from rollcast.model.fit_model import fit_model
from rollcast.model.fitted import NETWORK, Fitted
from rollcast.model.forecast_excerpts import excerpt_of_fit, newest_excerpt
from rollcast.model.model_health import Health
from rollcast.model.prediction import predict, predict_falling_back
from rollcast.model.update import Update, update_model
from rollcast.model.warnings_and_notes import emit_notes, warn
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
from rollcast.options.argument_checks import one_of, switch, whole
from rollcast.options.argument_checks import path as check_path
from rollcast.options.config import CELL_NAMES, PRETRAINED_NAME, make_config, refuse_shape_of_built
from rollcast.options.other_words import answers_other_words, refuse_unknown
from rollcast.options.paths_option import USUAL_PATHS, check_paths, refuse_level
from rollcast.tables.paths_frame import check_sample_name
from rollcast.training.history import History
from rollcast.training.progress import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Forecaster:
    """A recurrent network that forecasts one series or many.

    Args:
        network: your own pair of Keras models (body, head) in place of the built one:
            ``body: (sequence (B, T, 3), mask (B, T), *states) -> (features (B, T, D), *states)`` and
            ``head: features -> outputs (B, T, K)``. The body reads three channels: the scaled value, its difference
            from the anchor, and 1 where the value is missing. The anchor is the baseline that the network corrects; the
            outputs are corrections in units of the anchor's typical error.
        horizon: another word for ``h``.
        options: :class:`rollcast.Config` explains them. All have defaults, and most are chosen from the data.

    Raises:
        ArgumentError: an option that does not exist, or a value outside its range; or one that shapes the built network
            beside ``network``.

    Example:
        >>> import rollcast as rc
        >>> model = rc.Forecaster(cell="lstm", hidden_size=64, h=12)  # doctest: +SKIP
        >>> history = model.fit(rc.datasets.airline())  # doctest: +SKIP
        >>> forecast = model.predict(h=24)  # doctest: +SKIP
    """

    @takes(MODEL_OPTIONS)
    def __init__(
        self, *, network: Any = None, horizon: int | None = None, **options: Unpack[ModelOptions]
    ) -> None:
        elsewhere = dict.fromkeys(FIT_ARGUMENTS, "fit(data, ...)")
        if network is not None:
            options.setdefault("pretrained", False)
        self.config: Config = make_config(options, elsewhere, horizon=horizon)
        self._own = None if network is None else check_network(network, self.config.reading)
        if self._own is not None:
            refuse_shape_of_built(options, self._own.output_size)
            self.config = self.config.replace(output_size=self._own.output_size)
        self._fitted: Fitted | None = None

    def __repr__(self) -> str:
        if self._fitted is None:
            return f"Forecaster({self.name}, not fitted)"
        fitted = self._fitted
        return f"Forecaster({fitted.name}, h {fitted.model.h}, {len(fitted.state):,} series)"

    def __getstate__(self) -> dict[str, Any]:
        """What pickle and joblib keep: what ``save`` writes, without the data, and the pair of models of your own."""
        fitted = self._fitted
        return {
            "config": self.config.to_json(),
            "network": None if self._own is None else artifact.pack_network(self._own),
            "file": None if fitted is None else artifact.pack_model(fitted),
        }

    def __setstate__(self, kept: dict[str, Any]) -> None:
        self.config = Config.from_json(kept["config"])
        self._own = None if kept["network"] is None else artifact.unpack_network(kept["network"])
        file = kept["file"]
        self._fitted = None if file is None else artifact.unpack_model(file, self._own)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A model of its own with a network of its own; what never changes, such as the data, is shared."""
        copied = type(self).__new__(type(self))
        copied.config, copied._own = self.config, self._own
        fitted = self._fitted
        copied._fitted = None if fitted is None else artifact.copy_model(fitted, self._own)
        return copied

    @property
    def name(self) -> str:
        """What the model is called in scores and as a column."""
        return self._name_to_be if self._fitted is None else self._fitted.name

    @property
    def is_fitted(self) -> bool:
        """Whether the model has been fitted, or was loaded."""
        return self._fitted is not None

    @property
    def _name_to_be(self) -> str:
        """What a fit calls the model, unless a network of random weights turns out the better one."""
        if self._own is not None:
            return NETWORK
        return PRETRAINED_NAME if self.config.pretrained else CELL_NAMES[self.config.cell]

    @property
    def own_network(self) -> Network | None:
        """The pair of Keras models that was passed as ``network``; None without."""
        return self._own

    @takes(FIT_ARGUMENTS)
    def fit(self, data: Any, **arguments: Unpack[FitArguments]) -> History:
        """Fit to one series or many; one global network forecasts them all.

        Each series is cut in time order. The training part fits the weights, the validation part chooses, and the
        verdict comes from the test part, which nothing has touched before. What is trained is trained once more on all
        rows. The pretrained network is fine-tuned, and validation chooses between it, the fine-tuned one and half-way
        between. Of random weights, validation chooses epochs, anchor and logarithm; if their last layer was solved,
        only that layer is solved again on all rows.

        Args:
            data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
            OPTIONS

        Returns:
            The curves, warnings and scores of the training, with the verdict.

        Raises:
            DataError: the table can't be used; the message names column, series and row.
            ArgumentError: an option has a value outside its range.
        """
        refuse_unknown(
            arguments, FIT_ARGUMENTS, "fit", dict.fromkeys(MODEL_OPTIONS, "Forecaster(...)")
        )
        given = {n: o.check(n, arguments.get(n, o.default)) for n, o in FIT_ARGUMENTS.items()}
        spec, panel, notes = read_inputs(data, given, self.config, self._name_to_be)
        emit_notes(notes)
        say(given["progress"], *notes.remarks)
        course = {n: given[n] for n in ("checkpoint", "resume", "callbacks", "progress")}
        self._fitted = fit_model(spec, panel, network=self._own, **course)
        for sentence in self.history.warnings:
            warn(sentence)
        say(given["progress"], f"{self.history.defaults}.", self.history.verdict)
        return self.history

    @answers_other_words
    def predict(
        self,
        data: Any = None,
        h: int | None = None,
        state: State | None = None,
        *,
        level: float | Sequence[float] | None = None,
        quantiles: float | Sequence[float] | None = None,
        paths: int | None = None,
        seed: int = 0,
        fallback: bool = False,
        ensemble: EnsembleOption = False,
        alias: str | None = None,
        max_gap: int | None = None,
        horizon: int | None = None,
    ) -> Any:
        """Forecast the next ``h`` rows of every series.

        A forecast starts after the table's last row; without a table, after the data of ``fit``. New rows of a known
        series move its state on. A new series is read from its first row. So is a known one that begins before the data
        of ``fit``, or ends before they do; of the latter a warning says so.

        Args:
            data: a table with the columns of ``fit``; None to go on from the data of ``fit``.
            h: horizon, any whole number; default the one of ``fit``.
            state: what ``observe`` returned, to go on from there. Give either ``data`` or ``state``.
            level: percentages such as ``[80, 95]``: for each a lower and an upper column, between which the value lies
                with that probability. They are calibrated on the validation part of ``fit``, and :attr:`coverage` tells
                what they held of the test part.
            quantiles: shares such as ``[0.1, 0.5, 0.9]``, from 0.01 to 0.99: for each a column below whose values the
                series lies with that probability, ``Rollcast-q-10`` and so on. They are the ends of intervals.
            paths: sample paths of each series, such as 1000, in place of the forecasts. A path is one possible future:
                its steps belong together, so :func:`rollcast.aggregate` tells totals, peaks and times by them. At each
                step paths of the pretrained network are spread as its quantiles say; those of a network of points are
                drawn from the residuals of the validation part.
            seed: of the paths: the same seed draws the same ones, whatever other series are forecast.
            fallback: True: a series for which a baseline was better on the validation part, by more than chance, gets
                the forecast of that baseline. The column ``Rollcast-by`` tells of each row who forecast it.
            ensemble: "auto": one more column, ``Rollcast-ensemble``, where the median of the network's forecast and
                those of the best baselines was better than the network alone on the validation part, by more than
                chance; else a warning says why not. True: that column in any case. :attr:`ensemble` tells which
                baselines these are. Intervals, quantiles and paths are those of the network.
            alias: what the column of forecasts is called; default the model's name, ``Rollcast`` or such as ``LSTM``.
            max_gap: rows that may be missing between what the model knows of a series and the table's first row;
                default the horizon of ``fit``.
            horizon: another word for ``h``.

        Returns:
            A frame of the caller's kind and names: identifier, time, and the forecasts in the data's units; S x h rows.
            Of N paths: identifier, time, ``sample`` (0 .. N - 1) and the value; S x N x h rows, path by path.

        Raises:
            DataError: the table can't be used; the message names column, series and row.
            ArgumentError: both ``data`` and ``state`` were given, the state belongs to another model, ``level`` of a
                model that forecasts points and has too few residuals for it, or ``paths`` of one that holds none.
            NotFittedError: the model has not been fitted.
        """
        fitted = self.fitted
        levels = () if level is None else fitted.check_level(level)
        shares = () if quantiles is None else fitted.check_quantiles(quantiles)
        falls_back = switch("fallback", fallback)
        wanted = one_of("ensemble", ensemble, ("auto", True, False))
        steps = fitted.choose_h(h, horizon)
        column = fitted.choose_name(alias, levels, shares, by=falls_back)
        if falls_back and (levels or shares or paths is not None):
            raise ArgumentError(
                "`fallback` gives points, since baselines have no intervals; leave out level, quantiles and paths."
            )
        if paths is not None:
            if wanted:
                raise ArgumentError(
                    "`ensemble` is a column beside forecasts, and `paths` are drawn in place of them; leave one of "
                    "them out."
                )
            refuse_level(levels)
            refuse_level(shares, "quantiles")
            check_sample_name(column, fitted.schema)
            number, seed = check_paths(paths, seed)
            current = fitted.state_for(data, state, max_gap)
            return fitted.draw(current, steps, paths=number, seed=seed, name=column).frame()
        asked: dict[str, Any] = {
            "name": column,
            "members": fitted.choose_members(wanted),
            "max_gap": max_gap,
        }
        if falls_back:
            return predict_falling_back(fitted, data, steps, state, **asked)
        return predict(fitted, data, steps, state, levels=levels, quantiles=shares, **asked)

    @answers_other_words
    def predict_array(
        self, h: int | None = None, state: State | None = None, *, horizon: int | None = None
    ) -> Float64:
        """Forecast the next ``h`` rows of every series as an array.

        Args:
            h: horizon, any whole number; default the one of ``fit``.
            state: what ``observe`` returned; default the state after the data of ``fit``.
            horizon: another word for ``h``.

        Returns:
            (S, h) forecasts in the data's units, in the order of the state's series.

        Raises:
            ArgumentError: the state belongs to another model.
            NotFittedError: the model has not been fitted.
        """
        fitted = self.fitted
        steps = fitted.choose_h(h, horizon)
        return fitted.forecast(fitted.state_or(state), steps).point

    @answers_other_words
    def sample_array(
        self,
        h: int | None = None,
        paths: int = USUAL_PATHS,
        state: State | None = None,
        *,
        seed: int = 0,
        horizon: int | None = None,
    ) -> Float64:
        """Draw sample paths of the next ``h`` rows of every series as an array.

        Args:
            h: horizon, any whole number; default the one of ``fit``.
            paths: N, of each series.
            state: what ``observe`` returned; default the state after the data of ``fit``.
            seed: the same seed draws the same paths, whatever other series the state holds.
            horizon: another word for ``h``.

        Returns:
            (S, N, h) paths in the data's units, in the order of the state's series.

        Raises:
            ArgumentError: the state belongs to another model, the model forecasts points and holds no residuals, or an
                option has a value outside its range.
            NotFittedError: the model has not been fitted.
        """
        fitted = self.fitted
        steps, (number, seed) = fitted.choose_h(h, horizon), check_paths(paths, seed)
        return fitted.draw(fitted.state_or(state), steps, paths=number, seed=seed).values

    @answers_other_words
    def predict_total(
        self,
        h: int | None = None,
        data: Any = None,
        state: State | None = None,
        *,
        level: float | Sequence[float] | None = (80,),
        quantile: float | Sequence[float] | None = None,
        paths: int = USUAL_PATHS,
        seed: int = 0,
        alias: str | None = None,
        max_gap: int | None = None,
        horizon: int | None = None,
    ) -> Any:
        """Forecast the sum of the next ``h`` rows of every series: what will be needed before an order arrives.

        With a lead time of 14 days and ``quantile=0.95``, the stock that suffices in 19 of 20 cases. The sum is taken
        of sample paths, whose steps belong together.

        Args:
            h: horizon, any whole number; default the one of ``fit``.
            data: as in ``predict``.
            state: as in ``predict``.
            level: percentages of intervals; None for none.
            quantile: shares such as 0.95, one or several: the sum lies below that value with that probability.
            paths: of each series.
            seed: of the paths.
            alias: what the column is called; default the model's name.
            max_gap: as in ``predict``.
            horizon: another word for ``h``.

        Returns:
            A frame with one row a series: identifier, the median of the sum, the ends of its intervals, and a column
            such as ``Rollcast-q-95`` for each quantile.

        Raises:
            DataError: the table can't be used; the message names column, series and row.
            ArgumentError: an option has a value outside its range, the model forecasts points and holds no residuals,
                or there are too few paths for a quantile so far out.
            NotFittedError: the model has not been fitted.

        Example:
            >>> model.predict_total(14, quantile=0.95)  # doctest: +SKIP
        """
        fitted = self.fitted
        asked = ask("sum", level, quantile, quantiles_word="quantile")
        steps = fitted.choose_h(h, horizon)
        column = fitted.choose_name(alias, asked.levels, asked.quantiles)
        number, seed = check_paths(paths, seed)
        current = fitted.state_for(data, state, max_gap)
        drawn = fitted.draw(current, steps, paths=number, seed=seed, name=column)
        return aggregate_paths(drawn, asked)

    @answers_other_words
    def observe(
        self,
        rows: Any,
        state: State | None = None,
        *,
        max_gap: int | None = None,
        late: Late = "error",
        adapt: float | Sequence[float] | None = None,
        watch: bool = False,
    ) -> State:
        """Move a state on by new rows, each in constant time.

        The given state stays as it is; a new one is returned. Nothing is read again.

        Args:
            rows: a table with the columns of ``fit``: a pandas or polars frame, a file, or a mapping of columns to
                sequences. Of one series, an array of its next values will do. Rows of a known series must come after
                those that the state has read. A new series is read from its first row. NaN is missing, and so is a step
                that is left out.
            state: the state before these rows; default ``model.state``, the one after the data of ``fit``.
            max_gap: rows of a series that may be missing one after the other; default the horizon of ``fit``.
            late: "error" refuses late, repeated and out-of-order rows; "skip" leaves them out with a warning.
            adapt: percentages such as ``[80, 95]`` at which intervals adapt from these rows on: each row that lies
                outside of the interval one step ahead of it widens the next ones, each inside narrows them a little.
                The state that comes back keeps that up, without being asked again. Reading takes longer then.
            watch: keep the errors one step ahead from these rows on, by which :meth:`health` says whether the model
                still fits. The state that comes back keeps that up too, and reading takes longer too.

        Returns:
            The state after these rows.

        Raises:
            DataError: the rows can't be used; the message names column, series and row. Nothing has been read.
            ArgumentError: an option has a value outside its range, or the state belongs to another model.
            NotFittedError: the model has not been fitted.

        Example:
            >>> state = model.observe(new_rows)  # doctest: +SKIP
            >>> forecast = model.predict(h=24, state=state)  # doctest: +SKIP
        """
        fitted = self.fitted
        levels = () if adapt is None else fitted.check_level(adapt, "adapt")
        watched = switch("watch", watch)
        return live.observe(
            fitted, rows, state, max_gap=max_gap, late=late, adapt=levels, watch=watched
        )

    def health(self, state: State | None = None) -> Health:
        """How the newest rows were forecast one step ahead: beside the naive baselines, and beside the rows of the fit.

        An update is advised where the errors are larger than those of the better naive baseline, or than those on the
        rows on which the fit was judged, by more than a margin and more than chance. Newer rows weigh more: one counts
        half as much as another 32 rows later, and the newest 64 of each series are kept.

        Args:
            state: one that watches, by ``observe(rows, state, watch=True)``; default ``model.state``.

        Returns:
            The figures: ``print`` them, look at ``by_series``, act on ``advice`` and ``reason``.

        Raises:
            ArgumentError: the state does not watch, or belongs to another model.
            NotFittedError: the model has not been fitted.

        Example:
            >>> state = model.observe(new_rows, watch=True)  # doctest: +SKIP
            >>> model.health(state).advice  # doctest: +SKIP
            'none'
        """
        return live.health(self.fitted, state)

    @answers_other_words
    def anomalies(
        self,
        rows: Any,
        state: State | None = None,
        *,
        false_alarms: float = 1.0,
        max_gap: int | None = None,
        late: Late = "error",
    ) -> Any:
        """Find values that are unusual by the forecast one step ahead of each; nothing is read into a state.

        The forecast is the one that was in force before the row came: calibrated on the validation part of ``fit``, and
        as wide as intervals have become where the state's adapt. So the share of ordinary values that are flagged is
        ``false_alarms``, whatever the series.

        Args:
            rows: new rows as ``observe`` takes them, several of a series too. Series that the state does not hold are
                left out. A value that is too far off for ``observe`` to read is judged all the same.
            state: the state before these rows; default ``model.state``, the one after the data of ``fit``.
            false_alarms: percent of ordinary values that may be flagged, .01 to 50.
            max_gap: as in ``observe``.
            late: as in ``observe``.

        Returns:
            A frame of the caller's kind and names, series by series: identifier, time, value, the forecast with the
            ends beyond which values are flagged (such as ``Rollcast-lo-99``), ``p_value`` and ``anomaly``. A row that
            is missing between others stands there with its forecast, and without a value.

        Raises:
            DataError: the rows can't be used; the message names column, series and row.
            ArgumentError: an option has a value outside its range, the state belongs to another model, or the model
                forecasts points and has too few residuals to judge by.
            NotFittedError: the model has not been fitted.

        Example:
            >>> found = model.anomalies(new_rows, state)  # doctest: +SKIP
            >>> found[found["anomaly"]]  # doctest: +SKIP
            >>> state = model.observe(new_rows, state)  # doctest: +SKIP
        """
        return live.anomalies(
            self.fitted, rows, state, false_alarms=false_alarms, max_gap=max_gap, late=late
        )

    @answers_other_words
    def revise(
        self,
        rows: Any,
        state: State,
        *,
        earlier: State | None = None,
        history: Any = None,
    ) -> State:
        """Correct values that a state has read.

        A state keeps no rows. So the rows from the first correction on are read again, of the corrected series alone.
        The given state stays as it is; a new one is returned.

        Args:
            rows: the corrected rows, a table with the columns of ``fit``. NaN takes a value back.
            state: the state that has read them.
            earlier: a state from before the first correction; reading goes on from there. Without it, reading begins at
                a series' first row. So it does for a series that this state lacks, or of which it has read too much.
            history: a table of the rows as they were read. The rows of ``fit`` are known where the model still holds
                its data. A step that is left out between a series' first and last row was missing.

        Returns:
            The state as if the corrected rows had come in the first place.

        Raises:
            DataError: a corrected row has not been read, or a row that is needed is not known. Nothing has changed.
            ArgumentError: the state belongs to another model.
            NotFittedError: the model has not been fitted.
        """
        return live.revise(self.fitted, rows, state, earlier=earlier, history=history)

    @answers_other_words
    def plot(
        self,
        data: Any = None,
        h: int | None = None,
        *,
        series: Any = None,
        level: float | Sequence[float] | None = None,
        max_gap: int | None = None,
        horizon: int | None = None,
    ) -> Figure:
        """Draw the forecast of one series after its newest rows, with the baseline to beat in grey.

        Args:
            data: as in ``predict``. A model that was loaded from a file draws the forecast alone, unless its data were
                saved with it.
            h: horizon, any whole number; default the one of ``fit``.
            series: its identifier; default the first.
            level: percentages of the intervals that are drawn as bands, as in ``predict``.
            max_gap: as in ``predict``.
            horizon: another word for ``h``.

        Returns:
            A matplotlib figure.

        Raises:
            ArgumentError: there is no such series, or a ``level`` for which the model has too few residuals.
            DataError: the table can't be used; the message names column, series and row.
            NotFittedError: the model has not been fitted.
        """
        fitted = self.fitted
        steps = fitted.choose_h(h, horizon)
        panel = None if data is None else fitted.read_table(data)
        levels = () if level is None else fitted.check_level(level)
        return newest_excerpt(fitted, panel, steps, series, max_gap, levels).plot()

    @answers_other_words
    def evaluate(self, data: Any = None, *, max_gap: int | None = None) -> Scores:
        """Judge the model on new rows, beside every baseline.

        Forecasts start at many rows and are rolled forward on the network's own output, as ``predict`` would make them:
        a known series goes on from its state, a new one is read from its first row and judged on its second half. The
        baseline to beat is the one that ``fit`` chose. The network is not trained.

        Args:
            data: a table with rows that the model has not seen, with or without the history before them. Without a
                table nothing is judged: these are :attr:`scores`, which ``fit`` saved.
            max_gap: as in ``predict``.

        Returns:
            The errors of the model and of its baselines, with the verdict: print ``scores.table()`` and
            ``scores.verdict``.

        Raises:
            DataError: the table can't be used, or no row in it is new.
            ArgumentError: there is no table and the model holds no scores, or ``max_gap`` is no whole number.
            NotFittedError: the model has not been fitted.
        """
        if data is None:
            return self.scores
        return self.fitted.evaluate(self.fitted.read_table(data), max_gap)

    @answers_other_words
    def update(
        self,
        data: Any,
        *,
        max_gap: int | None = None,
        progress: Verbosity | bool = "quiet",
    ) -> Update:
        """Go on training with newer rows, and keep that where it forecasts the newest ones better.

        The model has to have started from the pretrained network; as it is, half-way or fine-tuned. Its weights are
        trained further on all rows but the newest: the second half of the new ones, at least a horizon and at most
        twelve. There both are judged. Only where the error is lower for certain are the weights replaced, by the same
        training on all rows. Either way every series is read up to its last row, :attr:`state` stands there, and
        intervals are calibrated anew where the new rows suffice.

        Args:
            data: a table with the columns of ``fit`` that holds newer rows; with the history too where the model was
                loaded from a file that was saved without its data.
            max_gap: as in ``predict``.
            progress: "auto" for a bar or lines, "quiet" for nothing.

        Returns:
            What became of it: ``taken`` says whether the weights were replaced; ``print`` says it in words.

        Raises:
            DataError: the table can't be used, or the history is not known. The model stays as it was.
            TooShortError: no series has as many new rows as the horizon.
            ArgumentError: a network of random weights: fit it again.
            NotFittedError: the model has not been fitted.

        Example:
            >>> update = model.update(newer_rows)  # doctest: +SKIP
            >>> update.taken, str(update)  # doctest: +SKIP
        """
        gap = None if max_gap is None else whole("max_gap", max_gap, least=0)
        told = FIT_ARGUMENTS["progress"].check("progress", progress)
        fitted = self.fitted
        updated = update_model(fitted, fitted.read_table(data), max_gap=gap, progress=told)
        self._fitted = updated.fitted
        return updated.update

    @property
    def fitted(self) -> Fitted:
        """The model and its state, with its table's names, its scores and its data.

        Raises:
            NotFittedError: the model has not been fitted.
        """
        if self._fitted is None:
            raise NotFittedError("This model has not been fitted yet; call fit(data) first.")
        return self._fitted

    @property
    def history(self) -> History:
        """The curves, warnings and scores of the training that was judged."""
        return self.fitted.history

    @property
    def scores(self) -> Scores:
        """How good the model was on the test part, beside every baseline, as ``fit`` saved it.

        Raises:
            ArgumentError: the model holds no scores.
            NotFittedError: the model has not been fitted.
        """
        saved = self.history.scores
        if saved is None:
            raise ArgumentError(
                "This model holds no scores of a test part: evaluate it on a table with rows that it has not seen."
            )
        return saved

    @property
    def coverage(self) -> Coverage:
        """What share of the test part the intervals held, by level and by blocks of six steps, as ``fit`` saved it.

        Raises:
            ArgumentError: the model holds none, as after an update that has calibrated the intervals anew.
            NotFittedError: the model has not been fitted.
        """
        known = self.fitted.intervals
        if known is None or known.coverage is None:
            raise ArgumentError(
                "This model holds no coverage of a test part: an update has calibrated its intervals anew, or the fit "
                "had too few rows to test on. Fit it again, or backtest it on newer rows."
            )
        return known.coverage

    @property
    def ensemble(self) -> Ensemble:
        """The median of the network's forecast and those of the best baselines, as it did on the validation part.

        ``preferred`` tells whether ``predict(ensemble="auto")`` gives it.

        Raises:
            ArgumentError: the model holds none.
            NotFittedError: the model has not been fitted.
        """
        found = self.fitted.ensemble
        if found is None:
            raise ArgumentError(
                "This model holds no ensemble: fit it again, with rows enough to validate on."
            )
        return found

    @property
    def excerpt(self) -> Excerpt:
        """The forecast of the test part with the median error, beside the actual values.

        Raises:
            NotFittedError: the model has not been fitted, or was loaded: a file holds no rows of the test part.
        """
        found = excerpt_of_fit(self.fitted)
        if found is None:
            raise NotFittedError(
                "This model holds no forecast of its test part: there is one only right after fit."
            )
        return found

    @property
    def network(self) -> Network:
        """The trained body and head, two Keras models.

        Raises:
            ArgumentError: the model forecasts by the pretrained network, which is none of Keras'.
            NotFittedError: the model has not been fitted.
        """
        network = self.fitted.model.network
        if isinstance(network, Network):
            return network
        raise ArgumentError(
            "This model forecasts by the pretrained network, which is no Keras model; fit with `pretrained=False` to "
            "get one."
        )

    @property
    def state(self) -> State:
        """The state of every series after the data of ``fit``: a plain value, to ``observe`` from."""
        return self.fitted.state

    def summary(self) -> None:
        """Print Keras' table of the network."""
        self.network.summary()

    def export_keras(self, path: str | Path) -> None:
        """Write the network as a stock ``.keras`` file, which opens without Rollcast.

        The network takes (sequence (B, T, 3), mask (B, T), *states) in scaled units and gives (outputs (B, T, K),
        *states).

        Args:
            path: ends in ``.keras``.

        Raises:
            ArgumentError: another ending, or an echo state network, which stock Keras lacks.
        """
        export_keras(self.network.model, path)

    def save(self, path: str | Path, *, with_data: bool = False) -> None:
        """Write the model as one file, whole or not at all, without pickle.

        Args:
            path: any name; ``.rollcast`` by custom.
            with_data: keep the newest rows of the data too, for pictures and so that changed rows are noticed. They may
                be confidential.

        Raises:
            ArtifactError: the file can't be written, or an identifier is neither text nor a number.
        """
        artifact.save_model(
            self.fitted, check_path("path", path), with_data=switch("with_data", with_data)
        )

    @classmethod
    def load(cls, path: str | Path, *, network: Any = None) -> Forecaster:
        """Open a model that ``save`` wrote.

        Args:
            path: the file.
            network: your own pair of Keras models again, if the model was made of one. They are never read from a file.

        Raises:
            ArtifactError: the file is missing, truncated, foreign, or of a newer format.
            ArgumentError: ``network`` is not the pair that the model was fitted with.
        """
        fitted = artifact.load_model(check_path("path", path), network)
        model = cls()
        model.config = fitted.config
        # The pair as it was given: another fit starts from its weights and not from those that have seen the data.
        model._own = (
            check_network(network, model.config.reading) if fitted.name == NETWORK else None
        )
        model._fitted = fitted
        return model


def load(path: str | Path, *, network: Any = None) -> Forecaster:
    """Open a model that :meth:`Forecaster.save` wrote.

    Args:
        path: the file.
        network: your own pair of Keras models again, if the model was made of one.

    Raises:
        ArtifactError: the file is missing, truncated, foreign, or of a newer format.
        ArgumentError: ``network`` is not the pair that the model was fitted with.
    """
    return Forecaster.load(path, network=network)
