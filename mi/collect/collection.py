"""Collection: finding the experiments that are declared, as pytest finds tests.

Experiments are module-level `Experiment` objects in the files of `experiments/` folders, or in
files named on the command line. Each file is imported once. An experiment may build on another
through the registry while its file is being imported: files that wait are then imported on the
spot, so the order of files never matters.

All errors of a collection are gathered and told in one report, because a researcher who mends
three files wants to hear of three files.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
import traceback
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from ..errors import DeclarationError, MiError, UsageError, did_you_mean
from ..spec import Experiment
from .expression import parse_expression
from .patterns import is_pattern, match_ids

_DECLARES_EXPERIMENT = re.compile(r"\bExperiment\b|\.evolve\(")
_IMPORTS_MI = re.compile(r"^(import|from) +(mi|registry)\b", re.MULTILINE)
ROOT_MARKERS = ("pyproject.toml", "experiments", ".mi", ".git")


def find_root(start: Path) -> Path:
    """The project's folder, found upwards as pytest finds its own.

    The nearest one whose `pyproject.toml` has a table `[tool.mi]`, else the nearest one with a mark
    of a project, else `start`.
    """
    for folder in (start, *start.parents):
        if read_tool_table(folder / "pyproject.toml") is not None:
            return folder
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in ROOT_MARKERS):
            return folder
    return start


def read_tool_table(path: Path) -> dict[str, Any] | None:
    """The table `[tool.mi]` of a `pyproject.toml`; None where there is none.

    Raises:
        UsageError: The file is no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    if "tool.mi" not in text:
        return None
    try:
        found: dict[str, Any] | None = tomllib.loads(text).get("tool", {}).get("mi")
    except ValueError as error:
        raise UsageError(f"is no TOML ({error})", where=str(path)) from None
    return found


def find_experiment_files(root: Path, paths: Sequence[str] = ()) -> list[Path]:
    """Files of experiments in the project at `root`.

    Args:
        paths: Folders, files and patterns, relative to `root`. None: the files of
            `root/experiments/`; without that folder, those of `root` that import mi's words. A
            folder of one's own is often full of scripts, so that only a file which imports
            `registry`, or imports `mi` and speaks of `Experiment` or evolves one, counts there.

    Raises:
        UsageError: A path is not there.
    """
    if paths:
        return [path for text in paths for path in _expand_path(root, text)]
    folder = root / "experiments"
    if folder.is_dir():
        return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    return sorted(path for path in root.glob("*.py") if _declares_experiments(path))


def _expand_path(root: Path, text: str) -> list[Path]:
    found = sorted(root.glob(text)) if is_pattern(text) else [root / text]
    if not found or not found[0].exists():
        raise UsageError(f"experiments: there is no {text!r}", where=str(root / "pyproject.toml"))
    files = [
        inner
        for path in found
        for inner in (sorted(path.glob("*.py")) if path.is_dir() else [path])
    ]
    return [path for path in files if path.suffix == ".py" and not path.name.startswith("_")]


def _declares_experiments(path: Path) -> bool:
    try:
        raw = path.read_bytes()
    except OSError:
        return False
    text = raw.decode("utf-8-sig", "replace")
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError):  # told when it is imported, if it looks like one of ours
        return _IMPORTS_MI.search(text) is not None
    imported: set[str] = set()
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        imported |= {name.partition(".")[0] for name in names}
    return "registry" in imported or (
        "mi" in imported and _DECLARES_EXPERIMENT.search(text) is not None
    )


@attrs.frozen
class CollectedExperiment:
    """A collected experiment and the file it was found in (None: registered in code)."""

    experiment: Experiment
    file: Path | None


@attrs.define
class Collection:
    """Experiments by id, filled from files when first asked.

    `waiting` holds files that are not imported yet; `errors` what went wrong so far.
    """

    entries: dict[str, CollectedExperiment] = attrs.field(factory=dict)
    pending: dict[Path, None] = attrs.field(factory=dict)
    import_stack: list[Path] = attrs.field(factory=list)
    files: set[Path] = attrs.field(factory=set)
    errors: list[str] = attrs.field(factory=list)

    def add(self, files: Iterable[Path]) -> None:
        """More files to collect; one that is known already is not imported again."""
        for path in files:
            path = path.resolve()
            if path not in self.files:
                self.files.add(path)
                self.pending[path] = None

    def register(self, experiment: Experiment, file: Path | None = None) -> Experiment:
        """Add one experiment.

        Raises:
            DeclarationError: Another experiment has this id.
            UsageError: The cells of a mark are no expression.
        """
        there = self.entries.get(experiment.id)
        if there is not None and there.experiment is not experiment:
            raise DeclarationError(
                f"two experiments are called {experiment.id!r}",
                where=f"{there.file or 'registered in code'} and {file or 'registered in code'}",
                hint="an id names one experiment: rename one of them",
            )
        if there is None:
            for mark in experiment.marks:
                if mark.where:
                    parse_expression(mark.where, f"{experiment.id}: the mark {mark.name!r}")
            self.entries[experiment.id] = CollectedExperiment(experiment, file)
        return experiment

    def all(self) -> dict[str, Experiment]:
        """Every experiment by id, sorted.

        Raises:
            DeclarationError: Files that could not be collected, all of them in one report.
        """
        while self.pending:
            self._import_next()
        if self.errors and not self.import_stack:
            count = len(self.errors)
            raise DeclarationError(
                f"{count} {'error' if count == 1 else 'errors'} in the declarations\n"
                + "\n".join(self.errors),
                hint="mend these files; nothing was run",
            )
        return {id: self.entries[id].experiment for id in sorted(self.entries)}

    def get(self, id: str) -> Experiment:
        """The experiment called `id`.

        Raises:
            UsageError: There is none; the nearest names are given.
        """
        if self.import_stack:
            while id not in self.entries and self.pending:
                self._import_next()
        else:
            self.all()
        if id in self.entries:
            return self.entries[id].experiment
        raise UsageError(f"there is no experiment {id!r}", hint=did_you_mean(id, self.entries))

    def select(self, pattern: str) -> tuple[Experiment, ...]:
        """The experiments whose ids match a shell pattern (`A05*`), sorted by id."""
        experiments = self.all()
        return tuple(experiments[id] for id in match_ids(pattern, experiments))

    def _import_next(self) -> None:
        path = next(iter(self.pending))
        del self.pending[path]
        self.import_stack.append(path)
        try:
            with redirect_stdout(sys.stderr):  # what a command prints is its own
                module = import_file(path)
            for value in list(vars(module).values()):
                if isinstance(value, Experiment):
                    self.register(value, path)
        except MiError as error:
            self.errors.append(_indent(f"{path}: {error}"))
        except Exception as error:  # a declaration is somebody's code: whatever it raises is told
            self.errors.append(_indent(f"{path}{_line_suffix(error, path)}: {_describe(error)}"))
        finally:
            self.import_stack.remove(path)


def import_file(path: Path) -> ModuleType:
    """The module of a file, imported once under `experiments.<stem>` where that name is free."""
    name = f"experiments.{path.stem}"
    there = sys.modules.get(name)
    if there is not None:
        if getattr(there, "__file__", None) == str(path):
            return there
        name = f"{name}@{path}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError("not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _line_suffix(error: Exception, path: Path) -> str:
    """`:12`, the line of the file the error comes from."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f":{lines[-1]}" if lines else ""


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _indent(text: str) -> str:
    return "  " + text.replace("\n", "\n  ")
