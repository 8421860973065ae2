"""Write docs/options.md from the declarations in ``rollcast.options``.

Run from the repository's root: ``python docs/make_options.py``.
"""

from __future__ import annotations

from pathlib import Path

from rollcast.cli.declared_options import flag_of
from rollcast.options import (
    BACKTEST_ARGUMENTS,
    FIT_ARGUMENTS,
    FORECAST_ARGUMENTS,
    MODEL_OPTIONS,
    TABLE_ARGUMENTS,
    Option,
)
from rollcast.options.option import GROUPS

PAGE = Path(__file__).parent / "options.md"

BEGINNING = """# Options

Every option of `Forecaster(...)`, `fit(data, ...)`, `forecast(data, ...)` and `backtest(model, data, ...)`, with its
name on the command line of `rollcast fit`, `rollcast forecast` and `rollcast backtest`. What `fit` takes to read a
table, `forecast` and `backtest` take too. What has no default is
chosen from the data; [the guide](guide.md) states the rules. On the command line `--log` takes auto, yes and no, and
`--bounds` takes `0,100`, `0,` or `,100`, auto and none. `--clip-norm 0` and `--patience 0` stand for none, and
`--no-final-fit` for `final_fit=False`.

`horizon` is understood wherever `h` is. Other tools' words, such as `epochs`, `lookback` or
`units`, are answered with ours.

This page is made from the code: `python docs/make_options.py`.
"""


_OF_FORECAST_ALONE = {
    name: option for name, option in FORECAST_ARGUMENTS.items() if name not in TABLE_ARGUMENTS
}
"""How the table is read, `forecast` takes as `fit` does."""

_OF_BACKTEST_ALONE = {
    name: option for name, option in BACKTEST_ARGUMENTS.items() if name not in FIT_ARGUMENTS
}
"""What `backtest` shares with `fit`, it takes as that does."""


def page() -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *(_table(group) for group in GROUPS)])


def _table(group: str) -> str:
    lines = [f"## {group}", "", "| option | of | on the command line | default | what it does |"]
    lines.append("|---|---|---|---|---|")
    places = {
        "Forecaster": MODEL_OPTIONS,
        "fit": FIT_ARGUMENTS,
        "forecast": _OF_FORECAST_ALONE,
        "backtest": _OF_BACKTEST_ALONE,
    }
    for place, options in places.items():
        for name, option in options.items():
            if option.group == group:
                lines.append(_row(name, option, place))
    return "\n".join([*lines, ""])


def _row(name: str, option: Option, place: str) -> str:
    flag = "" if option.flag is None else f"`{flag_of(name, option)}`"
    default = "" if option.default in (None, ()) else f"`{option.default!r}`"
    return f"| `{name}` | {place} | {flag} | {default} | {option.help} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
