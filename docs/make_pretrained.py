"""Put the numbers of ``benchmarks/pretrained.py`` into docs/pretrained.md, beside those that others have published.

Run from the repository's root: ``python benchmarks/run.py --here --only pretrained --data FOLDER``, then
``python docs/make_pretrained.py``. What was not measured is shown as a dash.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

HERE = Path(__file__).parent
PAGE = HERE / "pretrained.md"
RESULTS = HERE.parent / "benchmarks" / "results" / "results.csv"
US: Final = "Rollcast, zero-shot"
NOT_THERE: Final = "–"  # noqa: RUF001

Measured: TypeAlias = Mapping[tuple[str, str, str], str]
"""(case, who, unit) -> value."""

GROUPS: Final = ("Yearly", "Quarterly", "Monthly", "Other")
SMAPE, MASE, WQL = "sMAPE, %", "MASE", "WQL of nine quantiles"

M3_PEERS: Final = (
    ("Theta", "16.90", "8.96", "13.85", "4.41", "13.01", "2.774", "1.117", ".864", "2.271"),
    ("ETS", "", "", "", "", "", "2.860", "1.170", ".865", "1.814"),
    ("ARIMA", "17.73", "10.26", "14.81", "5.06", "14.01", "3.417", "1.240", ".873", "1.831"),
    ("DOTM", "15.94", "9.28", "13.74", "4.58", "12.90", "", "", "", ""),
    ("N-BEATS, 180 networks trained on M3", "15.93", "8.84", "13.11", "4.24", "12.37", "", "", "", ""),
    ("DeepAR, trained on M3", "", "", "", "", "", "3.508", "1.310", "1.167", "2.975"),
    ("TiRex, 35 million weights, zero-shot", "", "", "", "", "", "2.710", "1.154", ".831", ""),
)  # fmt: skip
HOURLY_PEERS: Final = (
    ("seasonal naive", "13.91", "1.193"),
    ("Theta", "18.14", ""),
    ("ES-RNN, trained on M4 (first of the competition)", "9.33", ".893"),
    ("N-BEATS, trained on M4 hourly", "", "1.34"),
    ("DeepAR, trained on M4 hourly", "", "3.53"),
    ("TiRex, 35 million weights, zero-shot", "", ".722"),
)
ETT_PEERS: Final = (
    ("SegRNN, trained on ETTh1", ".351", ".392"),
    ("PatchTST, trained on ETTh1", ".375", ".404"),
    ("DLinear, trained on ETTh1", ".381", ".407"),
    ("DeepAR, trained on ETTh1", "1.097", ".803"),
)
BASELINES: Final = (
    "naive",
    "seasonal naive",
    "last week's values",
    "window average",
    "seasonal ES",
    "Theta",
)
"""Of the real series, in the order of the columns."""


def main() -> None:
    """Write the page's tables anew."""
    with RESULTS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["benchmark"] == "pretrained"]
    PAGE.write_text(page(PAGE.read_text(), rows))


def page(text: str, rows: Sequence[Mapping[str, str]]) -> str:
    """The page with the tables of these rows between its marks."""
    found = {(row["case"], row["who"], row["unit"]): row["value"] for row in rows}
    tables = {
        "M3": m3(found),
        "M4 hourly": hourly(found),
        "coverage": coverage(found),
        "real series": real(found),
        "ETTh1": ett(found),
        "time": times(found),
        "measured": [rows[0]["measured"] + "." if rows else "Not measured yet."],
    }
    for name, lines in tables.items():
        mark = re.escape(f"<!-- {name} -->")
        made = "\n".join(["", *lines, ""])
        text, count = re.subn(
            rf"(?<={mark}).*?(?=<!-- end -->)", lambda _, made=made: made, text, flags=re.S
        )
        if count != 1:
            raise ValueError(f"The page must have one table {name!r}; it has {count}.")
    return text


def m3(found: Measured) -> list[str]:
    """SMAPE and MASE of the four groups."""
    cases = [f"M3 {name}, test" for name in GROUPS]
    own = [
        *(found.get((case, US, SMAPE), "") for case in cases),
        found.get(("M3 average, test", US, SMAPE), ""),
        *(found.get((case, US, MASE), "") for case in cases),
    ]
    heads = ["", *(f"{name} sMAPE" for name in GROUPS), "average", *(f"{n} MASE" for n in GROUPS)]
    return table(heads, [(f"**{US}**", *own), *M3_PEERS])


def hourly(found: Measured) -> list[str]:
    """SMAPE and MASE of M4 hourly, and the loss of its quantiles."""
    own = [found.get(("M4 Hourly, test", US, unit), "") for unit in (SMAPE, MASE, WQL)]
    return table(["", SMAPE[:5], MASE, "WQL"], [(f"**{US}**", *own), *HOURLY_PEERS])


def coverage(found: Measured) -> list[str]:
    """How many values lay inside of their intervals, by group, and of M4 hourly by steps."""
    cases = [*(f"M3 {name}" for name in GROUPS), "M4 Hourly"]
    rows = [(case, *inside(found, case, "")) for case in cases]
    for first in range(1, 48, 6):
        steps = f"steps {first} to {first + 5}"
        rows.append((f"M4 Hourly, {steps}", *inside(found, "M4 Hourly", f", {steps}")))
    return table(["", "inside of 80 %", "inside of 95 %"], rows)


def inside(found: Measured, case: str, steps: str) -> list[str]:
    """Percent inside of both intervals."""
    units = [f"% inside of {percent} %{steps}" for percent in (80, 95)]
    return [found.get((f"{case}, test", US, unit), "") for unit in units]


def real(found: Measured) -> list[str]:
    """MAE of the real series beside the baselines'."""
    rows = []
    for case in [case for case, who, unit in found if (who, unit) == (US, "MAE")]:
        others = [found.get((case, name, "MAE"), "") for name in BASELINES]
        own = found[case, US, "MAE"]
        rows.append((case, f"**{own}**", *others, found.get((case, US, "% inside of 80 %"), "")))
    return table(["MAE", US, *BASELINES, "inside of 80 %"], rows)


def ett(found: Measured) -> list[str]:
    """Errors of ETTh1 as papers scale them."""
    case = "ETTh1, seven series, h 96"
    own = [found.get((case, US, f"{error}, z-scored"), "") for error in ("MSE", "MAE")]
    return table(["", "MSE", "MAE"], [(f"**{US}**", *own), *ETT_PEERS])


def times(found: Measured) -> list[str]:
    """What forecasts cost."""
    many = [
        (case, who, unit) for case, who, unit in found if unit.split(",")[0] in ("s", "GB at most")
    ]
    many += [key for key in found if key[2].startswith("ms")]
    rows = []
    for case, who, unit in many:
        size, _, what = unit.partition(", ")
        peak = size == "GB at most"
        value = f"{found[case, who, unit]} {'GB' if peak else size}"
        rows.append((case, "memory at most" if peak else what, value))
    return table(["", "what", ""], rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of Markdown; empty cells are dashes, but for those of the first column."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for first, *rest in rows or [["not measured yet"]]:
        cells = [cell or NOT_THERE for cell in [*rest, *[""] * (len(heads) - 1 - len(rest))]]
        lines.append("| " + " | ".join([first, *cells]) + " |")
    return lines


if __name__ == "__main__":
    main()
