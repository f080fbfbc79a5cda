"""Data flows one way: a module imports only from modules above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ORDER = [
    "version",
    "errors",
    "disk",
    "spec",
    "identity",
    "grid",
    "names",
    "plugins",
    "convert",
    "cache",
    "download",
    "upstream",
    "chats",
    "data",
    "published",
    "expression",
    "collect",
    "select",
    "override",
    "units",
    "records",
    "plan",
    "journal",
    "provenance",
    "providers",
    "config",
    "tokens",
    "money",
    "steps",
    "whole",
    "checked",
    "store",
    "shared",
    "watching",
    "waiting",
    "cost",
    "answered",
    "unneeded",
    "narrow",
    "again",
    "hands",
    "doing",
    "execute",
    "cluster",
    "executors",
    "asking",
    "session",
    "opening",
    "selection",
    "estimate",
    "merge",
    "query",
    "stats",
    "agreement",
    "summary",
    "table",
    "export",
    "evidence",
    "verdicts",
    "findings",
    "reading",
    "figures",
    "report",
    "page",
    "cli",
    "pytest_plugin",
]

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
LAYERS = {"__init__", "__main__"}


def files() -> list[Path]:
    return sorted(MI.rglob("*.py"))


def layer(path: Path) -> str:
    return path.relative_to(MI).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The layers of `mi` a file imports from, whether at its top or later."""
    package = ("mi", *path.relative_to(MI).parent.parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            names = [(*module, alias.name) for alias in node.names]
        found |= {name[1] for name in names if name[0] == "mi" and len(name) > 1}
    return found & set(ORDER)


def test_every_module_has_its_place_in_the_order() -> None:
    assert {layer(path) for path in files()} - LAYERS == set(ORDER)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(MI)))
def test_a_module_imports_only_from_above(path: Path) -> None:
    own = layer(path)
    if own in LAYERS:
        return
    allowed = set(ORDER[: ORDER.index(own) + 1])
    assert imported(path) <= allowed, f"{own} imports {imported(path) - allowed}"


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
