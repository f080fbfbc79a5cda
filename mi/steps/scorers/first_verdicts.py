"""The first verdicts of a judge: if none of them can be read, no more are bought.

The probe before a run sees a judge only once, and a run may go on without it. What arrived until
the work stops is recorded like any other verdict, because it is paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from ...errors import JudgeUnreadable
from ...providers.types import Grade
from ...providers.watch import ForwardingMonitor
from ...spec import ModelJudge
from .reply import JudgeReply, Rating, grade_reply

FIRST_VERDICTS = 12
"""Verdicts of a judge of which at least one must be readable."""
_MAX_SHOWN = 60


@attrs.define(kw_only=True)
class FirstVerdicts:
    """Counts the verdicts of a judge until one of them can be read.

    Args:
        judge: The judge.
        read: Reads one of its replies.
    """

    judge: ModelJudge
    read: Callable[[JudgeReply], Rating]
    _count: int = 0
    _last_text: str = ""
    _has_readable: bool = False

    def read_all(self, replies: Iterator[Sequence[Grade]]) -> Iterator[Sequence[Grade]]:
        """The same replies, each counted as it passes.

        Raises:
            JudgeUnreadable: There were enough of them, and none could be read.
        """
        for batch in replies:
            for grade in batch if not self._has_readable else ():
                self._count, self._last_text = self._count + 1, grade.text
                self._has_readable = self.read(grade_reply(grade)).is_readable
            yield batch
        self.raise_if_unreadable()

    def raise_if_unreadable(self) -> None:
        """Raise `JudgeUnreadable` once enough verdicts came, and none could be read."""
        if self._count >= FIRST_VERDICTS and not self._has_readable:
            raise JudgeUnreadable(
                f"none of the first {self._count} verdicts of the judge {self.judge.model} can be "
                f"read (the last one: {self._last_text[:_MAX_SHOWN]!r})",
                hint="use another judge (--judge PROVIDER:NAME)"
                if self.judge.weights
                else "let it vote (--votes 5), or use another judge (--judge PROVIDER:NAME)",
            )


@attrs.frozen
class VerdictMonitor(ForwardingMonitor):
    """A monitor that also stops the work when no verdict can be read.

    Args:
        verdicts: Knows the verdicts that came.
    """

    verdicts: FirstVerdicts

    def raise_if_stopped(self) -> None:
        self.monitor.raise_if_stopped()
        self.verdicts.raise_if_unreadable()
