"""No judgment of answers, only whether there is one: for answers that are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs

from ...providers.types import Answer
from ...spec import Unjudged
from .base import Metrics, StaticScorer


@attrs.frozen(kw_only=True)
class Presence:
    """Whether an answer is `answered` or `empty`."""

    state: str

    def to_json(self) -> dict[str, Any]:
        return {"state": self.state}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Presence:
        return cls(state=record["state"])


class UnjudgedScorer(StaticScorer[Unjudged, Presence]):
    """Answered or empty."""

    verdict = Presence
    scoring: ClassVar[int] = 2

    def verdicts(self, answers: Sequence[Answer], prompts: Mapping[str, str]) -> list[Presence]:
        return [
            Presence(state="answered" if answer.text.strip() else "empty") for answer in answers
        ]

    def outcome(self, judge: Unjudged, verdicts: Mapping[str, Presence]) -> tuple[str, Metrics]:
        """The state, and `unanswered` (1 or 0)."""
        state = verdicts["presence"].state
        return state, {"unanswered": float(state == "empty")}
