"""The application: its commands, and what becomes of errors."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer

from rollcast.cli.arguments import EXIT_CODES, example
from rollcast.cli.audit_command import audit
from rollcast.cli.backtest_command import backtest
from rollcast.cli.check_command import check
from rollcast.cli.console import Console
from rollcast.cli.demo_command import demo
from rollcast.cli.diagnose_command import diagnose
from rollcast.cli.evaluate_command import evaluate
from rollcast.cli.fit_command import INTERRUPTED, fit
from rollcast.cli.forecast_command import forecast
from rollcast.cli.info_command import info
from rollcast.cli.scores_command import scores
from rollcast.cli.standard_streams import BROKEN_PIPE, guard_streams
from rollcast.cli.stream_command import stream
from rollcast.cli.summary_command import summary
from rollcast.cli.update_command import update
from rollcast.cli.wording import sentence_of
from rollcast.errors import ArtifactError, RollcastError

WRONG_USAGE = 2

app = typer.Typer(
    name="rollcast",
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="\n\n".join(
        [
            example(
                "rollcast demo",
                "rollcast forecast sales.csv --horizon 28 -o forecast.csv",
                "rollcast fit sales.csv --horizon 28 -o sales.rollcast",
                "rollcast forecast sales.rollcast -o forecast.csv",
            ),
            EXIT_CODES,
        ]
    ),
)
for _command, _lines in (
    (demo, ("rollcast demo -o rollcast-demo",)),
    (
        fit,
        (
            "rollcast fit sales.csv --time date --value sales --id store --horizon 28 -o"
            " sales.rollcast",
        ),
    ),
    (check, ("rollcast check sales.csv",)),
    (
        forecast,
        (
            "rollcast forecast sales.csv --horizon 28 --level 80,95 -o forecast.csv",
            "rollcast forecast sales.csv --horizon 14 --total --quantile 0.95",
            "rollcast forecast sales.rollcast newer.csv --horizon 28 -o forecast.csv",
        ),
    ),
    (stream, ("rollcast stream sales.rollcast --input rows.jsonl -o forecasts.jsonl",)),
    (update, ("rollcast update sales.rollcast newer.csv -o sales.rollcast",)),
    (scores, ("rollcast scores sales.rollcast",)),
    (evaluate, ("rollcast evaluate sales.rollcast newer.csv",)),
    (
        backtest,
        (
            "rollcast backtest sales.csv --horizon 28 --windows 5 --level 80,95 -o scores.csv",
            "rollcast backtest sales.rollcast newer.csv",
        ),
    ),
    (
        diagnose,
        ("rollcast diagnose sales.rollcast newer.csv --horizon 90 --plot loop.png",),
    ),
    (
        audit,
        (
            "rollcast audit sales.csv --horizon 28",
            "rollcast audit sales.rollcast newer.csv --origin 2024-03-01",
        ),
    ),
    (summary, ("rollcast summary sales.rollcast",)),
    (info, ("rollcast info",)),
):
    app.command(epilog=example(*_lines))(_command)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    """Recurrent networks that forecast time series, judged honestly."""
    if version:
        from rollcast import __version__

        typer.echo(f"rollcast {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run_command(args: Sequence[str]) -> int:
    """Run one command.

    Args:
        args: what follows ``rollcast`` on the command line.

    Returns:
        The exit code.
    """
    # Errors in the options themselves are told in JSON too, so this is known before they are parsed.
    command = whole_command()
    console = Console(as_json="--json" in args, options=option_names(command))
    with console.listening():
        try:
            result = command.main(
                list(args), prog_name="rollcast", standalone_mode=False, obj=console
            )
        except RollcastError as error:
            return console.fail(str(error), type(error).__name__, error.exit_code)
        except typer.TyperException as error:
            sentence = sentence_of(error, console.options)
            help_of = " ".join(["rollcast", *_command_of(args), "--help"])
            return console.fail(f"{sentence}; see {help_of}.", "UsageError", WRONG_USAGE)
        except typer.Abort:
            result = INTERRUPTED
    code = result if isinstance(result, int) else 0
    if code == INTERRUPTED:
        typer.echo("Stopped by Ctrl-C.", err=True)
    return code


@cache
def whole_command() -> Any:
    """The command line with all its commands; Typer takes longer to put it together than to read most arguments."""
    return typer.main.get_command(app)


def option_names(command: Any) -> dict[str, str]:
    """Argument of Python -> option, of all commands together."""
    found: dict[str, str] = {}
    for one in command.commands.values():
        for parameter in one.params:
            if parameter.param_type_name == "option":
                # Of a pair such as --final-fit and --no-final-fit the second is what a person has to give.
                found[parameter.name] = (*parameter.secondary_opts, *parameter.opts)[0]
    return found


def _command_of(args: Sequence[str]) -> list[str]:
    names = {command.callback.__name__ for command in app.registered_commands if command.callback}
    return [a for a in args[:1] if a in names]


def main() -> None:
    """The entry point of the ``rollcast`` command."""
    _hush()
    output, code = guard_streams(), 0
    try:
        code = run_command(sys.argv[1:])
        sys.stdout.flush()
    except (OSError, SystemExit):  # the latter by click, where a pipe is broken
        if output.error is None:
            raise
    sys.exit(code if code or output.error is None else _unwritten(output.error))


def _unwritten(error: OSError) -> int:
    """Say that stdout took no more, unless that is because its reader has gone, and give the exit code."""
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    reason = error.strerror or error
    typer.echo(f"error: stdout can't be written: {reason}; send it elsewhere.", err=True)
    return ArtifactError.exit_code


def _hush() -> None:
    """Keep other packages' logs off the terminal: XLA's from C++, JAX's and matplotlib's from Python."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("absl", "jax", "jaxlib", "matplotlib", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
