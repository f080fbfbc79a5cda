"""Build the page's content from the results database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ...analysis.analyse import ExperimentAnalysis, analyse
from ...analysis.conditions import Point, points
from ...analysis.evidence import ResultScope
from ...analysis.multiverse import MEANING, multiverses
from ...spec import Axis, Experiment
from ..design import design_lines
from ..figures import experiment_figures, joint_heatmap, specification_curves
from ..multiverse import MULTIVERSE_COLUMNS, multiverse_rows
from ..tables import interval_note, results_rows
from .answers import MAX_ANSWERS, answer_columns
from .content import Multiverse, Page, Section, Table
from .provenance import cost_table, page_facts, run_table, unit_provenance

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def build_page(
    connection: DuckDBPyConnection,
    experiments: Sequence[Experiment],
    scope: ResultScope,
    *,
    max_answers: int = MAX_ANSWERS,
) -> Page:
    """Build the report on some experiments and one model.

    Args:
        connection: To the results database.
        experiments: One section each, and one for all together.
        scope: The results to use, of all of these experiments.
        max_answers: About how many sampled answers the page has at most.
    """
    analysis = analyse(connection, experiments, scope)
    sections, points_by_experiment = [], {}
    for part in analysis.experiments:
        section, section_points = _section(connection, part, scope)
        sections.append(section)
        points_by_experiment[part.experiment.id] = section_points
    joint_figure = joint_heatmap(points_by_experiment)
    if analysis.joint_findings or joint_figure:
        sections.append(
            Section(
                id="together",
                title=f"{' and '.join(points_by_experiment)} together",
                findings=analysis.joint_findings,
                figures=(joint_figure,) if joint_figure else (),
            )
        )
    return Page(
        title=f"{', '.join(experiment.id for experiment in experiments)} on {scope.model}",
        facts=tuple(page_facts(connection, scope)),
        sections=tuple(sections),
        provenance=(
            cost_table(connection, scope),
            run_table(connection, scope),
            unit_provenance(connection, scope),
        ),
        answers=answer_columns(connection, scope, max_answers),
    )


def _section(
    connection: DuckDBPyConnection, analysis: ExperimentAnalysis, scope: ResultScope
) -> tuple[Section, list[Point]]:
    """The section of one experiment, and the points of its tables and figures."""
    experiment = analysis.experiment
    own_scope = attrs.evolve(scope, experiments=(experiment.id,))
    names = None if scope.condition_names is None else scope.condition_names[experiment.id]
    own_points = points(connection, experiment.id, scope.model, scope.data, names)
    section = Section(
        id=experiment.id,
        title=experiment.title,
        question=experiment.question,
        design=tuple(_design(experiment, scope)),
        verdicts=analysis.verdicts,
        findings=analysis.findings,
        figures=tuple(experiment_figures(connection, own_scope, experiment.title, own_points)),
        tables=tuple(_result_tables(own_points)),
        multiverse=_multiverse(connection, experiment, own_scope),
    )
    return section, own_points


def _multiverse(
    connection: DuckDBPyConnection, experiment: Experiment, scope: ResultScope
) -> Multiverse | None:
    """The claims of an experiment under other choices; None if no claim has several of them."""
    found = [one for one in multiverses(connection, experiment, scope) if len(one.rulings) > 1]
    if not found:
        return None
    table = Table(
        title="Other choices",
        columns=MULTIVERSE_COLUMNS,
        rows=tuple(multiverse_rows(found)),
        right_aligned=frozenset(range(2, len(MULTIVERSE_COLUMNS) - 1)),
        note=f"Each claim under all combinations of judge, thresholds, questions and scoring rule "
        f"that the stored answers allow. {MEANING.capitalize()}.",
    )
    notes = dict.fromkeys(note for one in found for note in one.notes)
    return Multiverse(
        table=table,
        figures=tuple(specification_curves(experiment.id, found)),
        notes=tuple(notes),
    )


def _design(experiment: Experiment, scope: ResultScope) -> list[tuple[str, str]]:
    """What the experiment varies, as pairs of name and text."""
    settings = [
        f"{setting.id} ({scope.data[setting.id]} data)"
        for setting in experiment.settings
        if setting.id in scope.data
    ]
    pairs = [
        ("settings", ", ".join(settings)),
        *design_lines(experiment),
        ("seeds", ", ".join(map(str, experiment.seeds))),
    ]
    if experiment.inoculation != (None,):
        pairs.append(("inoculation", ", ".join(name or "none" for name in experiment.inoculation)))
    stated = {
        name: value
        for name, value in attrs.asdict(experiment.training, recurse=False).items()
        if value not in (None, (), {}) and not isinstance(value, Axis)
    }
    if stated:
        pairs.append(("training", ", ".join(f"{name} {value}" for name, value in stated.items())))
    return pairs


def _result_tables(points: Sequence[Point]) -> list[Table]:
    """One table of results per setting."""
    tables = []
    for setting in dict.fromkeys(point.setting for point in points):
        own_points = [point for point in points if point.setting == setting]
        columns, rows = results_rows(own_points)
        tables.append(
            Table(
                title=f"Results in {setting}",
                columns=tuple(columns),
                rows=tuple(map(tuple, rows)),
                right_aligned=frozenset(range(1, len(columns))),
                note=f"Share misaligned [interval], number scored; {interval_note(own_points)}.",
            )
        )
    return tables
