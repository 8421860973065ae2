"""Put the numbers of the benchmarks of the pretrained network into docs/pretrained.md, beside published ones.

Run the commands at the end of the page's part "Beside others" from the repository's root; this script is the last of
them. What was not measured is shown as a dash.
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
SCRIPTS: Final = ("pretrained", "competitions", "small_panels", "real_series", "etth1", "peers")
"""Of the benchmarks, those whose rows are shown."""

US: Final = "Rollcast, zero-shot"
FITTED: Final = "Rollcast, fitted"
BOTH: Final = (US, FITTED)
NOT_THERE: Final = "–"  # noqa: RUF001

Row: TypeAlias = Mapping[str, str]
Measured: TypeAlias = Mapping[tuple[str, str, str], Row]
"""(case, who, unit) -> the row."""

GROUPS: Final = ("Yearly", "Quarterly", "Monthly", "Other")
SMAPE, MASE, WQL = "sMAPE, %", "MASE", "WQL of nine quantiles"
INSIDE: Final = "% inside of 80 %"
HOURLY: Final = "M4 Hourly, test"

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
        rows = list(csv.DictReader(file))
    PAGE.write_text(page(PAGE.read_text(), rows))


def page(text: str, rows: Sequence[Row]) -> str:
    """The page with the tables of these rows between its marks."""
    by_script: dict[str, dict[tuple[str, str, str], Row]] = {name: {} for name in SCRIPTS}
    for row in rows:
        if row["benchmark"] in by_script:
            key = row["case"], row["who"], row["unit"]
            by_script[row["benchmark"]][key] = row
    groups = {**by_script["pretrained"], **by_script["competitions"]}
    tables = {
        "M3": m3(groups),
        "M4 hourly": hourly(groups),
        "peers": peers(by_script["peers"]),
        "small panels": small(by_script["small_panels"]),
        "coverage": coverage(groups),
        "real series": real(by_script["real_series"]),
        "ETTh1": ett(by_script["etth1"]),
        "time": times({**by_script["pretrained"], **fits(by_script["competitions"])}),
        "measured": measured(by_script),
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


def value(found: Measured, case: str, who: str, unit: str) -> str:
    """What was measured; empty if nothing was."""
    return found.get((case, who, unit), {}).get("value", "")


def m3(found: Measured) -> list[str]:
    """SMAPE and MASE of the four groups."""
    cases = [f"M3 {name}, test" for name in GROUPS]
    columns = [(case, SMAPE) for case in (*cases, "M3 average, test")]
    columns += [(case, MASE) for case in cases]
    own = [
        (f"**{who}**", *(value(found, case, who, unit) for case, unit in columns)) for who in BOTH
    ]
    heads = ["", *(f"{name} sMAPE" for name in GROUPS), "average", *(f"{n} MASE" for n in GROUPS)]
    return table(heads, [*own, *M3_PEERS])


def hourly(found: Measured) -> list[str]:
    """SMAPE and MASE of M4 hourly, and the loss of its quantiles."""
    units = (SMAPE, MASE, WQL)
    own = [(f"**{who}**", *(value(found, HOURLY, who, unit) for unit in units)) for who in BOTH]
    return table(["", SMAPE[:5], MASE, "WQL"], [*own, *HOURLY_PEERS])


def peers(found: Measured) -> list[str]:
    """Errors, coverage and seconds of other forecasters on M3 monthly, measured as ours."""
    case = "M3 Monthly, test"
    rows = []
    for who in dict.fromkeys(who for its, who, _ in found if its == case):
        units = (SMAPE, MASE, INSIDE)
        seconds = [
            row["value"]
            for (its, one, unit), row in found.items()
            if (its, one, unit[:8]) == (case, who, "s to fit")
        ]
        name = f"**{who}**" if who in BOTH else who
        rows.append((name, *(value(found, case, who, unit) for unit in units), *seconds[-1:]))
    return table(["", SMAPE[:5], MASE, "inside of 80 %", "seconds"], rows)


def small(found: Measured) -> list[str]:
    """Errors of small panels, and how much a fit adds to those without."""
    cases = {case: None for case, _, _ in found if case.endswith("Monthly, test")}
    above = "MASE above that without a fit, paired over"
    rows = []
    for case in cases:
        for who in dict.fromkeys(who for its, who, _ in found if its == case):
            paired = [
                found.get((case, who, f"{above} {what}"), {}) for what in ("series", "groups")
            ]
            intervals = [row.get("note", "").partition(" (")[0] for row in paired]
            errors = [value(found, case, who, unit) for unit in (MASE, SMAPE, INSIDE)]
            difference = paired[0].get("value", "")
            name = f"**{who}**" if who in BOTH else who
            rows.append((name, *errors, difference, *intervals))
    heads = ["", MASE, SMAPE[:5], "inside of 80 %", "MASE above zero-shot's"]
    return table([*heads, "95 %, over series", "95 %, over groups"], rows)


def coverage(found: Measured) -> list[str]:
    """How many values lay inside of their intervals, by group, and of M4 hourly by steps; and how many may."""
    cases = [*(f"M3 {name}" for name in GROUPS), "M4 Hourly"]
    rows = [(case, *inside(found, case, "")) for case in cases]
    for first in range(1, 48, 6):
        steps = f"steps {first} to {first + 5}"
        rows.append((f"M4 Hourly, {steps}", *inside(found, "M4 Hourly", f", {steps}")))
    each = [(percent, what) for percent in (80, 95) for what in ("zero-shot", "fitted", "allowed")]
    return table(["", *(f"{percent} %, {what}" for percent, what in each)], rows)


def inside(found: Measured, case: str, steps: str) -> list[str]:
    """Percent inside of both intervals, without a fit and fitted, and the band in which they may lie."""
    cells: list[str] = []
    for percent in (80, 95):
        keys = [(f"{case}, test", who, f"% inside of {percent} %{steps}") for who in BOTH]
        notes = [found[key]["note"] for key in keys if key in found]
        cells += [*(value(found, *key) for key in keys), *(notes[:1] or [""])]
    return cells


def real(found: Measured) -> list[str]:
    """MAE of the real series beside the baselines'."""
    rows = []
    for case in [case for case, who, unit in found if (who, unit) == (US, "MAE")]:
        if "validation" in case:
            continue
        own = [f"**{value(found, case, who, 'MAE')}**" for who in BOTH]
        others = [value(found, case, name, "MAE") for name in BASELINES]
        rows.append((case, *own, *others, *(value(found, case, who, INSIDE) for who in BOTH)))
    heads = ["MAE", "zero-shot", "fitted", *BASELINES]
    return table([*heads, "80 %, zero-shot", "80 %, fitted"], rows)


def ett(found: Measured) -> list[str]:
    """Errors of ETTh1 as papers scale them."""
    case = "ETTh1, seven series, h 96, test"
    units = [f"{error}, z-scored" for error in ("MSE", "MAE")]
    own = [(f"**{who}**", *(value(found, case, who, unit) for unit in units)) for who in BOTH]
    return table(["", "MSE", "MAE"], [*own, *ETT_PEERS])


def fits(found: Measured) -> Measured:
    """Of the competitions, how long the fits took."""
    return {
        key: row
        for key, row in found.items()
        if key[2].startswith("s to fit") and key[0].endswith("test")
    }


def times(found: Measured) -> list[str]:
    """What forecasts cost, and fits."""
    many = [key for key in found if key[2].split(",")[0] in ("s", "GB at most")]
    many += [key for key in found if key[2].startswith(("ms", "s to fit"))]
    rows = []
    for case, who, unit in many:
        size, _, what = unit.partition(", ")
        if size == "GB at most":
            size, what = "GB", "memory at most"
        if size == "s to fit":
            size, what = "s", f"fit, {what}"
        rows.append((case.removesuffix(", test"), what, f"{value(found, case, who, unit)} {size}"))
    return table(["", "what", ""], rows)


def measured(by_script: Mapping[str, Measured]) -> list[str]:
    """When and where each script measured that has rows of ours, from its oldest row to its newest."""
    lines: list[str] = []
    for name, found in by_script.items():
        shown = {key: row["measured"] for key, row in found.items() if "validation" not in key[0]}
        if not any(who in BOTH for _, who, _ in shown):
            continue
        first, last = min(shown.values()), max(shown.values())
        told = last if first == last else f"{first} to {last}"
        lines.append(f"- `benchmarks/{name}.py`: {told}")
    return lines or ["Not measured yet."]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of Markdown; empty cells are dashes, but for those of the first column."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for first, *rest in rows or [["not measured yet"]]:
        cells = [cell or NOT_THERE for cell in [*rest, *[""] * (len(heads) - 1 - len(rest))]]
        lines.append("| " + " | ".join([first, *cells]) + " |")
    return lines


if __name__ == "__main__":
    main()
