"""Collection: importing the files that declare experiments, as pytest imports test modules.

Experiments are module-level `Experiment` objects. Each file is imported once. An experiment may
build on another one through the registry while its own file is being imported; pending files are
then imported on the spot, so the order of files never matters.

The errors of all files are raised in one report, so that a researcher sees every file to fix at
once.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import traceback
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

import attrs

from ..errors import DeclarationError, MiError, UsageError, did_you_mean
from ..plugins import registry_by_name
from ..spec import Experiment
from ..units.claim_scope import check_expectations, check_grid, check_subjects
from ..units.expression import parse_expression
from .patterns import match_ids

_logger = logging.getLogger(__name__)


@attrs.frozen
class CollectedExperiment:
    """An experiment, and the file that declares it (None: registered in code)."""

    experiment: Experiment
    file: Path | None

    @property
    def origin(self) -> str:
        """The declaring file, for messages."""
        return str(self.file or "registered in code")


@attrs.define
class Collection:
    """Experiments by id; files are imported on first use.

    Args:
        entries: Collected experiments by id.
        pending: Files that are not imported yet, in order of arrival.
        import_stack: Files whose import is under way, outermost first.
        files: All files that were ever added.
        errors: One paragraph for each file that could not be imported.
        left_out: Files beside those of experiments → why they are not imported.
    """

    entries: dict[str, CollectedExperiment] = attrs.field(factory=dict)
    pending: dict[Path, None] = attrs.field(factory=dict)
    import_stack: list[Path] = attrs.field(factory=list)
    files: set[Path] = attrs.field(factory=set)
    errors: list[str] = attrs.field(factory=list)
    left_out: dict[Path, str] = attrs.field(factory=dict)

    def add(self, files: Iterable[Path]) -> None:
        """Queue files for import; files that were added before are skipped."""
        for path in files:
            path = path.resolve()
            if path not in self.files:
                self.files.add(path)
                self.pending[path] = None

    def register(self, experiment: Experiment, file: Path | None = None) -> Experiment:
        """Add one experiment and return it.

        Raises:
            DeclarationError: Another experiment has this id, or an expectation is about a condition
                that the experiment lacks.
            UsageError: The `where` of a mark is not a valid expression.
        """
        added = CollectedExperiment(experiment, file)
        existing = self.entries.get(experiment.id)
        if existing is not None and existing.experiment is not experiment:
            raise DeclarationError(
                f"two experiments are called {experiment.id!r}",
                where=f"{existing.origin} and {added.origin}",
                hint="ids must be unique: rename one of them",
            )
        if existing is None:
            check_subjects(experiment)
            check_expectations(experiment)
            check_grid(experiment)
            axes = [axis.name for axis in experiment.axes]
            for mark in experiment.marks:
                if mark.where:
                    place = f"{experiment.id}: the mark {mark.name!r}"
                    parse_expression(mark.where, place, axes=axes)
            self.entries[experiment.id] = added
        return experiment

    def all(self) -> dict[str, Experiment]:
        """Every experiment by id, sorted by id.

        Raises:
            DeclarationError: Some files cannot be imported; the message lists all of them.
        """
        while self.pending:
            self._import_next()
        if self.errors and not self.import_stack:
            count = len(self.errors)
            raise DeclarationError(
                f"{count} {'error' if count == 1 else 'errors'} in the declarations\n"
                + "\n".join(self.errors),
                hint="fix these files; nothing was run",
            )
        return {id: self.entries[id].experiment for id in sorted(self.entries)}

    def get(self, id: str) -> Experiment:
        """The experiment called `id`.

        Raises:
            UsageError: No experiment has this id; the hint names the nearest ones.
        """
        if self.import_stack:  # one file asks for an experiment of another: import until it appears
            while id not in self.entries and self.pending:
                self._import_next()
        else:
            self.all()
        if id in self.entries:
            return self.entries[id].experiment
        hint = did_you_mean(id, self.entries)
        if self.left_out:
            hint += f"; not collected: {', '.join(path.name for path in sorted(self.left_out))}"
        raise UsageError(f"there is no experiment {id!r}", hint=hint)

    def select(self, pattern: str) -> tuple[Experiment, ...]:
        """The experiments whose ids match a shell pattern (`A05*`), sorted by id."""
        experiments = self.all()
        return tuple(experiments[id] for id in match_ids(pattern, experiments))

    def _hidden_registry(self) -> str:
        """The sentence on a module `registry` of the user's own; empty without one."""
        for path, reason in self.left_out.items():
            if path.stem == "registry" or path.parent.name == "registry":
                return f"{path}: {reason}"
        return ""

    def _import_next(self) -> None:
        path = next(iter(self.pending))
        del self.pending[path]
        self.import_stack.append(path)
        _logger.debug("importing %s", path)
        try:
            # stdout belongs to the command, for instance --json
            with redirect_stdout(sys.stderr), registry_by_name():
                module = import_file(path)
            for value in list(vars(module).values()):
                if isinstance(value, Experiment):
                    self.register(value, path)
        except MiError as error:
            self.errors.append(_indent(f"{path}: {error}"))
        except Exception as error:  # user code may raise anything; report it with the others
            text = f"{path}{_line_suffix(error, path)}: {_describe(error)}"
            if isinstance(error, ImportError) and str(error.name).partition(".")[0] == "registry":
                text += f"\n  ({self._hidden_registry()})" if self._hidden_registry() else ""
            self.errors.append(_indent(text))
        finally:
            self.import_stack.remove(path)


def import_file(path: Path) -> ModuleType:
    """Import a file once and return its module.

    The module is called `experiments.<stem>`, or that name with the path appended if another file
    holds it.

    Raises:
        UsageError: The file is not a Python file.
    """
    name = f"experiments.{path.stem}"
    existing = sys.modules.get(name)
    if existing is not None:
        if getattr(existing, "__file__", None) == str(path):
            return existing
        name = f"{name}@{path}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError("is not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _line_suffix(error: Exception, path: Path) -> str:
    """`:12` for an error raised in line 12 of the file; empty if it was raised elsewhere."""
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
