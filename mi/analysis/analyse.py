"""The analysis of experiments: verdicts on their expectations, findings on their questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..spec import Experiment
from .evidence import ResultScope, load_evidence
from .findings import Finding, experiment_findings, joint_findings
from .verdicts import ExpectationVerdict, verdicts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class ExperimentAnalysis:
    """What the results say about one experiment."""

    experiment: Experiment
    verdicts: tuple[ExpectationVerdict, ...]
    findings: tuple[Finding, ...]


@attrs.frozen(kw_only=True)
class Analysis:
    """What the results say about each of several experiments, and about all of them jointly."""

    experiments: tuple[ExperimentAnalysis, ...]
    joint_findings: tuple[Finding, ...]


def analyse(
    connection: DuckDBPyConnection, experiments: Sequence[Experiment], scope: ResultScope
) -> Analysis:
    """Judge the expectations of experiments and answer their questions.

    Args:
        connection: To the results database.
        experiments: One or more; only several have joint findings.
        scope: The results to use, of all of these experiments.
    """
    analyses = []
    for experiment in experiments:
        own_scope = attrs.evolve(scope, experiments=(experiment.id,))
        evidence = load_evidence(connection, own_scope, margins=True)
        analyses.append(
            ExperimentAnalysis(
                experiment=experiment,
                verdicts=tuple(verdicts(connection, experiment, own_scope)),
                findings=tuple(experiment_findings(evidence)),
            )
        )
    joint: Sequence[Finding] = ()
    if len(analyses) > 1:
        joint = joint_findings(load_evidence(connection, scope, margins=True))
    return Analysis(experiments=tuple(analyses), joint_findings=tuple(joint))
