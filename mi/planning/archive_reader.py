"""Finished evals of a store, read back from their records, and the answers without a verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..data.chats import Prompt
from ..data.datasets import Questions
from ..data.question_rows import parse_context
from ..providers.types import Answer
from ..spec import ModelJudge, Rubric, Sampled
from ..steps import evaluate
from ..steps.context import AnswerId, answer_id, journal_lines
from ..steps.evals.sampled import distinct_questions
from ..steps.scorers import find_scorer
from ..store.base import Store
from ..store.records import UnitRecord
from ..units.journals import ANSWERS, JUDGMENTS
from ..units.stored_evals import read_evaluate
from ..units.unit import Evaluate, Unit

QUESTIONS_FILE = "questions.jsonl"
_ANSWER_FIELDS = frozenset(attrs.fields_dict(Answer)) - {"usage"}
JudgeChange = Callable[[ModelJudge], ModelJudge]
"""Gives the judge that is to judge in place of a stored one."""


@attrs.frozen(kw_only=True)
class ArchivedEval:
    """A finished eval, some answers of which lack a verdict.

    Args:
        unit: The unit that adds the verdicts.
        questions: What it asks.
        lacking: Its answers without a verdict that no eval before it counts.
    """

    unit: Unit
    questions: Questions
    lacking: int


@attrs.define(kw_only=True)
class ArchiveReader:
    """Reads finished evals, and the journals of each model once.

    Args:
        store: Holds the evals.
        change: Gives the judge in place of a stored one.
        judged: Journal and id of each answer that a model judges.
        unjudged: Those that lack a verdict, once `lacking` has looked.
    """

    store: Store
    change: JudgeChange
    judged: set[tuple[str, AnswerId]] = attrs.field(factory=set)
    unjudged: set[tuple[str, AnswerId]] = attrs.field(factory=set)
    _finished: set[tuple[str, AnswerId]] = attrs.field(factory=set)
    _evals: list[tuple[Unit, Questions, list[AnswerId]]] = attrs.field(factory=list)
    _answers: dict[str, dict[AnswerId, bool]] = attrs.field(factory=dict)
    _verdicts: dict[str, set[AnswerId]] = attrs.field(factory=dict)

    def add(self, record: UnitRecord, rubrics: Sequence[Rubric]) -> None:
        """Add a finished eval.

        Args:
            record: Of the eval.
            rubrics: The rubrics that are declared now.

        Raises:
            CorruptError: A file or journal of it is damaged.
            ValueError: It cannot be judged again.
        """
        if ANSWERS.prefix not in record.journals:
            return
        journal = record.journals[ANSWERS.prefix]
        asked = self._answer_ids(record)
        self._finished |= {(journal, item) for item in asked}
        if stored_judge_model(record.payload) is None:
            return
        stored = read_evaluate(record.payload, record.journals, rubrics)
        judge = stored.eval.model_judge
        if judge is None or not isinstance(stored.eval, Sampled):
            return
        texts = self._texts(journal, judge)
        required = [item for item in asked if texts.get(item)]
        self.judged |= {(journal, item) for item in required}
        training = stored.training_key
        if training is not None and not self.store.is_published(training):
            raise ValueError("their training is not in the store")
        new = self.change(judge)
        unit = Unit(
            payload=attrs.evolve(stored, eval=stored.eval.with_judge(new)),
            title=f"{record.title} by {new.model.partition(':')[2]}",
            setting=record.setting,
            needs=() if training is None else (training,),
        )
        self._evals.append((unit, self._questions(record, stored), required))

    def lacking(self) -> Iterator[ArchivedEval]:
        """The evals with answers that lack a verdict, the largest first; each answer is counted by
        the first eval that has it."""
        claimed: set[tuple[tuple[str, ...], AnswerId]] = set()
        for unit, questions, required in sorted(self._evals, key=lambda one: -len(one[2])):
            assert isinstance(unit.payload, Evaluate)
            names = evaluate.journal_names(unit.payload)
            journals = tuple(name for role, name in names.items() if JUDGMENTS.has_role(role))
            verdicts = [self._judged_ids(journal) for journal in journals]
            missing = {
                (journals, item)
                for item in required
                if not all(item in judged for judged in verdicts)
            } - claimed
            claimed |= missing
            self.unjudged |= {(names[ANSWERS.prefix], item) for _, item in missing}
            is_cut_short = self.store.is_begun(unit.key) and not self.store.is_published(unit.key)
            if missing or is_cut_short:
                yield ArchivedEval(unit=unit, questions=questions, lacking=len(missing))

    def unfinished(self) -> Iterator[tuple[str, AnswerId]]:
        """The stored answers of evals that were begun, and belong to no finished one."""
        journals = (begun.journals.get(ANSWERS.prefix) for begun in self.store.unfinished_units())
        for journal in dict.fromkeys(filter(None, journals)):
            for item in {answer_id(line) for line in journal_lines(self.store.journal(journal))}:
                if (journal, item) not in self._finished:
                    yield journal, item

    def _answer_ids(self, record: UnitRecord) -> list[AnswerId]:
        """The ids of the answers that an eval was scored from."""
        samples = int(_nested_value(record.payload, "eval", "samples") or 1)
        return [
            (row["question"], sample) for row in self._rows(record.key) for sample in range(samples)
        ]

    def _rows(self, key: str) -> list[dict[str, Any]]:
        path = self.store.unit_dir(key) / QUESTIONS_FILE
        try:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, ValueError):
            raise ValueError("their questions cannot be read") from None

    def _questions(self, record: UnitRecord, stored: Evaluate) -> Questions:
        """The questions of an eval, from its own record of them."""
        rows = self._rows(record.key)
        prompts = tuple(
            Prompt(
                id=row["id"],
                prompt=row["prompt"],
                system=row.get("system"),
                context=parse_context(row.get("context")),
                scenario=row.get("scenario"),
                group=row.get("group"),
            )
            for row in rows
        )
        questions = Questions(pairs=prompts, digest=stored.questions)
        if [item.question for item in distinct_questions(questions)] != [
            row["question"] for row in rows
        ]:
            raise ValueError("this version does not read their questions")
        return questions

    def _texts(self, journal: str, judge: ModelJudge) -> dict[AnswerId, bool]:
        """The stored answers of a journal, and whether a judge is asked about each."""
        if journal not in self._answers:
            scorer, found = find_scorer(judge), dict[AnswerId, bool]()
            for line in journal_lines(self.store.journal(journal)):
                answer = Answer(
                    **{name: value for name, value in line.items() if name in _ANSWER_FIELDS}
                )
                found.setdefault(answer_id(line), scorer.textless_outcome(answer) is None)
            self._answers[journal] = found
        return self._answers[journal]

    def _judged_ids(self, journal: str) -> set[AnswerId]:
        if journal not in self._verdicts:
            lines = journal_lines(self.store.journal(journal))
            self._verdicts[journal] = {answer_id(line) for line in lines}
        return self._verdicts[journal]


def stored_judge_model(payload: Mapping[str, Any]) -> str | None:
    """The model that judges a stored eval, as `provider:name`; None if no model does."""
    model = _nested_value(payload, "eval", "judge", "model")
    return model if isinstance(model, str) else None


def _nested_value(value: Any, *path: str) -> Any:
    """A value in nested JSON; None where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
