"""Run every benchmark in the peers' environment and write one table and one CSV.

python benchmarks/run.py [--data FOLDER] [--only train_step,free_run] [--here] [-- OPTIONS OF THE SCRIPTS]

Each row is kept as soon as it is measured, in place of the same one from before. Rows of scripts that are not run stay
as they are. So do those of a script that is given options, for then it makes a part of its rows.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ENVIRONMENT = ROOT / ".venv-bench"
RESULTS = HERE / "results"
INSTALL = ("-m", "pip", "install", "--quiet")
SCRIPTS = (
    "train_step",
    "kernels",
    "free_run",
    "pretrained",
    "competitions",
    "coverage",
    "ensemble",
    "small_panels",
    "real_series",
    "etth1",
    "verdict",
    "many_zeros",
    "counts",
    "cold_start",
    "memory",
    "live",
    "paths",
    "panel_scale",
    "stream",
    "reading",
    "readout",
    "mackey_glass",
    "lorenz",
)
"""In the order of the table. Two come after them, and are run when they are named: ``closed_loop``, which takes hours,
and ``peers``, which has an environment of its own."""
COLUMNS = ("benchmark", "case", "who", "value", "unit", "against_rollcast", "note", "measured")


def main() -> None:
    """Install the peers, run the scripts, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="", help="folder with m3, m4_hourly and classic")
    parser.add_argument("--only", default=",".join(SCRIPTS), help="scripts, by comma")
    parser.add_argument("--here", action="store_true", help="with this Python, without the peers")
    parser.add_argument("options", nargs="*", help="of the scripts, behind --")
    arguments = parser.parse_args()
    python = Path(sys.executable) if arguments.here else install()
    if not arguments.here:
        subprocess.run([python, *INSTALL, "--editable", str(ROOT)], check=True)
    rows = earlier()
    for script in arguments.only.split(","):
        print(f"{script} ...", flush=True)
        older = [row for row in rows if row["benchmark"] == script]
        others = [row for row in rows if row["benchmark"] != script]
        made: list[dict[str, str]] = []
        for row in run(python, script, arguments.data, arguments.options):
            made.append(row)
            older = [kept for kept in older if what(kept) != what(row)]
            write([*others, *older, *made])
        rows = [*others, *(older if arguments.options else []), *made]
        write(rows)
    print(table(rows))


def what(row: dict[str, str]) -> tuple[str, str, str]:
    """What a row of a script has measured."""
    return row["case"], row["who"], row["unit"]


def earlier() -> list[dict[str, str]]:
    """The rows that are there."""
    try:
        with (RESULTS / "results.csv").open(newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def write(rows: list[dict[str, str]]) -> None:
    """Write both files, script by script."""
    places = {script: place for place, script in enumerate(SCRIPTS)}
    rows = sorted(rows, key=lambda row: places.get(row["benchmark"], len(places)))
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    (RESULTS / "table.md").write_text(table(rows))


def install(environment: Path = ENVIRONMENT, requirements: str = "requirements.txt") -> Path:
    """The Python of an environment for peers, made where it does not hold these requirements yet."""
    python, wanted = environment / "bin" / "python", (HERE / requirements).read_text()
    installed = environment / requirements  # a copy, written once all of it is there
    if not installed.exists() or installed.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, *INSTALL, "-r", HERE / requirements], check=True)
        installed.write_text(wanted)
    return python


def run(
    python: Path, script: str, data: str, options: Sequence[str] = ()
) -> Iterator[dict[str, str]]:
    """A script prints one JSON object for each row on stdout."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "ROLLCAST_BENCH_DATA": data}
    call = [python, HERE / f"{script}.py", *options]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stdout or ():
            if line.startswith("{"):
                yield read(script, line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, call)


def read(script: str, line: str) -> dict[str, str]:
    """A row that a script printed on this machine today."""
    measured = f"{datetime.date.today().isoformat()}, {processor()}, {os.cpu_count()} cores"
    return {"benchmark": script, **json.loads(line), "measured": measured}


def table(rows: list[dict[str, str]]) -> str:
    """The results as Markdown."""
    lines = [
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    lines += ["| " + " | ".join(str(row.get(c, "")) for c in COLUMNS) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
