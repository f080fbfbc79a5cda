"""A create that returned no job, whatever its status: no training twice, and the books equal.

Each case trains, or asks in a batch, at a server that answers a create with something else than
what it made. The same call is repeated, as a user would, until it ends well. Then the server's
books are looked into.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from openai.resources.batches import Batches

from mi.data.chats import Message
from mi.errors import ProviderError, RequestRejected
from mi.providers.budget import Budget
from mi.providers.launch import LAUNCH_LOG, LaunchLog
from mi.providers.openai import OpenAI, batch_log, batches, find, jobs, launch
from mi.providers.openai.accounts import Account
from mi.providers.openai.batch_lines import AnsweredLine, merge_twin
from mi.providers.openai.choices import filtered_choice
from mi.providers.openai.job_poller import JobPoller
from mi.providers.openai.recipe import Supervised
from mi.providers.openai.train import train
from mi.providers.pricing import Price, PriceTable
from mi.providers.types import (
    ClientOptions,
    ModelUnderTest,
    SampleRequest,
    TrainingResult,
    TrainJob,
    Usage,
)
from mi.runner.watch import BudgetMonitor
from mi.spec import Model, Sampling
from tests.support.crash import Crash, crash_after, crash_before
from tests.support.fake_openai import CreateFault, Faults, JobRecord, Loopback
from tests.support.fake_openai.faults import Answer
from tests.support.fake_provider import Silent
from tests.support.hosted import MODEL, declare_few, loopback, run
from tests.support.project import Project
from tests.support.slow import mostly_slow

POLL = 0.01
DEAR_TOKEN = 0.001
DEAR = PriceTable(checked="", source="", models={MODEL: Price(input=0.0, output=1e6 * DEAR_TOKEN)})
JOBS, BATCHES, FILES = "/v1/fine_tuning/jobs", "/v1/batches", "/v1/files"
ANSWERS: list[tuple[Answer, str | None]] = [
    (429, None),
    (429, "insufficient_quota"),
    (400, None),
    (500, None),
    (401, "invalid_api_key"),
    (403, None),
    (404, "model_not_found"),
    (409, None),
    (422, None),
    (501, None),
    (503, None),
    ("reset", None),
    ("truncated", None),
    ("null", None),
    ("empty", None),
    ("list", None),
    ("text", None),
    ("hang", None),
]


class Attentive(Silent):
    """A monitor that keeps the messages, and may act on one."""

    def __init__(self, act: Callable[[str], None] = lambda text: None) -> None:
        self.texts: list[str] = []
        self.act = act

    def message(self, text: str) -> None:
        self.texts.append(text)
        self.act(text)


@attrs.define
class Bench:
    """One unit that trains at a server."""

    server: Loopback
    account: Account
    root: Path
    monitor: Attentive = attrs.field(factory=Attentive)
    archived: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.directory.name

    @property
    def directory(self) -> Path:
        return self.root / f"train-{self.root.name}"

    @property
    def log(self) -> LaunchLog:
        return LaunchLog(self.directory / LAUNCH_LOG)

    @property
    def records(self) -> list[JobRecord]:
        """The server's jobs of this unit."""
        books = self.server.books.jobs
        return [one for one in books if (one.metadata or {}).get("mi_unit") == self.key]

    @property
    def live(self) -> list[JobRecord]:
        return [one for one in self.records if one.status not in ("failed", "cancelled")]

    @property
    def billed(self) -> int:
        return sum(one.trained_tokens or 0 for one in self.records)

    def job(self) -> TrainJob:
        self.directory.mkdir(exist_ok=True)
        file = self.root / "mix.jsonl"
        lines = [
            {"messages": [{"role": role, "content": f"{self.key} {at}"} for role in roles]}
            for at in range(10)
            for roles in [("user", "assistant")]
        ]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        rows = [[Message(**turn) for turn in line["messages"]] for line in lines]
        return TrainJob(
            key=self.key,
            model=Model(id=f"openai:{MODEL}", provider="openai", name=MODEL),
            rows=rows,
            file=file,
            title="n=10",
            hyperparameters=Supervised(),
            seed=0,
            archived_jobs=self.archived,
        )

    def train(self) -> TrainingResult:
        return train(self.job(), self.directory, [self.account], JobPoller(POLL), self.monitor)

    def complete(self, tries: int = 3) -> TrainingResult:
        """Train, and run again where a run ends with an error."""
        for left in reversed(range(tries)):
            try:
                return self.train()
            except ProviderError:
                if not left:
                    raise
        raise AssertionError

    def create(self, *, seconds: float | None = None, **more: Any) -> str:
        """A job of this unit, created behind the engine's back."""
        if seconds is not None:
            self.server.train_seconds, before = seconds, self.server.train_seconds
            try:
                return self.create(**more)
            finally:
                self.server.train_seconds = before
        file = self.account.client.files.create(
            file=("other.jsonl", self.job().file.read_bytes()), purpose="fine-tune"
        )
        metadata = {"mi_unit": self.key, "mi_attempt": "1", **more.pop("metadata", {})}
        created = self.account.client.fine_tuning.jobs.create(
            model=MODEL, training_file=file.id, metadata=metadata, seed=0, **more
        )
        return created.id

    def create_cancelled(self, **more: Any) -> str:
        job = self.create(seconds=30.0, **more)
        self.account.client.fine_tuning.jobs.cancel(job)
        return job


@pytest.fixture(scope="module")
def hosted() -> Iterator[tuple[Loopback, Account]]:
    with loopback(train_seconds=0.03, uploads_seconds=0.0, active_jobs=99) as server:
        account = Account(server.keys[0], server.url, 2.0)
        yield server, account
        account.close()
        server.violations.clear()  # it said what the API does not say


@pytest.fixture
def bench(hosted: tuple[Loopback, Account], tmp_path: Path) -> Bench:
    server, account = hosted
    server.faults = Faults()
    server.train_seconds = 0.03
    return Bench(server, account, tmp_path)


def balanced(bench: Bench, result: TrainingResult) -> None:
    assert len(bench.live) == 1, "trained twice"
    assert result.job == bench.live[0].id
    assert result.billed_tokens == bench.billed > 0


CASES = [
    CreateFault(answer, done=done, code=code, path=path)
    for path in (JOBS, FILES)
    for done in (True, False)
    for answer, code in ANSWERS
]


@pytest.mark.parametrize("fault", mostly_slow(CASES, every=8), ids=str)
def test_whatever_a_create_is_answered_its_job_is_looked_for_first(
    bench: Bench, fault: CreateFault
) -> None:
    bench.server.faults.creates = [fault]
    result = bench.complete()
    assert not bench.server.faults.creates
    assert len(bench.records) == 1
    balanced(bench, result)


def test_five_refusals_of_creates_that_were_done_make_one_training(bench: Bench) -> None:
    bench.server.faults.creates = [CreateFault(429, path=JOBS) for _ in range(5)]
    balanced(bench, bench.train())
    assert len(bench.records) == 1


@pytest.mark.parametrize("answer", mostly_slow([429, "reset", 500], every=3))
def test_a_list_that_lags_behind_is_waited_for(bench: Bench, answer: Answer) -> None:
    bench.server.faults = Faults(creates=[CreateFault(answer, path=JOBS)], lag=6 * POLL)
    balanced(bench, bench.train())
    assert len(bench.records) == 1


@pytest.mark.parametrize("only_at_end", [False, True])
@pytest.mark.parametrize("seconds", [1.0, 0.0])
def test_a_twin_that_appears_late_is_cancelled_or_booked(
    bench: Bench, seconds: float, only_at_end: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that takes no time has trained, and was billed, before it is listed."""
    bench.server.train_seconds = seconds
    bench.server.faults = Faults(creates=[CreateFault(429, path=JOBS)], late=1)
    if only_at_end:
        monkeypatch.setattr(launch, "settle_twins", lambda *args: args[3])
    result = bench.train()
    assert len(bench.records) == 2
    assert result.billed_tokens == bench.billed
    was_cancelled = bool(seconds) and not only_at_end
    assert len(bench.live) == (1 if was_cancelled else 2)
    assert any("the server made" in text for text in bench.monitor.texts)
    assert bench.train().billed_tokens == result.billed_tokens, "booked once"


@pytest.mark.parametrize(
    "stated", mostly_slow([None, -5, 10**30, "many", 0.5, float("nan")], every=3), ids=str
)
def test_a_twin_of_which_no_number_can_be_booked_is_booked_as_estimated(
    bench: Bench, stated: Any
) -> None:
    """As much as the training itself: none of both can be told from what the server says."""
    bench.server.train_seconds = 0.0
    bench.server.faults = Faults(
        creates=[CreateFault(429, path=JOBS)], late=1, trained_tokens=(stated,)
    )
    result = bench.train()
    assert len(bench.live) == 2
    assert result.estimate_reason.startswith("trained_tokens is")
    assert 0 < result.trained_tokens < 10_000
    assert result.billed_tokens == 2 * result.trained_tokens


def test_a_twin_alone_makes_what_is_booked_an_estimate(bench: Bench) -> None:
    log_launched(bench, bench.create(seconds=0.0))
    bench.log.append("twin", job="other", account="", tokens=7, estimate_reason="for a reason")
    result = bench.train()
    assert result.billed_tokens == bench.billed + 7
    assert result.estimate_reason == "for a reason"


STEPS = [
    (target, name, wrap, number)
    for target, name, numbers in (
        ("mi.providers.launch:LaunchLog", "append", (1, 2, 3)),
        ("openai.resources.fine_tuning.jobs.jobs:Jobs", "create", (1, 2)),
        ("mi.providers.openai.launch", "find_jobs", (1, 2)),
        ("mi.providers.openai.launch", "settle_twins", (1,)),
        ("mi.providers.openai.train", "settle_twins", (1,)),
        ("mi.providers.openai.twins", "find_jobs", (1,)),
    )
    for number in numbers
    for wrap in (crash_before, crash_after)
]
KILLS = [
    (fault, step)
    for fault in (None, CreateFault(429), CreateFault("reset"), CreateFault(500, done=False))
    for step in STEPS
]


@pytest.mark.parametrize(("fault", "step"), mostly_slow(KILLS, every=13))
def test_a_run_that_dies_at_any_line_of_a_launch_trains_once(
    bench: Bench, fault: CreateFault | None, step: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, name, wrap, number = step
    module, _, owner = target.partition(":")
    place = __import__(module, fromlist=["_"])
    place = getattr(place, owner) if owner else place
    bench.server.faults = Faults(
        creates=[attrs.evolve(fault, path=JOBS)] if fault else [], lag=3 * POLL
    )
    with monkeypatch.context() as patch:
        patch.setattr(place, name, wrap(number, getattr(place, name)))
        with suppress(Crash):
            bench.complete()
    balanced(bench, bench.complete())
    assert len(bench.records) == 1


@attrs.define
class Blinding(Faults):
    """Lists fail from the first create on."""

    status: int = 403

    def create(self, path: str) -> CreateFault | None:
        fault = super().create(path)
        self.no_lists = self.status if fault else self.no_lists
        return fault


@pytest.mark.parametrize("status", [403, 404])
def test_a_job_that_cannot_be_looked_for_is_not_created_again(bench: Bench, status: int) -> None:
    bench.server.faults = Blinding(creates=[CreateFault(429, path=JOBS)], status=status)
    for _ in range(2):
        with pytest.raises(ProviderError, match="is not known") as raised:
            bench.train()
        assert not isinstance(raised.value, RequestRejected), "the next run has to look again"
        assert "creates nothing before it could look" in str(raised.value)
        assert len(bench.records) == 1
    bench.server.faults = Faults()
    balanced(bench, bench.train())


@pytest.mark.parametrize("status", [404, 405, 501])
def test_at_a_server_without_the_list_nothing_is_created(bench: Bench, status: int) -> None:
    bench.server.faults = Faults(no_lists=status)
    with pytest.raises(RequestRejected, match="does not list its trainings"):
        bench.train()
    assert not bench.records


def test_a_list_that_keeps_pages_back_is_an_error(bench: Bench) -> None:
    for _ in range(2):
        bench.create_cancelled()
    bench.server.faults = Faults(repeats="says more", paging=1)
    with pytest.raises(ProviderError, match="more trainings than it lists"):
        bench.train()
    assert not bench.live
    bench.server.faults = Faults(repeats="says so", paging=2)
    balanced(bench, bench.train())


def test_a_list_is_read_to_its_last_page(bench: Bench) -> None:
    found = bench.create()
    for _ in range(3):
        bench.create_cancelled()
    bench.server.faults = Faults(paging=1)
    assert bench.train().job == found


def test_a_server_that_keeps_no_metadata_is_told_once_it_matters(bench: Bench) -> None:
    bench.server.faults = Faults(no_metadata=True)
    assert bench.train().job == bench.records[0].id
    other = Bench(bench.server, bench.account, bench.root / "other")
    other.root.mkdir()
    bench.server.faults = Faults(no_metadata=True, creates=[CreateFault(429, path=JOBS)])
    for _ in range(2):
        with pytest.raises(ProviderError, match="the server keeps no metadata"):
            other.train()
        assert len(other.records) == 1
    other.server.train_seconds = 0.03
    assert len(other.live) == 1


STATES: dict[str, tuple[list[str], bool]] = {
    "failed or cancelled": (["cancelled", "cancelled"], False),
    "live": (["live"], True),
    "live after cancelled": (["cancelled", "live"], True),
    "foreign": (["foreign"], False),
    "archived": (["archived"], False),
    "archived and live": (["archived", "live"], True),
}


@pytest.mark.parametrize("case", STATES)
def test_jobs_in_any_state_are_adopted_or_left(bench: Bench, case: str) -> None:
    states, is_adopted = STATES[case]
    made: dict[str, str] = {}
    for number, state in enumerate(states, 1):
        metadata = {"mi_attempt": str(number)}
        if state == "foreign":
            metadata["mi_unit"] = "train-another"
        create = bench.create_cancelled if state == "cancelled" else bench.create
        made[state] = create(metadata=metadata)
        if state == "archived":
            bench.archived = (made[state],)
    result = bench.train()
    assert (result.job in made.values()) is is_adopted
    assert result.job == made.get("live", result.job)
    assert result.job not in bench.archived


def test_of_two_jobs_of_one_launch_one_is_adopted_and_the_other_cancelled(bench: Bench) -> None:
    bench.server.train_seconds = 0.3
    ids = {bench.create(), bench.create()}
    result = bench.train()
    balanced(bench, result)
    assert result.job in ids


def test_a_job_that_another_run_cancelled_as_a_twin_is_replaced_by_the_kept_one(
    bench: Bench,
) -> None:
    bench.server.train_seconds = 0.3
    log_launched(bench, bench.create_cancelled())
    kept = bench.create()
    result = bench.train()
    assert result.job == kept
    balanced(bench, result)


def log_launched(bench: Bench, job: str) -> None:
    fingerprint = bench.account.fingerprint
    bench.log.append("intent", attempt=1, account=fingerprint)
    bench.log.append("created", job=job, account=fingerprint, attempt=1)


@pytest.mark.parametrize("state", ["paused", "resting"])
def test_a_state_that_is_no_end_is_told_and_waited_for(bench: Bench, state: str) -> None:
    def resume(text: str) -> None:
        bench.server.faults.states = {}

    hidden = ("validating_files", "queued", "running", "succeeded")
    bench.server.faults.states = dict.fromkeys(hidden, state)
    bench.monitor.act = resume
    balanced(bench, bench.train())
    [text] = bench.monitor.texts
    assert state in text
    assert "waiting" in text


def test_a_paused_job_is_adopted_shown_as_live_and_cancelled(bench: Bench) -> None:
    bench.server.train_seconds = 30
    bench.server.faults.states = dict.fromkeys(("validating_files", "queued", "running"), "paused")
    poller = JobPoller(POLL)
    first = bench.create()
    launched = launch.launch_job(bench.job(), bench.log, [bench.account], poller, bench.monitor)
    assert launched.job == first
    twin = bench.create()
    shown = jobs.remote_job(bench.directory, [bench.account], poller, bench.monitor)
    assert shown is not None
    assert (shown.status, shown.is_finished) == ("paused", False)
    cancelled = jobs.cancel_job(bench.directory, [bench.account], bench.monitor)
    assert cancelled is not None
    assert (cancelled.job, cancelled.status) == (first, "cancelled")
    states = {
        job.job: job.has_failed for job in find.find_jobs(bench.key, [bench.account], Silent())
    }
    assert states == {first: True, twin: True}


def test_a_refused_create_that_was_done_is_shown_and_can_be_cancelled(bench: Bench) -> None:
    bench.server.train_seconds = 30
    bench.log.append("intent", attempt=1, account=bench.account.fingerprint)
    bench.log.append("rejected", reason="refused")
    job = bench.create()
    cancelled = jobs.cancel_job(bench.directory, [bench.account], bench.monitor)
    assert cancelled is not None
    assert (cancelled.job, cancelled.status) == (job, "cancelled")


# Batches


@attrs.define
class Asker:
    """Three questions that are asked in a batch."""

    server: Loopback
    root: Path
    before: Any
    monitor: Any = attrs.field(factory=Attentive)

    def ask(self) -> int:
        """Ask until it ends well; the tokens that were booked."""
        requests = [
            SampleRequest(
                question=f"{at:016x}", sample=0, chat=(Message("user", f"{self.root} {at}"),)
            )
            for at in range(3)
        ]
        provider = OpenAI("openai", ClientOptions(batch=True, poll=POLL, timeout=2.0))
        subject = ModelUnderTest(model=provider.resolve_model(MODEL))
        place, answers = self.root / f"answers-{self.root.name}", []
        try:
            for left in reversed(range(3)):
                try:
                    for batch in provider.sample(
                        subject, requests, Sampling(), place, self.monitor
                    ):
                        answers += batch
                    break
                except ProviderError:
                    if not left:
                        raise
        finally:
            provider.close()
        assert sorted(answer.question for answer in answers) == [one.question for one in requests]
        usages = [answer.usage for answer in answers if answer.usage is not None]
        return sum(usage.input + usage.output for usage in usages)

    @property
    def billed(self) -> int:
        tokens = self.server.books.tokens - self.before
        return sum(count for (_, kind, _), count in tokens.items() if kind != "training")

    @property
    def batches(self) -> list[str]:
        """The states of the batches of the name that was used last."""
        batches = self.server.books.batches
        return [one.status for one in batches if one.metadata == batches[-1].metadata]


@pytest.fixture
def asker(
    hosted: tuple[Loopback, Account], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Asker:
    server, _ = hosted
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.faults = Faults()
    server.batch_seconds = 0.03
    return Asker(server, tmp_path, server.books.tokens)


BATCH_CASES = [
    CreateFault(answer, done=done, code=code, path=path)
    for path in (BATCHES, FILES)
    for done in (True, False)
    for answer, code in ANSWERS
]


@pytest.mark.parametrize("fault", mostly_slow(BATCH_CASES, every=10), ids=str)
def test_whatever_the_create_of_a_batch_is_answered_it_is_looked_for_first(
    asker: Asker, fault: CreateFault
) -> None:
    asker.server.faults.creates = [fault]
    assert asker.ask() == asker.billed > 0
    assert asker.batches == ["completed"]


@pytest.mark.parametrize(("seconds", "state"), [(1.0, "cancelled"), (0.0, "completed")])
def test_a_twin_of_a_batch_is_cancelled_or_booked(asker: Asker, seconds: float, state: str) -> None:
    asker.server.batch_seconds = seconds
    asker.server.faults = Faults(creates=[CreateFault(429, path=BATCHES)], late=1)
    assert asker.ask() == asker.billed > 0
    assert asker.batches == [state, "completed"]


def test_a_batch_whose_list_fails_is_not_created_again(asker: Asker) -> None:
    asker.server.faults = Blinding(creates=[CreateFault(429, path=BATCHES)])
    with pytest.raises(ProviderError):
        asker.ask()
    assert len(asker.batches) == 1
    asker.server.faults = Faults()
    assert asker.ask() == asker.billed
    assert asker.batches == ["completed"]


def test_a_state_of_a_batch_that_is_no_end_is_waited_for(asker: Asker) -> None:
    def go_on(text: str) -> None:
        asker.server.faults.states = {}

    asker.server.faults.states = dict.fromkeys(("validating", "in_progress", "completed"), "paused")
    asker.monitor.act = go_on
    assert asker.ask() == asker.billed
    assert "'paused'" in asker.monitor.texts[0]


@pytest.mark.parametrize(
    ("target", "name", "wrap"),
    mostly_slow(
        [
            (target, name, wrap)
            for target, name in (
                ("mi.files.journal", "append_records"),
                ("mi.providers.openai.batch_jobs", "_create_batch"),
                ("mi.providers.openai.batch_jobs", "_find_batch"),
                ("mi.providers.openai.batches", "submit_batch"),
                ("mi.providers.openai.batches", "twin_batches"),
            )
            for wrap in (crash_before, crash_after)
        ],
        every=4,
    ),
)
def test_a_run_that_dies_at_any_line_of_a_batch_asks_once(
    asker: Asker, target: str, name: str, wrap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = __import__(target, fromlist=["_"])
    asker.server.faults = Faults(creates=[CreateFault(429, path=BATCHES)], lag=3 * POLL)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, wrap(1, getattr(place, name)))
        with pytest.raises(Crash):
            asker.ask()
    assert asker.ask() == asker.billed
    assert asker.batches == ["completed"]


def test_a_batch_that_was_created_and_not_logged_is_shown_and_cancelled(
    asker: Asker, hosted: tuple[Loopback, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    asker.server.batch_seconds = 30
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "create", crash_after(1, Batches.create))
        with pytest.raises(Crash):
            asker.ask()
    [log] = asker.root.glob(f"*/{batch_log.BATCH_LOG}")
    [shown] = batches.pending_batches([hosted[1]], log, asker.monitor)
    assert not shown.is_finished
    [cancelled] = batches.cancel_batches([hosted[1]], log, asker.monitor)
    assert cancelled.status == "cancelling"


def limited(asker: Asker, limit: float) -> Budget:
    """Let the asker ask within a limit, at a dollar for a thousand tokens of an answer."""
    budget = Budget(limit=limit)
    asker.monitor = BudgetMonitor(Attentive(), budget, "eval-1", DEAR)
    return budget


def test_a_lost_batch_is_found_by_a_run_whose_budget_has_room_for_more(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a batch holds, and so its name, hangs on what there is room for."""
    limited(asker, 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "create", crash_after(1, Batches.create))
        with pytest.raises(Crash):
            asker.ask()
    limited(asker, 100.0)
    earlier = len(asker.server.books.batches)
    assert asker.ask() == asker.billed > 0
    assert [batch.requests for batch in asker.server.books.batches[earlier - 1 :]] == [1, 2]


def test_what_a_twin_of_a_batch_cost_counts_against_the_limit_before_it_is_booked(
    asker: Asker,
) -> None:
    budget = limited(asker, 100.0)
    asker.server.batch_seconds = 0.0
    asker.server.faults = Faults(creates=[CreateFault(429, path=BATCHES)], late=1)
    asker.ask()
    tokens = asker.server.books.tokens - asker.before
    output = sum(count for (_, kind, _), count in tokens.items() if "output" in kind)
    assert asker.batches == ["completed", "completed"]
    assert budget.room() == pytest.approx(100.0 - output * DEAR_TOKEN / 2)


def test_a_merged_usage_is_an_estimate_if_that_of_the_twin_is() -> None:
    usage = Usage(model=MODEL, input=1, output=2)
    choice = filtered_choice(MODEL)
    own = attrs.evolve(choice, usage=usage)
    twin = attrs.evolve(choice, usage=attrs.evolve(usage, estimate_reason="a reason"))
    lines = [AnsweredLine([("q", 0)], (twin,))]
    [(_, merged)] = merge_twin([(("q", 0), own)], lines, Counter())
    assert merged.usage == Usage(model=MODEL, input=2, output=4, estimate_reason="a reason")


@pytest.mark.slow
def test_an_experiment_whose_creates_are_refused_and_done_trains_each_unit_once(
    project: Project,
) -> None:
    declare_few(project)
    faults = Faults(creates=[CreateFault(429, path=JOBS) for _ in range(3)], lag=0.1)
    with loopback(faults=faults) as server:
        done = run(project, server, "--json", "--judge", "none")
        assert done.code == 0, done.out + done.err
        assert sorted(server.books.trainings.values()) == [1, 1]
        found = project.mi("sql", "SELECT sum(cost_usd) AS usd FROM spend", "--format", "json")
        assert found.json[0]["usd"] == pytest.approx(server.books.bill_usd)
