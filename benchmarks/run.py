"""Run every benchmark in the peers' environment and write one table and one CSV.

python benchmarks/run.py [--data FOLDER] [--only train_step,free_run] [--here]

Rows of scripts that are not run stay as they are.
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
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ENVIRONMENT = ROOT / ".venv-bench"
RESULTS = HERE / "results"
SCRIPTS = (
    "train_step",
    "kernels",
    "free_run",
    "real_series",
    "pretrained",
    "cold_start",
    "memory",
    "live",
    "panel_scale",
    "competitions",
    "stream",
    "reading",
    "readout",
    "mackey_glass",
    "lorenz",
)
"""In the order of the table; ``closed_loop``, which takes hours, comes after them and is run when it is named."""
COLUMNS = ("benchmark", "case", "who", "value", "unit", "against_rollcast", "note", "measured")


def main() -> None:
    """Install the peers, run the scripts, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="", help="folder with monthly-milk.csv and ETTh1.csv")
    parser.add_argument("--only", default=",".join(SCRIPTS), help="scripts, by comma")
    parser.add_argument("--here", action="store_true", help="with this Python, without the peers")
    arguments = parser.parse_args()
    python = Path(sys.executable) if arguments.here else install()
    wanted = arguments.only.split(",")
    rows = [row for row in earlier() if row["benchmark"] not in wanted]
    for script in wanted:
        print(f"{script} ...", flush=True)
        rows += run(python, script, arguments.data)
    write(rows)


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
    print(table(rows))


def install() -> Path:
    """The Python of the peers' environment, made where it is not there yet."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
    subprocess.run([*pip, "--editable", str(ROOT)], check=True)
    return python


def run(python: Path, script: str, data: str) -> list[dict[str, str]]:
    """A script prints one JSON object for each row on stdout."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "ROLLCAST_BENCH_DATA": data}
    done = subprocess.run(
        [python, HERE / f"{script}.py"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        check=True,
    )
    return read(script, done.stdout)


def read(script: str, printed: str) -> list[dict[str, str]]:
    """The rows that a script printed on this machine today."""
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    measured = f"{datetime.date.today().isoformat()}, {processor()}, {os.cpu_count()} cores"
    return [{"benchmark": script, **row, "measured": measured} for row in rows]


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
