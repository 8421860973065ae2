import ast
import csv
import importlib.util
import re
import runpy
import warnings
from pathlib import Path

import pytest

import rollcast as rc
from rollcast.cli.app import whole_command

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/guide.md")
SHELL_PAGES = (
    *("README.md", "docs/cli.md", "docs/guide.md", "docs/stream.md", "docs/pretrained.md"),
    "docs/backtest.md",
)

pytestmark = pytest.mark.skipif(
    not (ROOT / "README.md").exists(), reason="the pages are not beside an installed package"
)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)


def options_of(command: str) -> set[str]:
    group = whole_command()
    found = group.commands[command].params
    return {"--help", *(o for p in found for o in (*p.opts, *p.secondary_opts))}


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(page, "python"))
    tiny = re.sub(r"Forecaster\(", "Forecaster(train=False, ", code)
    (tmp_path / "page.py").write_text(tiny)
    names = runpy.run_path("page.py")
    told = "".join(capsys.readouterr())
    assert "Over 12 months" in told
    if page == "README.md":
        assert told.count(names["history"].verdict) == 1
    assert len(names["forecast"]) == 24
    assert list(names["forecast"])[-1] == "Rollcast"
    assert (tmp_path / "airline.rollcast").exists()


def test_the_drop_in_layers_page_prints_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.py").write_text("\n".join(blocks("docs/kernels.md", "python")))
    runpy.run_path("page.py")
    assert capsys.readouterr().out == "".join(blocks("docs/kernels.md", "text"))


@pytest.mark.slow
def test_the_code_of_the_page_on_panels_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks("docs/panels.md", "python"))
    tiny = re.sub(r"Forecaster\(", "Forecaster(train=False, ", code)
    (tmp_path / "page.py").write_text(tiny)
    names = runpy.run_path("page.py")
    told = capsys.readouterr().out
    assert "4 rows of 1 series are marked not available and do not count." in told
    assert told.endswith("".join(blocks("docs/panels.md", "text")))
    assert names["forecast"]["sales_ahead"].notna().all()


@pytest.mark.parametrize("page", ["docs/pretrained.md", "docs/trust.md"])
def test_a_page_on_what_can_be_had_without_training_prints_what_it_says(
    page, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.py").write_text("\n".join(blocks(page, "python")))
    runpy.run_path("page.py")
    assert capsys.readouterr().out == "".join(blocks(page, "text"))


def test_tables_of_the_page_on_the_pretrained_network_are_those_that_were_measured():
    script = runpy.run_path(str(ROOT / "docs/make_pretrained.py"))
    with script["RESULTS"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    text = (ROOT / "docs/pretrained.md").read_text()
    assert script["page"](text, rows) == text
    us, fit = "Rollcast, zero-shot", "Rollcast, fitted"
    above = "MASE above that without a fit, paired over"
    made = [
        dict(zip(("benchmark", "case", "who", "unit", "value", "note"), row, strict=True))
        for row in (
            ("pretrained", "M3 Monthly, test", us, "MASE", "0.811", ""),
            ("competitions", "M3 Monthly, test", fit, "MASE", "0.805", ""),
            ("pretrained", "M3 Monthly, validation", us, "sMAPE, %", "9.99", ""),
            ("competitions", "M3 Monthly, test", fit, "s to fit, compiling included", "101", ""),
            ("pretrained", "M4 Hourly, test", us, "% inside of 95 %, steps 7 to 12", "94", "92 to 98"),
            ("pretrained", "10 series", us, "s, read and forecast", "3", ""),
            ("small_panels", "2 groups of 3 of M3 Monthly, test", us, "MASE", "0.9", ""),
            ("small_panels", "2 groups of 3 of M3 Monthly, test", fit, "MASE", "0.8", ""),
            ("small_panels", "2 groups of 3 of M3 Monthly, test", fit, f"{above} series", "-0.1", "-0.2 to 0 (95 %)"),
            ("small_panels", "2 groups of 3 of M3 Monthly, test", fit, f"{above} groups", "-0.1", "-0.3 to 0.1 (95 %)"),
            ("real_series", "milk, h 12", us, "MAE", "12", ""),
            ("real_series", "milk, h 12", fit, "MAE", "11", ""),
            ("real_series", "milk, h 12", "naive", "MAE", "73", ""),
            ("etth1", "ETTh1, seven series, h 96, test", fit, "MSE, z-scored", "0.4", ""),
            ("peers", "M3 Monthly, test", "NHITS of neuralforecast", "sMAPE, %", "14", ""),
            ("peers", "M3 Monthly, test", "NHITS of neuralforecast", "s to fit and forecast", "60", ""),
        )
    ]  # fmt: skip
    filled = script["page"](
        text, [{**row, "measured": f"{row['benchmark']}'s day"} for row in made]
    )
    lines = filled.replace("–", "").splitlines()  # noqa: RUF001
    for line in (
        "| **Rollcast, zero-shot** |  |  |  |  |  |  |  | 0.811 |  |",
        "| **Rollcast, fitted** |  |  |  |  |  |  |  | 0.805 |  |",
        "| M4 Hourly, steps 7 to 12 |  |  |  | 94 |  | 92 to 98 |",
        "| 10 series | read and forecast | 3 s |",
        "| M3 Monthly | fit, compiling included | 101 s |",
        "| **Rollcast, zero-shot** | 0.9 |  |  |  |  |  |",
        "| **Rollcast, fitted** | 0.8 |  |  | -0.1 | -0.2 to 0 | -0.3 to 0.1 |",
        "| milk, h 12 | **12** | **11** | 73 |  |  |  |  |  |  |  |",
        "| **Rollcast, fitted** | 0.4 |  |",
        "| NHITS of neuralforecast | 14 |  |  | 60 |",
        "- `benchmarks/etth1.py`: etth1's day",
    ):
        assert line in lines, line
    assert "9.99" not in filled
    assert "`benchmarks/peers.py`: " not in filled  # no row of ours
    ours = {**made[-3], "case": "ETTh1, another", "measured": "a day"}
    both = script["page"](text, [{**made[-3], "measured": "day two"}, ours])
    assert "- `benchmarks/etth1.py`: a day to day two" in both.splitlines()


@pytest.mark.slow
def test_the_code_of_the_page_on_live_forecasting_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.py").write_text("\n".join(blocks("docs/live.md", "python")))
    names = runpy.run_path("page.py")
    assert capsys.readouterr().out == "".join(blocks("docs/live.md", "text"))
    assert names["tomorrow"].shape == (1, 48)


@pytest.mark.slow
def test_the_loop_of_the_page_on_closed_loops_holds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks("docs/closed-loop.md", "python"))
    (tmp_path / "page.py").write_text(code.replace("h=128", "h=128, max_epochs=4, hidden_size=32"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rc.RollcastWarning)
        names = runpy.run_path("page.py")
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("readout of ")
    assert said[1] == "holds"
    assert names["diagnosis"].h == 600
    assert names["model"].name == "ESN"


def test_forecasts_of_the_page_on_reconciliation_add_up(tmp_path, monkeypatch):
    pytest.importorskip("hierarchicalforecast", reason="needs the extra `hierarchical`")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks("docs/reconciliation.md", "python"))
    tiny = re.sub(r"Forecaster\(", "Forecaster(max_epochs=1, hidden_size=4, log=False, ", code)
    (tmp_path / "page.py").write_text(tiny)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = runpy.run_path("page.py")
    free, column = names["forecast"], names["column"]
    assert len(names["together"]) == len(free) == 7 * 12
    by_series = free.set_index(["unique_id", "ds"])["Rollcast"]
    gap = by_series["all"] - by_series["all/north"] - by_series["all/south"]
    assert gap.abs().max() > 1e-3  # which the reconciled ones have not
    assert column in names["together"]


@pytest.mark.slow
def test_the_page_on_backtests_prints_what_it_says(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    taken = [
        b
        for b in blocks("docs/backtest.md", "python")
        if not re.search(r"Config\(\)|load|AutoETS", b)
    ]
    (tmp_path / "page.py").write_text("\n".join(taken))
    runpy.run_path("page.py")
    told = capsys.readouterr().out
    assert blocks("docs/backtest.md", "text")[-1] in told
    assert "12 cutoffs from 2014-10-14 23:30+1100 to 2014-12-30 23:30+1100" in told
    assert "as good as seasonal naive within noise" in told
    assert "84 separate test windows: more than chance." in told
    assert "616 2014-12-24 23:30:00+11:00" in told


@pytest.mark.parametrize("page", SHELL_PAGES)
def test_commands_of_a_page_have_the_options_that_they_name(page):
    lines = re.findall(r"^rollcast (\w+)(.*)$", "\n".join(blocks(page, "sh")), re.M)
    for command, rest in lines:
        known = options_of(command)
        for option in re.findall(r"(?<!\S)\[?(--?[a-z][a-z-]*)", rest.split("|")[0].split("#")[0]):
            assert option in known, (command, option)


def test_options_in_the_text_of_the_command_line_page_exist():
    known = set().union(
        *(
            options_of(c)
            for c in (
                "demo",
                "fit",
                "forecast",
                "stream",
                "evaluate",
                "backtest",
                "audit",
                "summary",
            )
        )
    )
    text = (ROOT / "docs/cli.md").read_text()
    assert set(re.findall(r"--[a-z][a-z-]+", text)) <= known


@pytest.mark.parametrize("folder", ["docs", "benchmarks"])
def test_what_scripts_take_from_the_package_is_there(folder):
    taken = [
        (node.module, name.name)
        for script in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(script.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rollcast")
        for name in node.names
    ]
    assert taken
    for module, name in taken:
        found = hasattr(importlib.import_module(module), name)
        assert found or importlib.util.find_spec(f"{module}.{name}"), (module, name)


def test_defaults_in_the_guide_are_those_of_the_code():
    text = (ROOT / "docs/guide.md").read_text()
    for said in (
        f"{rc.Config.max_epochs} at most",
        f"for {rc.Config.patience} epochs",
        f"layer of {rc.Config().hidden_size} units",
        f"learning rate {rc.Config.learning_rate}",
        f"norm {rc.Config.clip_norm:g}, {rc.Config.batch_size} chunks",
    ):
        assert said in text


def test_links_lead_somewhere():
    for page in (
        "README.md",
        "CONTRIBUTING.md",
        *(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")),
    ):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text()):
            assert ((ROOT / page).parent / target).exists(), (page, target)
