"""What stands on the page, as data."""

from __future__ import annotations

from typing import Any

import attrs

from ...analysis.findings import Finding
from ...analysis.verdicts import Verdict
from ..figures import Drawing


@attrs.frozen(kw_only=True)
class Table:
    """Rows of text; `right` are the columns of numbers, from 0."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right_aligned: frozenset[int] = frozenset()
    note: str = ""


@attrs.frozen(kw_only=True)
class Section:
    """One experiment, or several together.

    Args:
        id: What a link names it by.
        design: What was declared, name by name.
    """

    id: str
    title: str
    question: str = ""
    design: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    figures: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def findings_by_question(self) -> dict[str, list[Finding]]:
        """Findings by what they answer, in order."""
        found: dict[str, list[Finding]] = {}
        for one in self.findings:
            found.setdefault(one.question, []).append(one)
        return found


@attrs.frozen(kw_only=True)
class Page:
    """The whole page.

    Args:
        facts: Where it comes from, name by name.
        provenance: Tables of runs, units and money.
        answers: The sampled answers, as `page.answers` makes them.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    provenance: tuple[Table, ...]
    answers: dict[str, Any]
