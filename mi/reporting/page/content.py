"""The content of the page, as data."""

from __future__ import annotations

from typing import Any

import attrs

from ...analysis.findings import Finding
from ...analysis.verdicts import ExpectationVerdict
from ..figures import Drawing


@attrs.frozen(kw_only=True)
class Table:
    """Rows of text.

    Args:
        right_aligned: Indices of the columns of numbers.
        note: Below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right_aligned: frozenset[int] = frozenset()
    note: str = ""


@attrs.frozen(kw_only=True)
class Multiverse:
    """What the claims of an experiment would have come to under other choices.

    Args:
        table: A row for each claim and eval.
        figures: Their specification curves.
        notes: What is left out, and why.
    """

    table: Table
    figures: tuple[Drawing, ...]
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Section:
    """The section of one experiment, or of several together.

    Args:
        id: The section's anchor in links.
        design: The declared values, as pairs of name and text.
    """

    id: str
    title: str
    question: str = ""
    design: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[ExpectationVerdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    figures: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()
    multiverse: Multiverse | None = None

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """All figures of the section."""
        return (*self.figures, *(self.multiverse.figures if self.multiverse else ()))

    @property
    def findings_by_question(self) -> dict[str, list[Finding]]:
        """The findings grouped by question, in order."""
        grouped: dict[str, list[Finding]] = {}
        for finding in self.findings:
            grouped.setdefault(finding.question, []).append(finding)
        return grouped


@attrs.frozen(kw_only=True)
class Page:
    """The whole page.

    Args:
        facts: Model, data, versions and time, as pairs of name and text.
        provenance: Tables of costs, runs and units.
        answers: The sampled answers, as `answers.answer_columns` returns them.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    provenance: tuple[Table, ...]
    answers: dict[str, Any]
