"""The order of the modules and the public names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rollcast

ROOT = Path(rollcast.__file__).parent

# fmt: off
ORDER = [
    "_types", "_numbers", "_versions", "errors",
    "backend", "programs", "container",
    "clock", "calendar", "panel", "arrivals", "config",
    "frames", "datasets",
    "metrics", "baselines", "scaling", "evaluation",
    "_canvas", "plots",
    "windows", "plans",
    "kernels", "reservoir", "layers", "losses", "networks", "building",
    "state", "readout", "preparation", "standing", "live.landing", "rollout", "reading",
    "splits", "judging", "excerpt",
    "diagnosis.loops", "diagnosis.periods", "diagnosis.findings", "diagnosis.rhythms",
    "diagnosis.faults", "diagnosis.figure", "diagnosis.report",
    "training.optimizers", "training.task", "training.history", "training.run",
    "training.callbacks", "training.health", "training.progress",
    "training.loop", "training.checkpoint",
    "training.free_running", "training.forecasting",
    "tutorial",
    "solving",
    "defaults",
    "problem", "trials", "fitting", "card", "fitted", "outlook", "live.observation", "live.revision",
    "artifact", "forecaster", "diagnosis.examination",
    "streaming",
    "cli", "__main__",
]
# fmt: on
"""A module imports only from those before it. A package stands for all of its modules."""

FACE = ("", "diagnosis", "live", "training")
"""Packages without code of their own; only the command line uses the public face."""


def modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def place(module: str) -> int | None:
    names = [module, module.partition(".")[0]]
    return next((ORDER.index(name) for name in names if name in ORDER), None)


def imports(path: Path) -> Iterator[str]:
    """Modules of the package that a file imports; not those for the type checker alone."""
    tree = ast.parse(path.read_text())
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = []
        for name in names:
            if name.split(".")[0] == "rollcast":
                inner = name.split(".")[1:]
                while inner and ".".join(inner) not in MODULES:
                    inner.pop()
                yield ".".join(inner)


@pytest.mark.parametrize("module", [m for m in MODULES if m not in FACE])
def test_every_module_has_its_place_and_imports_only_from_above_it(module: str):
    here = place(module)
    assert here is not None, f"{module} is new: give it a place in ORDER"
    for other in imports(MODULES[module]):
        if other in FACE:
            assert other == "training" or ORDER[here] in ("cli", "__main__"), (
                f"{module} uses the public face from within"
            )
            continue
        there = place(other)
        assert there is not None
        assert there <= here, f"{module} imports {other}, which stands below it"


def test_nothing_stands_in_the_order_that_is_not_there():
    assert [name for name in ORDER if name not in MODULES] == []


def test_imports_inside_a_package_go_round_in_no_circle():
    edges = {module: set(imports(path)) - {module} for module, path in MODULES.items()}

    def walk(module: str, before: tuple[str, ...]) -> None:
        assert module not in before, " -> ".join((*before[before.index(module) :], module))
        if module in done:
            return
        for other in edges[module]:
            walk(other, (*before, module))
        done.add(module)

    done: set[str] = set()
    for module in edges:
        walk(module, ())


def test_nobody_prints_asserts_or_imports_from_tests_in_the_package():
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Assert), f"{module}: assert"
            if isinstance(node, ast.Call) and not module.startswith(("cli", "__main__")):
                assert ast.unparse(node.func) != "print", f"{module}: print"
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{module}: bare except"


def test_all_public_names_are_there_and_no_others():
    for name in rollcast.__all__:
        assert getattr(rollcast, name) is not None
    assert sorted(rollcast.__all__) == rollcast.__all__
    assert set(rollcast.__all__) == {*rollcast._HOMES, *rollcast._MODULES}
    assert set(rollcast.__all__) <= set(dir(rollcast))
    with pytest.raises(AttributeError, match="module 'rollcast' has no attribute 'Forcaster'"):
        rollcast.Forcaster  # noqa: B018


def test_the_type_checker_sees_the_same_names():
    tree = ast.parse(MODULES[""].read_text())
    block = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = [alias.name for node in block.body for alias in node.names]
    assert sorted(seen) == rollcast.__all__


@pytest.mark.parametrize("module", [m for m in MODULES if m not in ("__main__",)])
def test_names_that_a_module_offers_exist(module: str):
    import importlib

    loaded = importlib.import_module(f"rollcast.{module}" if module else "rollcast")
    for name in getattr(loaded, "__all__", ()):
        assert hasattr(loaded, name)
