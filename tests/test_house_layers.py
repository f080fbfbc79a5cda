"""Data flows one way: a room imports only from rooms on lower floors."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = {
    "files": 1,
    "spec": 1,
    "units": 2,
    "data": 3,
    "collect": 3,
    "store": 3,
    "analysis": 3,
    "providers": 4,
    "steps": 5,
    "planning": 6,
    "database": 6,
    "runner": 7,
    "reporting": 8,
    "cli": 9,
}
"""Each package of `mi`, and its floor: a room imports only from rooms on lower floors."""

LOOSE = {
    "__init__": 9,
    "__main__": 9,
    "errors": 0,
    "version": 0,
    "plugins": 0,
    "config": 5,
    "pytest_plugin": 9,
}
"""The modules beside the rooms, and the highest floor they may import from."""

ROOT = Path(__file__).parent.parent
MI = ROOT / "mi"
HEAVY = [
    "torch",
    "transformers",
    "matplotlib",
    "openai",
    "tinker",
    "duckdb",
    "cattrs",
    "numpy",
    "rich",
    "scipy",
]


def files() -> list[Path]:
    return sorted(MI.rglob("*.py"))


def place(path: Path) -> str:
    """The room a file is in, or its own name where it stands beside the rooms."""
    return path.relative_to(MI).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The rooms and loose modules a file imports from, whether at its top or later."""
    package = ("mi", *path.relative_to(MI).parent.parts)
    names: list[tuple[str, ...]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            names += [(*module, alias.name) for alias in node.names]
    return {name[1] for name in names if name[0] == "mi" and len(name) > 1} & (
        set(ROOMS) | set(LOOSE)
    )


def test_nothing_lies_loose_beside_the_rooms() -> None:
    assert {place(path) for path in files()} == set(ROOMS) | set(LOOSE)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(MI)))
def test_a_room_imports_only_from_lower_floors(path: Path) -> None:
    own = place(path)
    if own in LOOSE:
        too_high = {name for name in imports(path) & set(ROOMS) if ROOMS[name] > LOOSE[own]}
    else:
        others = imports(path) - {own}
        too_high = {name for name in others & set(ROOMS) if ROOMS[name] >= ROOMS[own]}
        too_high |= {name for name in others & set(LOOSE) if LOOSE[name] >= ROOMS[own]}
    assert not too_high, f"{own} imports {too_high}"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(MI)))
def test_the_engine_names_no_experiment_and_no_setting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    tree = ast.parse(code)
    strings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value
    }
    assert not strings & {"A05a", "A05b", "insecure_code", "smollm2-135m"}


def test_every_module_says_what_it_is() -> None:
    silent = [str(path) for path in files() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


@pytest.mark.parametrize("module", ["mi", "mi.cli", "mi.cli.parser", "registry"])
def test_importing_is_light(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
