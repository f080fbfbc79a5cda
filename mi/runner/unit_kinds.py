"""The kinds of unit behind one table: what each locks, what it needs, and how it runs.

The scheduler and the worker ask `unit_kind(unit)` and test for no kind themselves. A new kind is a
class here and one entry in `UNIT_KINDS`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from ..data.datasets import Rows
from ..errors import ProviderError
from ..planning.cost import journal_cost
from ..planning.draws import is_probed
from ..planning.judge_probes import probe_state
from ..planning.resources import Resources
from ..providers.base import Provider
from ..providers.launch import sent_tokens
from ..providers.pricing import book_usage
from ..providers.types import ModelUnderTest, Monitor, TrainingResult, TrainJob, Usage
from ..providers.usage import estimate_training_tokens, is_count
from ..spec import judge_model
from ..steps import blend, evaluate, mix, train
from ..steps.context import EvalContext, journal_lines
from ..steps.evals import EvalResult, question_record
from ..steps.generated_rows import read_generated_rows
from ..steps.recorder import AnswerRecorder
from ..steps.scorers.score import Score
from ..store.base import Store
from ..units.journals import ANSWERS
from ..units.unit import Base, Blend, Evaluate, GeneratedRows, Mix, Replay, Train, Unit
from .replays import check_replay, evaluated_model_dir
from .superseded import digest_appender
from .watch import BudgetMonitor

P = TypeVar("P")
SCORES_FILE = "scores.jsonl"
JUDGE_PROBE = "judge_probe"
"""The field of an eval's record that says what its judge's probe found."""


@attrs.frozen(kw_only=True)
class UnitJob:
    """A unit about to run, and what it runs with.

    Args:
        unit: The unit.
        resources: Data, providers, prices and the budget.
        store: Where its inputs and journals are.
        directory: Its working directory, which is published when it succeeds.
        monitor: Receives progress; raises when the run must stop.
        model_digest: The digest of the trained model that it evaluates; None for none.
        model_steps: Of a training, the steps whose models it keeps.
        replayed: Of a replay, the training.
    """

    unit: Unit
    resources: Resources
    store: Store
    directory: Path
    monitor: Monitor
    model_digest: str | None
    model_steps: tuple[int, ...] = ()
    replayed: Train | None = None


class UnitKind(ABC, Generic[P]):
    """A kind of unit with payload `P`.

    Attributes:
        uses_model: Whether the provider must prepare the base model first.
        yields_model: Whether it produces a model, so that evals of an earlier one become stale.
        is_training: Whether it is paid for as a whole, so that its estimate stays reserved.
    """

    uses_model: ClassVar[bool] = True
    yields_model: ClassVar[bool] = False
    is_training: ClassVar[bool] = False

    def journal_names(self, payload: P) -> dict[str, str]:
        """Its journals, role → name. They are locked with the unit."""
        return {}

    def scoring(self, payload: P) -> int:
        """The version of the rules that its scores are made with; 1 where nothing is scored."""
        return 1

    def training_key(self, payload: P) -> str | None:
        """The key of the training whose model it reads; None for none."""
        return None

    def is_paid(self, provider: Provider) -> bool:
        """Whether doing it again would cost money."""
        return not provider.is_free

    def has_paid_judge(self, payload: P) -> bool:
        """Whether a model judges its answers, which costs money as far as is known."""
        return False

    @abstractmethod
    def capacity(self, provider: Provider) -> int:
        """How many units of this kind may run at the same time."""

    @abstractmethod
    def run(self, payload: P, job: UnitJob) -> dict[str, Any]:
        """Do the work in `job.directory`; return the outcome for the unit's record."""


class MixKind(UnitKind[Mix | Blend]):
    """Drawing training rows; needs no model and costs nothing."""

    uses_model = False

    def training_key(self, payload: Mix | Blend) -> str | None:
        generated = payload.generated if isinstance(payload, Blend) else ()
        return next((rows.training for rows in generated if rows.training is not None), None)

    def is_paid(self, provider: Provider) -> bool:
        return False

    def capacity(self, provider: Provider) -> int:
        return 1

    def run(self, payload: Mix | Blend, job: UnitJob) -> dict[str, Any]:
        if isinstance(payload, Blend):
            return self._draw_blend(payload, job)
        misaligned, control = job.resources.rows[job.unit.setting]
        chats = mix.draw_mix(misaligned, control, payload)
        name = mix.file_name(job.unit.setting, payload)
        mix.write_mix(chats, job.directory / name)
        return {"file": name, "rows": len(chats), "source": misaligned.source}

    def _draw_blend(self, payload: Blend, job: UnitJob) -> dict[str, Any]:
        datasets = dict(job.resources.datasets)
        datasets |= {name: _generated_rows(name, job) for name in payload.generated}
        rows = blend.draw_blend(payload, datasets)
        name = blend.blend_file_name(job.unit.setting, payload)
        blend.write_rows(rows, job.directory / name)
        sources = dict.fromkeys(datasets[part.dataset].source for part in payload.parts)
        return {"file": name, "rows": len(rows), "source": ", ".join(sources)}


def _generated_rows(dataset: GeneratedRows, job: UnitJob) -> Rows:
    """The rows that the model of the experiment has generated."""
    store, record = job.store, job.store.record(dataset.eval)
    scores = store.unit_dir(dataset.eval) / SCORES_FILE
    return read_generated_rows(
        dataset,
        job.resources.questions[record.payload["questions"]],
        journal_lines(store.journal(record.journals[ANSWERS.prefix])),
        map(json.loads, scores.read_text(encoding="utf-8").splitlines()),
    )


class TrainKind(UnitKind[Train]):
    """Fine-tuning a model on a mix."""

    yields_model = True
    is_training = True

    def training_key(self, payload: Train) -> str | None:
        return payload.continues

    def capacity(self, provider: Provider) -> int:
        return provider.max_concurrent_trainings

    def run(self, payload: Train, job: UnitJob) -> dict[str, Any]:
        key, store, resources = job.unit.key, job.store, job.resources
        archived = [] if resources.provider.is_free else store.archived_records(key)
        earlier_jobs = tuple(record.outcome.get("job") or "" for record in archived)
        training = _train_job(key, payload, job, earlier_jobs)
        sent_before = sent_tokens(job.directory)
        try:
            trained = _checked_result(
                resources.provider.train(training, job.directory, job.monitor), training
            )
        finally:  # batches that were sent are paid for, even if the training fails
            _book_training(key, sent_tokens(job.directory) - sent_before, resources)
        if not sent_tokens(job.directory):
            _book_training(key, trained.billed_tokens, resources, trained.estimate_reason)
        cost = resources.prices.training_cost(resources.model.name, trained.billed_tokens)
        outcome = attrs.asdict(trained)
        if not trained.estimate_reason:
            del outcome["estimate_reason"]
        return {**outcome, "cost_usd": cost if trained.billed_tokens else 0.0}


class ReplayKind(UnitKind[Replay]):
    """Models of earlier steps of a finished training; the same training must come out again."""

    is_training = True

    def training_key(self, payload: Replay) -> str | None:
        return payload.training

    def capacity(self, provider: Provider) -> int:
        return provider.max_concurrent_trainings

    def run(self, payload: Replay, job: UnitJob) -> dict[str, Any]:
        training, trained = job.replayed, job.store.unit_dir(payload.training)
        assert training is not None
        job = attrs.evolve(job, model_steps=payload.steps)
        replay = _train_job(payload.training, training, job)
        result = job.resources.provider.replay(replay, trained, job.directory, job.monitor)
        check_replay(payload, trained, job.directory)
        return {"steps": result.steps, "seconds": result.seconds, "cost_usd": 0.0}


class EvaluateKind(UnitKind[Evaluate]):
    """Running an eval on a model; `mi.steps.evals` knows the kinds of eval."""

    def journal_names(self, payload: Evaluate) -> dict[str, str]:
        return evaluate.journal_names(payload)

    def scoring(self, payload: Evaluate) -> int:
        return evaluate.scoring_version(payload)

    def training_key(self, payload: Evaluate) -> str | None:
        return payload.training_key

    def has_paid_judge(self, payload: Evaluate) -> bool:
        return judge_model(payload.eval) is not None

    def capacity(self, provider: Provider) -> int:
        return provider.max_concurrent_evals

    def run(self, payload: Evaluate, job: UnitJob) -> dict[str, Any]:
        context = self._context(payload, job)
        monitor = BudgetMonitor(
            job.monitor, job.resources.budget, job.unit.key, job.resources.prices
        )
        questions = job.resources.questions[payload.questions]
        result = evaluate.evaluate(payload, questions, context, monitor)
        for name, content in result_files(result).items():
            (job.directory / name).write_text(content, encoding="utf-8")
        cost = journal_cost(job.unit.key, context.paths.values())
        outcome = {
            **count_outcomes(result.scores),
            "cost_usd": cost,
            **_probe(payload, job, context),
        }
        if (judge := judge_model(payload.eval)) is None:
            return outcome
        assert context.judge is not None
        return {**outcome, JUDGE_PROBE: probe_state(judge, context.judge, job.store)}

    def _context(self, payload: Evaluate, job: UnitJob) -> EvalContext:
        store, resources = job.store, job.resources
        judge = _judge_provider(payload, resources)
        is_paid = not resources.provider.is_free or judge is not None
        append = digest_appender(job.model_digest, store)
        return EvalContext(
            subject=_model_under_test(payload, job),
            provider=resources.provider,
            judge=judge,
            paths={role: store.journal(name) for role, name in self.journal_names(payload).items()},
            directory=job.directory,
            record=AnswerRecorder(job.unit.key, resources.prices, resources.budget, append),
            append=append,
            archive_count=store.archive_count if is_paid else lambda name: 0,
        )


AnyUnitKind = UnitKind[Any]
UNIT_KINDS: dict[str, AnyUnitKind] = {
    "mix": MixKind(),
    "train": TrainKind(),
    "replay": ReplayKind(),
    "eval": EvaluateKind(),
}
"""Unit kind → what the engine does with it, in the order in which kinds depend on each other."""


def unit_kind(unit: Unit) -> AnyUnitKind:
    """The kind of a unit."""
    return UNIT_KINDS[unit.kind]


def lock_names(unit: Unit) -> list[str]:
    """The names that are locked while a unit runs: its key and its journals."""
    return [unit.key, *unit_kind(unit).journal_names(unit.payload).values()]


def _train_job(
    key: str, payload: Train, job: UnitJob, archived_jobs: tuple[str, ...] = ()
) -> TrainJob:
    store = job.store
    rows = store.unit_dir(payload.mix) / store.record(payload.mix).outcome["file"]
    return train.build_job(
        key,
        job.unit.title,
        payload,
        job.resources.model,
        rows,
        archived_jobs,
        None if payload.continues is None else store.unit_dir(payload.continues),
        partial(store.checkpoint, job.unit.key),
        job.model_steps,
    )


def _model_under_test(payload: Evaluate, job: UnitJob) -> ModelUnderTest:
    """The model that an eval asks.

    Raises:
        ProviderError: An adapter that was trained elsewhere is not the one that was planned with.
    """
    found, key = job.resources.model_under_test(job.unit), payload.training_key
    if key is not None:
        trained = evaluated_model_dir(job.unit, key, job.model_digest, job.store)
        return attrs.evolve(found, trained=trained)
    if found.adapter is None:
        return found
    digest = job.resources.provider.pin_adapter(found.model, found.adapter)
    if not isinstance(payload.subject, Base) or payload.subject.adapter != digest:
        raise ProviderError(
            f"the adapter in {str(found.adapter)!r} was changed since the run was planned",
            hint="run the same command again: another adapter has other keys",
        )
    return found


def _checked_result(trained: TrainingResult, training: TrainJob) -> TrainingResult:
    """The result of a training with a number of billed tokens that can be booked."""
    if is_count(trained.billed_tokens):
        return trained
    tokens = estimate_training_tokens(training, None)
    reason = f"billed_tokens is {trained.billed_tokens!r}"[:60]
    return attrs.evolve(trained, billed_tokens=tokens, estimate_reason=reason)


def _book_training(key: str, tokens: int, resources: Resources, reason: str = "") -> None:
    usage = Usage(model=resources.model.name, training=tokens, estimate_reason=reason)
    book_usage(key, [usage], resources.prices, resources.budget)


def _probe(payload: Evaluate, job: UnitJob, context: EvalContext) -> dict[str, Any]:
    """What a probe had found of the server that the answers came from; empty without one."""
    model = job.resources.model_under_test(job.unit).model
    result = job.resources.provider.recall_probe(model)
    if payload.eval.answer_sampling is None or result is None:
        return {}
    answers = context.paths[ANSWERS.prefix]
    return {"probe": result.to_json()} if is_probed(answers) else {}


def _judge_provider(payload: Evaluate, resources: Resources) -> Provider | None:
    judge = judge_model(payload.eval)
    return None if judge is None else resources.judges[judge.model]


def result_files(result: EvalResult) -> dict[str, str]:
    """The files of an eval: name → content."""
    return {
        "questions.jsonl": _to_lines(map(question_record, result.questions)),
        SCORES_FILE: score_lines(result.scores),
    }


def score_lines(scores: Iterable[Score]) -> str:
    """The content of `scores.jsonl`."""
    return _to_lines(map(attrs.asdict, scores))


def count_outcomes(scores: Sequence[Score]) -> dict[str, Any]:
    """What the record of an eval says of its scores: how many there are, and of what outcome."""
    outcomes = dict(sorted(Counter(score.outcome for score in scores).items()))
    return {"scores": len(scores), "outcomes": outcomes}


def _to_lines(records: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
