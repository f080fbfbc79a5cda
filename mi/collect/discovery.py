"""Discovery: which directory is the project, and which of its files declare experiments.

Nothing is imported here. A file counts as a file of experiments because of where it lies or, beside
scripts of any kind, because of what its source imports; `collection` imports it afterwards.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .patterns import is_pattern

ROOT_MARKERS = ("pyproject.toml", "experiments", ".mi", ".git")
_DECLARES_EXPERIMENT = re.compile(r"\bExperiment\b|\.evolve\(")
_IMPORTS_MI = re.compile(r"^(import|from) +(mi|registry)\b", re.MULTILINE)


def find_root(start: Path) -> Path:
    """The project's root directory, searched upwards from `start` as pytest searches its rootdir.

    The nearest directory whose `pyproject.toml` has a table `[tool.mi]`, else the nearest one that
    holds any of `ROOT_MARKERS`, else `start`.

    Raises:
        UsageError: A `pyproject.toml` on the way is not valid TOML.
    """
    for directory in (start, *start.parents):
        if read_tool_table(directory / "pyproject.toml") is not None:
            return directory
    for directory in (start, *start.parents):
        if any((directory / marker).exists() for marker in ROOT_MARKERS):
            return directory
    return start


def read_tool_table(path: Path) -> dict[str, Any] | None:
    """The table `[tool.mi]` of a `pyproject.toml`; None if the file or the table is missing.

    Raises:
        UsageError: The file is not valid TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    if "tool.mi" not in text:
        return None
    try:
        table: dict[str, Any] | None = tomllib.loads(text).get("tool", {}).get("mi")
    except ValueError as error:
        raise UsageError(
            f"is not valid TOML ({error})", where=str(path), hint="fix this file"
        ) from None
    return table


def find_experiment_files(root: Path, paths: Sequence[str] = ()) -> list[Path]:
    """The files of the project at `root` that declare experiments.

    Args:
        root: The project's root directory.
        paths: Directories, files and shell patterns, relative to `root`. Empty: the files of
            `root/experiments/` or, without that directory, the files of `root` that import
            `registry`, or that import `mi` and mention `Experiment` or `.evolve(`. Other scripts
            in `root` must not be imported.

    Raises:
        UsageError: A path does not exist.
    """
    if paths:
        return [path for text in paths for path in _expand_path(root, text)]
    experiments = root / "experiments"
    if experiments.is_dir():
        return public_modules(experiments)
    return sorted(path for path in root.glob("*.py") if _declares_experiments(path))


def public_modules(directory: Path) -> list[Path]:
    """The Python files of a directory whose names do not start with an underscore, sorted."""
    return sorted(path for path in directory.glob("*.py") if _is_public_module(path))


def _is_public_module(path: Path) -> bool:
    return path.suffix == ".py" and not path.name.startswith("_")


def _expand_path(root: Path, text: str) -> list[Path]:
    """The files that one configured path stands for."""
    matches = sorted(root.glob(text)) if is_pattern(text) else [root / text]
    if not matches or not matches[0].exists():
        raise UsageError(
            f"experiments: {text!r} does not exist",
            where=str(root / "pyproject.toml"),
            hint="paths are relative to the folder of this file",
        )
    return [
        file
        for path in matches
        for file in (public_modules(path) if path.is_dir() else [path])
        if _is_public_module(file)
    ]


def _declares_experiments(path: Path) -> bool:
    """Whether a file's source looks like declarations, judged without importing it."""
    try:
        raw = path.read_bytes()
    except OSError:
        return False
    text = raw.decode("utf-8-sig", "replace")
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError):  # importing the file reports the error, if it is one of ours
        return _IMPORTS_MI.search(text) is not None
    packages: set[str] = set()
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        packages |= {name.partition(".")[0] for name in names}
    imports_mi = "mi" in packages and _DECLARES_EXPERIMENT.search(text) is not None
    return "registry" in packages or imports_mi
