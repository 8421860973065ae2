"""The command line: parse, call, print. Nothing else imports this."""

from rollcast.cli.app import main, run_command

__all__ = ["main", "run_command"]
