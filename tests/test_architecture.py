"""The order of the modules and the public names."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import rollcast

ROOT = Path(rollcast.__file__).parent

# fmt: off
ORDER = (
    "_types",
    "_number_format",
    "errors",
    "runtime",
    "options",
    "metrics",
    "storage",
    "data",
    "tables",
    "datasets",
    "plots",
    "preprocessing",
    "networks",
    "layers",
    "forecasting",
    "evaluation",
    "training",
    "tutorial",
    "fitting",
    "model",
    "stream",
    "cli",
    "__main__",
)
# fmt: on
"""A folder, or a file at the top, imports only from those before it and from itself."""

FACE = ""
"""The package itself; only the command line uses it from within."""

MOST_FILES_AT_THE_TOP = 12


def modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def place(module: str) -> int:
    """Where a module's folder stands in the order."""
    return ORDER.index(module.partition(".")[0])


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


@pytest.mark.parametrize("module", [m for m in MODULES if m != FACE])
def test_a_folder_imports_only_from_folders_above_it(module: str):
    for other in imports(MODULES[module]):
        if other == FACE:
            assert module.startswith(("cli", "__main__")), f"{module} uses the public face"
            continue
        assert place(other) <= place(module), f"{module} imports {other}, which stands below it"


def test_the_order_names_what_is_there_and_nothing_else():
    there = {module.partition(".")[0] for module in MODULES if module != FACE}
    assert there == set(ORDER)


def test_no_two_files_and_no_two_public_classes_share_a_name():
    files = Counter(path.name for path in MODULES.values() if path.name != "__init__.py")
    classes = Counter(
        node.name
        for path in MODULES.values()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in (files + classes).items() if count > 1] == []


def test_few_files_lie_at_the_top():
    assert len(list(ROOT.glob("*.py"))) <= MOST_FILES_AT_THE_TOP


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
