"""`pytest experiments/`: each expectation is a test, judged by the results so far.

A supported expectation passes, a refuted one fails with the numbers, and an inconclusive or open
one is skipped with the reason. The plugin only reads the results database. It collects files of a
folder named `experiments` that declare experiments, in a project with `[tool.mi]` or where pytest
is given the file or the folder; nothing else is imported, and other projects are not affected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

if TYPE_CHECKING:
    from .analysis.verdicts import ExpectationVerdict
    from .planning.session import Session
    from .spec import Experiment


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mi-model`."""
    group = parser.getgroup("mi", "expectations of experiments")
    group.addoption("--mi-model", metavar="M", help="the model whose results are judged")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of experiments; leave every other file to the other plugins."""
    is_python = file_path.suffix == ".py" and not file_path.name.startswith(("_", "test_"))
    if is_python and file_path.parent.name == "experiments" and _is_declaration(file_path, parent):
        return ExperimentFile.from_parent(parent, path=file_path)
    return None


def _is_declaration(path: Path, parent: pytest.Collector) -> bool:
    """Whether a file declares experiments of a project of `mi`, judged without importing it."""
    from .collect.discovery import declares_experiments, find_root, read_tool_table
    from .errors import UsageError

    invocation = parent.config.invocation_params
    words = [str(word).partition("::")[0] for word in invocation.args]
    named = {(invocation.dir / word).resolve() for word in words if not word.startswith("-")}
    try:
        is_ours = read_tool_table(find_root(path.parent) / "pyproject.toml") is not None
    except UsageError:  # an invalid file is the business of whoever owns it
        is_ours = False
    if not is_ours and not named & {path.resolve(), path.resolve().parent}:
        return False
    return declares_experiments(path, is_mi_project=is_ours)


class ExperimentFile(pytest.File):
    """A file of experiments, whose expectations are its tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Collect an item for each expectation of each experiment.

        Raises:
            CollectError: The file cannot be imported, or declares something wrongly.
        """
        from . import registry
        from .errors import MiError

        try:
            collection = registry.collect(self.path.parent.parent)
            collection.add([self.path])
            experiments = collection.all().values()
        except MiError as error:
            raise self.CollectError(str(error)) from None
        for experiment in experiments:
            if collection.entries[experiment.id].file != self.path.resolve():
                continue
            for index, expectation in enumerate(experiment.expectations):
                name = f"{experiment.id}::{expectation.says}"
                yield ExpectationItem.from_parent(
                    self, name=name, experiment=experiment, index=index
                )


class ExpectationItem(pytest.Item):
    """One expectation."""

    def __init__(self, *, experiment: Experiment, index: int, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.experiment = experiment
        self.index = index

    def runtest(self) -> None:
        """Judge the expectation; return if it is supported.

        Raises:
            Refuted: The results contradict it.
        """
        from .analysis.rulings import Outcome

        verdict = self._verdict()
        numbers = "\n".join(f"  {ruling}" for ruling in verdict.rulings)
        if not verdict.is_judged:
            pytest.skip(verdict.standing.value)
        note = f" ({verdict.standing.value})" if verdict.is_post_hoc else ""
        if verdict.outcome in (Outcome.INCONCLUSIVE, Outcome.OPEN):
            pytest.skip(f"{verdict.outcome.value}{note}: {verdict.reason}")
        if verdict.outcome is Outcome.REFUTED:
            raise Refuted(f"refuted{note}: {verdict.says}\n{numbers}")
        self.add_report_section("call", "verdict", f"supported{note}\n{numbers}")

    def _verdict(self) -> ExpectationVerdict:
        from .errors import MiError

        try:
            return _verdicts(self.experiment, self.config.getoption("--mi-model"))[self.index]
        except MiError as error:
            pytest.skip(str(error))

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str | object:
        """Show the numbers instead of a traceback."""
        if isinstance(excinfo.value, Refuted):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file that declares the experiment, and the name of the test."""
        return self.path, None, self.name


class Refuted(Exception):
    """The results contradict an expectation."""


def _verdicts(experiment: Experiment, model: str | None) -> list[ExpectationVerdict]:
    """Judge an experiment's expectations by the results of the project."""
    from .analysis.verdicts import verdicts
    from .cli.common import load_session
    from .cli.parser import parse_args
    from .cli.scope import result_scope
    from .database import Database

    words = ["check", experiment.id, *(["--model", model] if model else [])]
    args = parse_args(words)
    session: Session = load_session(args, args.words)
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        own_scope = attrs.evolve(scope, experiments=(experiment.id,))
        return verdicts(connection, experiment, own_scope)
