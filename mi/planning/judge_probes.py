"""What the store knows of judges that were probed, and which judges a run still has to probe.

A judge's replies to known answers are kept in a journal of their own, one for each way of asking,
and count for `MEMORY_DAYS` at the address that they came from. A journal that is damaged says
nothing: the judge is probed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..errors import CorruptError
from ..files.clock import utc_timestamp
from ..providers import Providers
from ..providers.base import Provider
from ..spec import ModelJudge, judge_model
from ..steps.context import journal_lines
from ..steps.scorers.probe import (
    PASSED,
    UNPROBED,
    JudgeProbeResult,
    ProbeRequest,
    probe_requests,
    read_probe,
)
from ..steps.scorers.reply import JudgeReply
from ..store.base import Store
from ..units.identity import key
from ..units.journals import JUDGE_PROBES
from ..units.unit import Evaluate
from .plan import Plan

MEMORY_DAYS = 30


@attrs.frozen
class StoredProbe:
    """What earlier replies of a judge say of it.

    Args:
        result: What they say.
        probed_at: When the last of them came, in ISO 8601.
    """

    result: JudgeProbeResult
    probed_at: str


@attrs.frozen(kw_only=True)
class JudgeProbe:
    """Reads what earlier probes of a judge found.

    Args:
        judge: The judge.
        address: The server's address; a probe at another one does not count.
        store: Holds the journal of probes.
    """

    judge: ModelJudge
    address: str
    store: Store

    @property
    def journal(self) -> str:
        """The name of the journal, which depends on how the judge is asked."""
        return key(JUDGE_PROBES, tuple(self.judge.methods.values()))

    @property
    def unit(self) -> str:
        """The name under which probes are booked."""
        return f"probe-{self.journal.rpartition('-')[2]}"

    @property
    def requests(self) -> list[ProbeRequest]:
        """What the judge is asked."""
        return probe_requests(self.judge)

    def recall(self) -> StoredProbe | None:
        """What a readable probe of the last `MEMORY_DAYS` found; None if the judge is to be probed.

        Raises:
            CorruptError: The journal is damaged.
        """
        stored = self.read(utc_timestamp(days_ago=MEMORY_DAYS))
        return stored if stored is not None and stored.result.is_readable else None

    def read(self, since: str = "") -> StoredProbe | None:
        """What the newest replies at the address say; None if one of them is missing.

        Args:
            since: Only replies that came at this time or later count, in ISO 8601.

        Raises:
            CorruptError: The journal is damaged.
        """
        newest: dict[str, dict[str, Any]] = {}
        for line in journal_lines(self.store.journal(self.journal)):
            is_new = line["sample"] >= newest.get(line["question"], line)["sample"]
            if is_new and line.get("address") == self.address and line.get("at", "") >= since:
                newest[line["question"]] = line
        asked = [request.id for request in self.requests]
        if any(name not in newest for name in asked):
            return None
        replies = {name: JudgeReply.from_json(newest[name]["verdict"]) for name in asked}
        at = max(newest[name].get("at", "") for name in asked)
        return StoredProbe(read_probe(self.judge, replies), at)


def find_probe(probe: JudgeProbe, *, is_recent: bool = True) -> StoredProbe | None:
    """What is known of a judge; None if that is nothing, or the journal is damaged.

    Args:
        probe: The judge, and where its probes are.
        is_recent: Whether only a readable probe of the last `MEMORY_DAYS` counts.
    """
    try:
        return probe.recall() if is_recent else probe.read()
    except CorruptError:
        return None


def describe_probe(stored: StoredProbe) -> str:
    """`probed 2026-11-30: readable, known answers in order`."""
    summary = stored.result.summary
    state = "readable, known answers in order" if summary == PASSED else summary
    return f"probed {stored.probed_at[:10]}: {state}"


def probe_state(judge: ModelJudge, provider: Provider, store: Store) -> str:
    """What is known of a judge, for the record of an eval: `passed`, `unprobed`, or a problem.

    Args:
        judge: The judge.
        provider: Serves it.
        store: Holds the journal of probes.
    """
    probe = JudgeProbe(judge=judge, address=provider.address, store=store)
    stored = find_probe(probe, is_recent=False)
    return UNPROBED if stored is None else stored.result.summary


def select_judges(plan: Plan) -> list[ModelJudge]:
    """The judges of the evals that a run attempts; those that are asked alike only once."""
    judges: dict[str, ModelJudge] = {}
    for planned in plan.attempts:
        payload = planned.unit.payload
        judge = judge_model(payload.eval) if isinstance(payload, Evaluate) else None
        if judge is not None:
            judges.setdefault(key(JUDGE_PROBES, tuple(judge.methods.values())), judge)
    return list(judges.values())


def plan_probes(
    plan: Plan, providers: Providers, store: Store
) -> Iterator[tuple[JudgeProbe, StoredProbe | None]]:
    """The probes of a plan's judges, each with what is known already.

    Args:
        plan: The units.
        providers: Serve the judges.
        store: Holds the journals of probes.
    """
    for judge in select_judges(plan):
        address = providers.for_model(judge.model).address
        probe = JudgeProbe(judge=judge, address=address, store=store)
        yield probe, find_probe(probe)
