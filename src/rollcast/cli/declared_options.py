"""Options of the command line, made from their declarations in ``rollcast.options``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Annotated, Any, TypeVar

import typer

from rollcast.options import Option

F = TypeVar("F", bound=Callable[..., Any])

WORDS = {"yes": True, "no": False}
"""What stands for truth values beside other words."""


def takes_options(options: Mapping[str, Option]) -> Callable[[F], F]:
    """Give a command the declared options; it has them as ``**given``, and reads them by :func:`python_values`.

    Args:
        options: by name.
    """

    def with_options(command: F) -> F:
        plain = signature(command, eval_str=True)
        own = [p for p in plain.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [_parameter(n, o) for n, o in options.items() if o.flag is not None]
        first = [p for p in own if p.kind is not p.KEYWORD_ONLY]
        shown = [*first, *more, *(p for p in own if p not in first)]
        command.__signature__ = plain.replace(parameters=shown)  # pyright: ignore[reportFunctionMemberAccess]
        command.__annotations__ = {p.name: p.annotation for p in shown}
        return command

    return with_options


def python_values(options: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given on the command line, as Python has it.

    Args:
        options: by name.
        given: values of the command's parameters by name; an option that is lacking stays out.
    """
    return {
        name: _python_value(option, given[name])
        for name, option in options.items()
        if option.flag is not None and name in given
    }


def without_defaults(context: typer.Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller wrote, without what stands for it where nothing was written.

    An option that shapes a network asks for random weights, and its default must not.
    """
    sources = {name: context.get_parameter_source(name) for name in given}
    return {
        name: value
        for name, value in given.items()
        if (source := sources[name]) is None or source.name != "DEFAULT"
    }


def flag_of(name: str, option: Option) -> str:
    """The option's name on the command line."""
    return option.flag or "--" + name.replace("_", "-")


def _parameter(name: str, option: Option) -> Parameter:
    flag = flag_of(name, option)
    flags = [f"{flag}/--no-{flag[2:]}"] if option.default is True else [flag]
    text = " ".join(part for part in (option.help, option.shell_help) if part)
    kind = option.annotation if option.shell_type is None else option.shell_type
    info: Any = typer.Option(*flags, *option.also, help=text, rich_help_panel=option.group)
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[kind, info],
    )


def _python_value(option: Option, value: Any) -> Any:
    if option.shell_type is not None and option.choices and value in WORDS:
        return WORDS[value]
    if option.optional and option.default is not None and value == 0:
        return None
    return value
