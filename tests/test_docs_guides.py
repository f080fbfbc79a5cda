"""What the guides name exists: modules, paths, rooms, commands and make targets."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mi.cli.parser import build_parser

ROOT = Path(__file__).parent.parent
GUIDES = [
    *(
        ROOT / name
        for name in (
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "SECURITY.md",
        )
    ),
    *sorted((ROOT / "docs").glob("*.md")),
]
_PATH = re.compile(r"`((?:mi|registry|tests|datagen|docs|benchmarks)/[\w./-]*)`")
_NAME = re.compile(r"`((?:mi|registry)(?:\.\w+)+)`")
_COMMAND = re.compile(r"(?:^|`)mi ([a-z]+)", re.MULTILINE)
_TARGET = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
_MODULE = re.compile(r"python -m ((?:tests|benchmarks)\.\w+)")
_ROOM = re.compile(r"^\| (\d) \| `(\w+)` \|", re.MULTILINE)
_NOT_MODULES = {"mi.providers", "mi.executors", "mi.settings", "mi.evals", "registry.experiments"}
"""Entry-point groups, and a package that only an installation has."""


def resolve(name: str) -> Any:
    """The object of a dotted name: a module, or an attribute of one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: ModuleType = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AttributeError(name)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_the_paths_and_names_of_a_guide_exist(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    paths = [path for path in _PATH.findall(text) if "NAME" not in path]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name in set(_NAME.findall(text)) - _NOT_MODULES:
        resolve(name)
    for module in _MODULE.findall(text):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_the_commands_of_a_guide_exist(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    (subparsers,) = (action for action in build_parser()._actions if action.choices)
    assert set(_COMMAND.findall(text)) <= set(subparsers.choices or ())
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(_TARGET.findall(text)) <= set(targets)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_the_files_that_a_guide_links_to_exist(guide: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", guide.read_text(encoding="utf-8")):
        assert (guide.parent / link).exists(), link


def test_the_rooms_are_those_whose_order_is_tested() -> None:
    (layers,) = (ROOT / "tests").glob("test_*layers.py")
    tree = ast.parse(layers.read_text(encoding="utf-8"))
    (rooms,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS"
    )
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert {room: int(floor) for floor, room in _ROOM.findall(text)} == rooms
