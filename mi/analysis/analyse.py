"""What the results say of experiments: expectations judged, questions answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..spec import Experiment
from .evidence import Subject, evidence
from .findings import Finding, findings, joined
from .verdicts import Verdict, verdicts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class Reading:
    """What the results say of one experiment."""

    experiment: Experiment
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]


@attrs.frozen(kw_only=True)
class Readings:
    """What they say of each of several, and of all together."""

    each: tuple[Reading, ...]
    together: tuple[Finding, ...]


def read(
    connection: DuckDBPyConnection, experiments: Sequence[Experiment], subject: Subject
) -> Readings:
    """Judge expectations and answer questions; where there are several experiments, joint ones."""
    each = []
    for one in experiments:
        alone = attrs.evolve(subject, experiments=(one.id,))
        each.append(
            Reading(
                experiment=one,
                verdicts=tuple(verdicts(connection, one, alone)),
                findings=tuple(findings(evidence(connection, alone, margins=True))),
            )
        )
    together = joined(evidence(connection, subject, margins=True)) if len(each) > 1 else ()
    return Readings(each=tuple(each), together=tuple(together))
