"""Probing the judges of a run, once it is approved and before it buys anything else.

The replies are kept in a journal of their own, with what was paid for them, so that `spend` has
them, and a judge that is known (`mi.planning.judge_probes`) is not probed again. Replies that could
not be read are not remembered: what was wrong may have been mended.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..errors import (
    BudgetExceeded,
    CorruptError,
    Interrupted,
    JudgeUnreadable,
    MiError,
    StoreError,
)
from ..planning.judge_probes import JudgeProbe, find_probe, select_judges
from ..planning.resources import Resources
from ..providers import Providers
from ..providers.base import Provider
from ..providers.types import Grade
from ..spec import ModelJudge
from ..steps.recorder import AnswerRecorder
from ..steps.scorers import find_scorer
from ..steps.scorers.probe import (
    MAX_REQUESTS,
    JudgeProbeResult,
    ProbeRequest,
    has_text_verdict,
    probed_judge,
    read_probe,
)
from ..steps.scorers.reply import JudgeReply, grade_reply
from ..store.layout import JOURNALS
from .types import Observer, Run
from .watch import BudgetMonitor, ObserverMonitor

_LONG_REPLY = 64
"""Tokens that a judge is given when a shorter reply could not be read."""
_STOPS = (Interrupted, BudgetExceeded, StoreError)
_GO_ON = "--no-probe goes on regardless, and pays for answers that may stay without a score"


def probe_judges(run: Run, notify: Callable[[str], None]) -> dict[str, str]:
    """Probe the judges of the evals that a run attempts, those that are not known yet.

    Args:
        run: The run.
        notify: Receives sentences for the user.

    Returns:
        Judge model → what is known of it, as `probe_state`.

    Raises:
        JudgeUnreadable: The replies of a judge cannot be read.
        Interrupted: The user asked to stop.
        BudgetExceeded: The budget is spent.
        StoreError: The store cannot be written.
    """
    states: dict[str, str] = {}
    resources = run.resources
    providers = Providers(attrs.evolve(resources.client_options, batch=False))
    try:
        for judge in select_judges(run.plan):
            run.observer.raise_if_stopped()
            provider = resources.judges[judge.model]
            if resources.client_options.batch:  # a batch may take a day
                provider = providers.for_model(judge.model)
            probe = JudgeProbe(judge=judge, address=provider.address, store=run.store)
            result = _probe(probe, provider, run, notify)
            states[judge.model] = _worse(states.get(judge.model, ""), result.summary)
    finally:
        providers.close()
    return states


def _worse(first: str, second: str) -> str:
    return first if first.startswith("out of order") else second


def _probe(
    probe: JudgeProbe, provider: Provider, run: Run, notify: Callable[[str], None]
) -> JudgeProbeResult:
    """The result of a probe: a stored one that is new enough, or a new one."""
    if (known := find_probe(probe)) is not None:
        return known.result
    wait = run.observer.raise_if_stopped
    with probe.store.lock(probe.journal, on_wait=lambda name: wait()):
        try:
            probe.store.settle(probe.journal)
            known = probe.recall()  # another run may have been faster
        except CorruptError as error:
            notify(f"{error.message}; archived, and {probe.judge.model} is probed again")
            file = probe.store.journal(probe.journal).name
            probe.store.archive(f"{run.run_id}-damaged", JOURNALS, file)
        if known is not None:
            return known.result
        return _Session(probe, provider, run.resources, run.observer).run()


@attrs.define
class _Session:
    """One probe, whose journal is locked."""

    probe: JudgeProbe
    provider: Provider
    resources: Resources
    observer: Observer
    sent: int = 0

    def run(self) -> JudgeProbeResult:
        """Ask everything, and record the replies.

        Raises:
            JudgeUnreadable: They cannot be read.
        """
        judge = self.probe.judge
        try:
            grades = self._ask(probed_judge(judge), self.probe.requests)
        except _STOPS:
            raise
        except MiError as error:
            raise self._refused(error) from None
        missing = len(self.probe.requests) - len(grades)
        if missing:
            raise JudgeUnreadable(
                f"the judge {judge.model} gave no reply to {missing} of "
                f"{len(self.probe.requests)} known answers",
                hint="run the same command again, or use another judge (--judge)",
            )
        replies = {grade.question: grade_reply(grade) for grade in grades}
        result = read_probe(judge, replies)
        if not result.is_readable:
            raise self._unreadable(result, list(replies.values()))
        return result

    def _ask(self, judge: ModelJudge, requests: Sequence[ProbeRequest]) -> list[Grade]:
        """Ask a judge and record what it replies, as long as requests are left."""
        probe, resources = self.probe, self.resources
        self.sent += len(requests) * judge.votes
        unit = probe.unit
        recorder = AnswerRecorder(unit, resources.prices, resources.budget, self._appender(judge))
        silent = ObserverMonitor(self.observer)
        monitor = BudgetMonitor(silent, resources.budget, unit, resources.prices)
        path = probe.store.journal(probe.journal)
        grades: list[Grade] = []
        with tempfile.TemporaryDirectory(prefix="mi-probe-") as directory:
            now = time.time_ns() // 1_000_000  # tells probes apart, those of other stores too
            asked = [one.to_grade_request(now) for one in requests]
            try:
                for batch in self.provider.grade(judge, asked, Path(directory), monitor):
                    recorder(path, batch)
                    grades += batch
            finally:
                resources.budget.release(unit)
        return grades

    def _appender(self, judge: ModelJudge) -> Callable[[Path, Sequence[Any]], None]:
        """Adds to each line where the judge was, and whether it was asked as it was declared."""
        address = self.probe.address
        if judge != probed_judge(self.probe.judge):  # a diagnosis is no reply of the judge
            address = f"diagnosis at {address}"

        def append(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
            self.probe.store.append(path, [{**line, "address": address} for line in lines])

        return append

    def _refused(self, error: MiError) -> MiError:
        """The error of a judge that refuses the requests."""
        judge = self.probe.judge
        if judge.votes == 1 and self._is_read_with(votes=2):
            return JudgeUnreadable(
                f"the judge {judge.model} gives no log-probabilities ({error.message}); nothing "
                "was bought",
                hint="--votes 5 has it vote instead, which works; or use another judge (--judge)",
            )
        return error

    def _unreadable(
        self, result: JudgeProbeResult, replies: Sequence[JudgeReply]
    ) -> JudgeUnreadable:
        """The error of a judge whose replies cannot be read, with what would work."""
        judge = self.probe.judge
        count, total = len(result.unreadable), len(replies)
        return JudgeUnreadable(
            f"{count} of {total} replies of the judge {judge.model} to known answers cannot be "
            f"read ({result.unreadable[0]}); nothing was bought",
            hint=f"{self._remedy(replies)}; {_GO_ON}",
        )

    def _remedy(self, replies: Sequence[JudgeReply]) -> str:
        """What would work, as far as the replies and a few requests more show."""
        judge = self.probe.judge
        if judge.votes == 1 and has_text_verdict(judge, replies):
            missing = "come without" if not any(reply.top for reply in replies) else "do not fit"
            return (
                f"its texts can be read, but they {missing} the probabilities of their tokens: "
                "--votes 5 counts replies instead; or use another judge (--judge PROVIDER:NAME)"
            )
        if judge.max_tokens < _LONG_REPLY and self._is_read_with(max_tokens=_LONG_REPLY):
            return (
                f"longer replies can be read: declare the judge with max_tokens={_LONG_REPLY}; or "
                "use another judge (--judge PROVIDER:NAME)"
            )
        if judge.votes == 1 and self._is_read_with(votes=2):
            return "--votes 5 works; or use another judge (--judge PROVIDER:NAME)"
        return "use another judge (--judge PROVIDER:NAME)"

    def _is_read_with(self, **changes: Any) -> bool:
        """Whether the judge can be read if it is asked another way, about one known answer."""
        judge = attrs.evolve(probed_judge(self.probe.judge), **changes)
        if self.sent + judge.votes > MAX_REQUESTS:
            return False
        try:
            grades = self._ask(judge, self.probe.requests[:1])
        except _STOPS:
            raise
        except MiError:
            return False
        scorer: Any = find_scorer(judge)
        return bool(grades) and all(
            scorer.read(judge, grade_reply(grade)).is_readable for grade in grades
        )
