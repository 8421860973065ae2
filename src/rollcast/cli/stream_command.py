"""``rollcast stream``: rows in and forecasts out, line by line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from rollcast._number_format import format_count
from rollcast.cli.arguments import HorizonOption, ModelArgument, refuse_same
from rollcast.cli.console import Console, console_of
from rollcast.errors import ArgumentError
from rollcast.stream.lines import LONGEST


def stream(
    context: typer.Context,
    model: ModelArgument,
    *,
    source: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Rows as JSON lines; else stdin."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Forecasts, anew; else to stdout."),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep here how far it is, and go on from there."),
    ] = None,
    checkpoint_rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Lines between checkpoints; else about a second."),
    ] = None,
    h: HorizonOption = None,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="PERCENT",
            help="Intervals to forecast too, as 80,95: their ends are further keys.",
        ),
    ] = None,
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt", help="Have the intervals of --level follow what comes; rows take longer."
        ),
    ] = False,
    every: Annotated[
        int, typer.Option(metavar="N", help="A forecast for every Nth row of a series.")
    ] = 1,
    late: Annotated[
        Literal["skip", "error"],
        typer.Option(help="Leave late and repeated rows out, or end at the first."),
    ] = "skip",
    max_gap: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows that may be missing in a row; else the horizon."),
    ] = None,
    max_line_bytes: Annotated[
        int, typer.Option(metavar="N", help="Bytes of a line at most; a longer one is skipped.")
    ] = LONGEST,
    anomalies: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            help="Tell of each row how unusual it was; at most so many percent of ordinary ones are flagged.",
        ),
    ] = None,
    advice: Annotated[
        bool,
        typer.Option(
            "--advice",
            help="Say once when an update of the model is due, and why; rows take longer.",
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print the counts as one JSON document; needs --output."),
    ] = False,
) -> int:
    """Read rows as JSON lines and answer each with a forecast, as a JSON line, at once.

    A row is {"unique_id": "a", "ds": "2024-01-31", "y": 1.5} with the names of the columns of fit; null is a missing
    value. With --input, --output and --checkpoint each row is answered exactly once, whatever stops the program:
    the same command goes on where it stopped.
    """
    console = console_of(context)
    refuse_same({"MODEL": model, "--input": source, "--output": output, "--checkpoint": checkpoint})
    if json and output is None:
        raise ArgumentError(
            "--json prints to stdout, where the forecasts go; give them an --output."
        )
    import rollcast as rc
    from rollcast.options import whole
    from rollcast.storage.writing import check_place
    from rollcast.stream.session import StreamPaths, run_stream
    from rollcast.stream.stream_options import StreamOptions

    for path in (output, checkpoint):
        if path is not None:
            check_place(path)
    rows = None if checkpoint_rows is None else whole("checkpoint_rows", checkpoint_rows)
    fitted = rc.load(model).fitted
    chosen = StreamOptions.of(
        fitted,
        h=h,
        every=every,
        max_gap=max_gap,
        late=late,
        max_line_bytes=max_line_bytes,
        level=level,
        adapt=adapt,
        anomalies=anomalies,
        advice=advice,
    )
    paths = StreamPaths(source=source, sink=output, checkpoint=checkpoint)
    outcome = run_stream(fitted, chosen, paths, partial(_tell, console), rows=rows)
    counts = outcome.counts
    typer.echo(
        f"{format_count(counts.rows, 'row')}, {format_count(counts.forecasts, 'forecast')}; left out: "
        f"{counts.late:,} late, {counts.repeated:,} repeated, {counts.bad:,} bad.",
        err=True,
    )
    names = {"model": str(model), "output": str(output), "stopped": bool(outcome.signal)}
    console.document({"command": "stream", **names, **counts.to_json()})
    return 128 + outcome.signal if outcome.signal else 0


def _tell(console: Console, kind: str, sentence: str) -> None:
    """A line on stderr as soon as there is something to say; not kept, for there is no end of them."""
    typer.echo(f"{kind}: {console.reword(sentence)}", err=True)
