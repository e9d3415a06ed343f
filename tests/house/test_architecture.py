"""The import rules and sizes of docs/architecture.md, held by walking the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, imports, modules, name, tree

ORDER = (
    "imaging", "data", "features", "detectors", "evaluation", "runtime", "cameras", "station", "jobs", "ui",
)  # fmt: skip
BESIDE = ("errors", "tasks", "paths", "settings", "logs", "messages")
QT = ("PySide6", "pyqtgraph", "shiboken6")
TORCH = ("torch", "torchvision")
MAY_USE_TORCH = ("features", "detectors", "runtime")
LONGEST_FILE, LONGEST_FUNCTION = 500, 60


def part(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def allowed(own: str) -> set[str]:
    """Parts of the package that a part may import."""
    if own in ("cli", "app", "__main__"):
        return {*ORDER, *BESIDE, "cli", "app"}
    if own in BESIDE:
        return set(BESIDE)
    if own == "cameras":
        return {"imaging", "cameras", *BESIDE}
    return {*ORDER[: ORDER.index(own) + 1], *BESIDE} if own in ORDER else set()


def internal(path: Path) -> set[str]:
    dotted = [item.split(".") for item in imports(path) if item.startswith("inspector.")]
    return {parts[1] for parts in dotted if parts[1] != "__version__"}


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_point_upwards(path: Path) -> None:
    wrong = internal(path) - allowed(part(path))
    assert not wrong, f"{name(path)} must not import from {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_only_the_window_knows_qt(path: Path) -> None:
    if part(path) in ("ui", "app"):
        return
    assert not [item for item in imports(path) if item.split(".")[0] in QT]


@pytest.mark.parametrize("path", modules(), ids=name)
def test_torch_stays_where_it_belongs(path: Path) -> None:
    used = [item for item in imports(path) if item.split(".")[0] in TORCH]
    assert not used or part(path) in MAY_USE_TORCH
    is_declaration = path.parent.name == "detectors" or path.name in ("__init__.py", "registry.py")
    if is_declaration:
        assert not [item for item in imports(path, top_level_only=True) if item.split(".")[0] in TORCH]


def loaded_after(statement: str, *names: str) -> str:
    code = f"{statement}\nimport sys\nprint(' '.join(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "statement",
    [
        "import inspector.station.loop, inspector.station.records, inspector.cameras.registry",
        "import inspector.runtime.engines, inspector.runtime.bundle",
        "import inspector.detectors.registry as r; [r.detector_type(i) for i in r.detector_ids()]",
        "import inspector.features.registry",
        "import inspector.cli",
    ],
)
def test_a_station_needs_neither_torch_nor_qt(statement: str) -> None:
    assert loaded_after(statement, "torch", "torchvision", "PySide6", "sklearn", "scipy.stats") == ""


def test_the_window_needs_no_torch() -> None:
    assert loaded_after("import inspector.app, inspector.ui.main_window", "torch", "torchvision", "sklearn") == ""


@pytest.mark.parametrize("path", modules(), ids=name)
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno:
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{name(path)}: {node.name} is too long"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_exception_is_swallowed_and_nothing_is_pickled(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(item, ast.Pass) for item in node.body), f"{name(path)}:{node.lineno}"
    assert not {item.split(".")[0] for item in imports(path)} & {"pickle", "dill", "joblib", "cloudpickle"}
