"""The kinds of journal that eval units fill, and their names in the results database.

A journal's name begins with its kind's prefix, and so does the role it plays in a unit. Names and
columns are those of records on disk and of stable tables: they do not change.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

USAGE_COLUMNS = {
    "unit": "VARCHAR",
    "at": "TIMESTAMP",
    "billed_model": "VARCHAR",
    "billed_input": "BIGINT",
    "billed_output": "BIGINT",
    "cost_usd": "DOUBLE",
}
"""What a line says of what was paid for it, and the SQL types."""


@attrs.frozen(kw_only=True)
class JournalKind:
    """A kind of journal, and how its lines become rows.

    Args:
        prefix: What names of such journals begin with, up to the hyphen: `answers`.
        activity: What filling it is called in the view `spend`.
        table: The table its lines are loaded into.
        columns: Fields of a line that are loaded, in the table's order, with their SQL types.
        computed: An SQL expression for a last column, if the table has one.
        billed_only: Whether only lines that were paid for are loaded.
    """

    prefix: str
    activity: str
    table: str
    columns: Mapping[str, str]
    computed: str | None = None
    billed_only: bool = False

    def matches(self, name: str) -> bool:
        """Whether a journal of this name is of this kind."""
        return name.startswith(f"{self.prefix}-")

    def has_role(self, role: str) -> bool:
        """Whether a journal with this role in a unit is of this kind."""
        return role.partition(":")[0] == self.prefix


ANSWERS = JournalKind(
    prefix="answers",
    activity="sample",
    table="answer",
    columns={
        "question": "VARCHAR",
        "sample": "BIGINT",
        "text": "VARCHAR",
        "finish": "VARCHAR",
        "refusal": "VARCHAR",
        "prompt_tokens": "BIGINT",
        "answer_tokens": "BIGINT",
        "model": "VARCHAR",
        **USAGE_COLUMNS,
    },
    computed="answer_key(owner, question, sample)",
)
JUDGMENTS = JournalKind(
    prefix="judgments",
    activity="judge",
    table="judgment",
    columns={
        "question": "VARCHAR",
        "sample": "BIGINT",
        "verdict": "JSON",
        "model": "VARCHAR",
        **USAGE_COLUMNS,
    },
)
LIKELIHOODS = JournalKind(
    prefix="likelihoods",
    activity="score",
    table="likelihood",
    columns=USAGE_COLUMNS,
    billed_only=True,
)
PROBES = JournalKind(
    prefix="probes",
    activity="probe",
    table="probe",
    columns=USAGE_COLUMNS,
    billed_only=True,
)
"""What was paid for probes of servers and judges. No unit reads it: a unit's record says what was
found."""


JUDGE_PROBES = f"{JUDGMENTS.prefix}-probe"
"""What the names of journals begin with that hold a judge's replies to known answers. They belong
to no unit."""


def is_probe_journal(name: str) -> bool:
    """Whether a journal is of probes, of a server or of a judge: it belongs to no unit."""
    return PROBES.matches(name) or name.startswith(f"{JUDGE_PROBES}-")


def judgment_role(method: str) -> str:
    """The role of the journal that holds the verdicts of one of a judge's methods."""
    return f"{JUDGMENTS.prefix}:{method}"
