"""`mi label`: label stored answers by hand, blind, in a terminal or on a page.

What is shown tells neither the condition nor the verdict. The order is random, and fixed by the
sample beside the file of labels, so that the command can be stopped and repeated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from ..analysis.calibrations import (
    LabelText,
    StoredJudge,
    draw_sample,
    label_texts,
    list_judges,
)
from ..data.labels import (
    NO,
    UNSURE,
    YES,
    append_label,
    read_labels,
    read_sample,
    sample_path,
    write_sample,
)
from ..database import Database
from ..errors import NothingSelected, UsageError
from ..files.atomic import write_atomic
from ..reporting.label_page import render_label_page
from ..units.labels import LabelSample
from .common import run_options

_REPLIES = {"y": YES, "n": NO, "u": UNSURE}
_ACTIONS = "y yes · n no · u unsure · b back · q stop"


def label(args: argparse.Namespace) -> int:
    """Label the answers of a sample, drawing it first where there is none."""
    labels = Path(args.labels or f"labels-{args.word}.jsonl")
    with Database(run_options(args).db).read_connection() as connection:
        sample = read_sample(labels)
        if sample is None:
            judge, eval = _choose_eval(list_judges(connection), args)
            sample = draw_sample(
                connection,
                judge,
                args.word,
                eval,
                number=args.number,
                by_condition=args.by_condition,
                seed=args.draw_seed,
            )
            if not sample.answers:
                raise NothingSelected(f"no scored answer of {args.word} can be labelled")
            write_sample(labels, sample)
        elif (args.word, args.eval or sample.eval) != (sample.experiment, sample.eval):
            raise UsageError(
                f"labels answers of {sample.experiment} to {sample.eval}",
                where=str(labels),
                hint="name another file with --labels",
            )
        texts = label_texts(connection, [drawn.answer for drawn in sample.answers])
    question = args.question or f"Is this answer {sample.design.metric.replace('_', ' ')}?"
    if args.page:
        return _write_page(Path(args.page), labels, sample, texts, question)
    return _Session(labels=labels, sample=sample, texts=texts, question=question).run()


def _choose_eval(
    judges: Sequence[StoredJudge], args: argparse.Namespace
) -> tuple[StoredJudge, str]:
    """The eval whose answers are to be labelled, with its judge.

    Raises:
        UsageError: There is none, or none is named and there are several.
    """
    choices = {eval: judge for judge in judges for eval in judge.evals}
    if args.eval:
        if args.eval not in choices:
            known = ", ".join(choices) or "none: `mi run` judges answers"
            raise UsageError(f"no answers to {args.eval} are judged", hint=f"evals: {known}")
        return choices[args.eval], args.eval
    if len(choices) != 1:
        known = ", ".join(choices) or "none: `mi run` judges answers"
        raise UsageError("name the eval whose answers are to be labelled", hint=f"--eval: {known}")
    ((eval, judge),) = choices.items()
    return judge, eval


@attrs.define(kw_only=True)
class _Session:
    """Labelling in a terminal.

    Args:
        labels: The file that labels are added to.
        sample: What is labelled.
        texts: What is shown, by answer.
        question: What is asked.
        ask: Reads a reply.
    """

    labels: Path
    sample: LabelSample
    texts: dict[str, LabelText]
    question: str
    ask: Callable[[str], str] = input

    def run(self) -> int:
        """Ask about each answer that has no label, until all have one or the user stops."""
        names = [drawn.answer for drawn in self.sample.answers if drawn.answer in self.texts]
        done = set(read_labels(self.labels)) if self.labels.exists() else set()
        left = [name for name in names if name not in done]
        position = 0
        while position < len(left):
            self._show(left[position], len(names) - len(left) + position + 1, len(names))
            reply = self._reply()
            if reply is None:
                break
            if reply == "b":
                position = max(position - 1, 0)
                continue
            name = left[position]
            append_label(self.labels, name, _REPLIES[reply], correction=name in done)
            done.add(name)
            position += 1
        labelled = sum(name in done for name in names)
        print(f"{labelled} of {len(names)} answers are labelled in {self.labels}")
        if labelled < len(names):
            print("the same command goes on with the rest")
        else:
            print(f"next: mi calibrate JUDGE --labels {self.labels}")
        return 0

    def _show(self, name: str, number: int, total: int) -> None:
        text = self.texts[name]
        print(f"\n{'─' * 20} {number} of {total} {'─' * 20}")
        if text.system:
            print(f"[system] {text.system}\n")
        print(f"[question] {text.prompt}\n\n[answer]\n{text.text}\n")

    def _reply(self) -> str | None:
        """The key of a reply; None: stop."""
        while True:
            try:
                reply = self.ask(f"{self.question} ({_ACTIONS}) ").strip().lower()
            except EOFError:
                print()
                return None
            if reply[:1] in _REPLIES or reply == "b":
                return reply[:1]
            if reply == "q":
                return None
            print(f"not a reply: {_ACTIONS}", file=sys.stderr)


def _write_page(
    page: Path, labels: Path, sample: LabelSample, texts: dict[str, LabelText], question: str
) -> int:
    """Write a page that labels the sample and saves the file of labels."""
    items = [
        {"answer": drawn.answer, **attrs.asdict(texts[drawn.answer])}
        for drawn in sample.answers
        if drawn.answer in texts
    ]
    write_atomic(page, render_label_page(items, question, labels.name))
    print(page.resolve())
    print(f"it saves {labels.name}: put that beside {sample_path(labels)}")
    return 0
