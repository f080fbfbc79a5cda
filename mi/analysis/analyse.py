"""The analysis of experiments: verdicts on their expectations, findings on their questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..spec import Experiment
from .evidence import ResultScope, load_evidence
from .findings import Finding, FittedCurve, report_findings
from .leaks import load_leaks
from .learning_curves import load_learning_curves
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


def fitted_curves(connection: DuckDBPyConnection, scope: ResultScope) -> list[FittedCurve]:
    """The curves that the findings of one experiment rest on.

    Args:
        connection: To the results database.
        scope: Of exactly one experiment.
    """
    (findings,), _ = report_findings([(load_evidence(connection, scope), ())], ())
    return [finding.curve for finding in findings if finding.curve is not None]


def analyse(
    connection: DuckDBPyConnection, experiments: Sequence[Experiment], scope: ResultScope
) -> Analysis:
    """Judge the expectations of experiments and answer their questions.

    Args:
        connection: To the results database.
        experiments: One or more; only several have joint findings.
        scope: The results to use, of all of these experiments.
    """
    all_evidence, all_verdicts, all_curves, all_leaks = [], [], [], []
    for experiment in experiments:
        own_scope = attrs.evolve(scope, experiments=(experiment.id,))
        own_evidence = load_evidence(connection, own_scope, margins=True)
        all_evidence.append(own_evidence)
        all_verdicts.append(tuple(verdicts(connection, experiment, own_scope)))
        all_curves.append(load_learning_curves(connection, own_scope, own_evidence, margins=True))
        all_leaks.append(load_leaks(connection, own_scope, own_evidence, margins=True))
    joint = load_evidence(connection, scope, margins=True) if len(experiments) > 1 else []
    rulings = [
        [
            ruling
            for verdict in own
            if verdict.is_judged and verdict.registration and not verdict.is_post_hoc
            for ruling in verdict.rulings
        ]
        for own in all_verdicts
    ]
    findings, joint_findings = report_findings(
        list(zip(all_evidence, rulings, strict=True)), joint, all_curves, all_leaks
    )
    return Analysis(
        experiments=tuple(
            ExperimentAnalysis(experiment=experiment, verdicts=own_verdicts, findings=tuple(own))
            for experiment, own_verdicts, own in zip(
                experiments, all_verdicts, findings, strict=True
            )
        ),
        joint_findings=tuple(joint_findings),
    )
