"""What the results say of experiments: expectations judged, questions answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..spec import Experiment
from .evidence import ResultScope, load_evidence
from .findings import Finding, experiment_findings, joint_findings
from .verdicts import Verdict, verdicts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class ExperimentAnalysis:
    """What the results say of one experiment."""

    experiment: Experiment
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]


@attrs.frozen(kw_only=True)
class Analysis:
    """What they say of each of several, and of all together."""

    experiments: tuple[ExperimentAnalysis, ...]
    joint_findings: tuple[Finding, ...]


def analyse(
    connection: DuckDBPyConnection, experiments: Sequence[Experiment], scope: ResultScope
) -> Analysis:
    """Judge expectations and answer questions; where there are several experiments, joint ones."""
    each = []
    for one in experiments:
        own_scope = attrs.evolve(scope, experiments=(one.id,))
        each.append(
            ExperimentAnalysis(
                experiment=one,
                verdicts=tuple(verdicts(connection, one, own_scope)),
                findings=tuple(
                    experiment_findings(load_evidence(connection, own_scope, margins=True))
                ),
            )
        )
    together = (
        joint_findings(load_evidence(connection, scope, margins=True)) if len(each) > 1 else ()
    )
    return Analysis(experiments=tuple(each), joint_findings=tuple(together))
