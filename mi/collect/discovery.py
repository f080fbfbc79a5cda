"""Discovery: which directory is the project, and which of its files declare experiments.

Nothing is imported here. A file counts as a file of experiments because of where it lies and of
what its source imports; `collection` imports it afterwards.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..errors import UsageError
from .patterns import is_pattern

ROOT_MARKERS = ("pyproject.toml", "experiments", ".mi", ".git")
_DECLARES_EXPERIMENT = re.compile(r"\bExperiment\b|\.evolve\(")
_OWN_REGISTRY = Path(__file__).resolve().parents[2] / "registry" / "__init__.py"
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


@attrs.frozen
class FoundFiles:
    """The files of a project that declare experiments, and those beside them that are not imported.

    Args:
        files: Files to import, in order.
        left_out: Other public Python files of the same folders → why they are left out.
    """

    files: tuple[Path, ...]
    left_out: Mapping[Path, str]


def find_experiment_files(root: Path, paths: Sequence[str] = ()) -> FoundFiles:
    """The files of the project at `root` that declare experiments.

    A file of a folder is taken for a declaration because of what its source imports: `mi` or
    `registry`, itself or through a file beside it. Where no `[tool.mi]` says that the project is
    one of `mi`, it must mention an experiment as well. Everything else, a training script for
    example, must not be imported.

    Args:
        root: The project's root directory.
        paths: Directories, files and shell patterns, relative to `root`. A file named here is
            always taken. Empty: the files of `root/experiments/` or, without that directory,
            those of `root`.

    Raises:
        UsageError: A path does not exist.
    """
    declared = read_tool_table(root / "pyproject.toml") is not None
    if paths:
        return _join(_expand_path(root, text) for text in paths)
    experiments = root / "experiments"
    if not experiments.is_dir():
        return _choose_files(root, is_mi_project=False)
    beside = _choose_files(root, is_mi_project=False).files
    found = _choose_files(experiments, is_mi_project=declared)
    reason = "it is beside experiments/; name it in [tool.mi] experiments to collect it"
    return attrs.evolve(found, left_out={**found.left_out, **dict.fromkeys(beside, reason)})


def declares_experiments(path: Path, *, is_mi_project: bool) -> bool:
    """Whether a file's source looks like declarations, judged without importing it.

    Args:
        path: A Python file.
        is_mi_project: Whether `[tool.mi]` or an explicit path says that it is a file of `mi`; if
            not, a package `registry` that lies beside it is taken for another one.
    """
    return _declares_experiments(path, is_mi_project, frozenset({path}))


def public_modules(directory: Path) -> list[Path]:
    """The Python files of a directory whose names do not start with an underscore, sorted."""
    return sorted(path for path in directory.glob("*.py") if _is_public_module(path))


def _is_public_module(path: Path) -> bool:
    return path.suffix == ".py" and not path.name.startswith("_")


def _join(parts: Iterable[FoundFiles]) -> FoundFiles:
    files: dict[Path, None] = {}
    left_out: dict[Path, str] = {}
    for part in parts:
        files |= dict.fromkeys(part.files)
        left_out |= part.left_out
    return FoundFiles(
        tuple(files), {path: why for path, why in left_out.items() if path not in files}
    )


def _choose_files(directory: Path, *, is_mi_project: bool) -> FoundFiles:
    modules = public_modules(directory)
    files = [path for path in modules if declares_experiments(path, is_mi_project=is_mi_project)]
    others = [path for path in modules if path not in files]
    if is_mi_project:
        return FoundFiles(tuple(files), dict.fromkeys(others, "it imports neither mi nor registry"))
    near = [path for path in others if declares_experiments(path, is_mi_project=True)]
    return FoundFiles(tuple(files), dict.fromkeys(near, "it mentions no experiment"))


def _expand_path(root: Path, text: str) -> FoundFiles:
    """The files that one configured path stands for."""
    matches = sorted(root.glob(text)) if is_pattern(text) else [root / text]
    if not matches or not matches[0].exists():
        raise UsageError(
            f"experiments: {text!r} does not exist",
            where=str(root / "pyproject.toml"),
            hint="paths are relative to the folder of this file",
        )
    return _join(
        _choose_files(path, is_mi_project=True)
        if path.is_dir()
        else FoundFiles((path,) if _is_public_module(path) else (), {})
        for path in matches
    )


def _declares_experiments(path: Path, is_mi_project: bool, seen: frozenset[Path]) -> bool:
    try:
        raw = path.read_bytes()
    except OSError:
        return False
    text = raw.decode("utf-8-sig", "replace")
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError):  # importing the file reports the error, if it is one of ours
        return _IMPORTS_MI.search(text) is not None
    packages = _imported_packages(tree)
    if not is_mi_project and _DECLARES_EXPERIMENT.search(text) is None:
        return False
    has_other_registry = not is_mi_project and any(
        find_other_registry(place) is not None for place in (path.parent, path.parent.parent)
    )
    if "mi" in packages or ("registry" in packages and not has_other_registry):
        return True
    siblings = {path.with_name(f"{name}.py") for name in packages} - seen
    return any(
        _declares_experiments(sibling, is_mi_project, seen | siblings)
        for sibling in sorted(siblings)
        if sibling.is_file()
    )


def _imported_packages(tree: ast.Module) -> set[str]:
    """The top-level names that a module imports, in any of its blocks."""
    packages: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            packages.add((node.module or "").partition(".")[0])
    return packages


def find_other_registry(directory: Path) -> Path | None:
    """A module `registry` in a directory that is not the one that ships with `mi`."""
    for module in (directory / "registry.py", directory / "registry" / "__init__.py"):
        if module.is_file() and module.resolve() != _OWN_REGISTRY:
            return module
    return None
