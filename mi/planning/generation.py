"""Rows that a model will generate: what a plan can know of them, and who may generate them."""

from __future__ import annotations

import attrs

from ..data.chats import Message
from ..data.datasets import Questions, Rows
from ..spec import Eval, Generated, Sampled
from ..spec.generated import PREVIOUS
from ..steps.evals.sampled import distinct_questions
from ..units.identity import digest
from ..units.unit import Base, Evaluate, GeneratedRows


@attrs.frozen(kw_only=True)
class PlannedGeneration:
    """How the rows of a part come to be.

    Args:
        source: As declared.
        eval: The eval whose answers they are, as the provider has it asked.
        questions: Digest of its questions.
        base: The untrained model, as that eval names it.
        rows: Rows as many and about as long as there will be; see `expected_rows`.
    """

    source: Generated
    eval: Eval
    questions: str
    base: Base
    rows: Rows

    def payload(self, training: str | None) -> Evaluate:
        """The eval.

        Args:
            training: Key of the training of the stage before; None for the first stage.
        """
        subject = training if self.source.model == PREVIOUS and training else self.base
        return Evaluate(subject=subject, eval=self.eval, questions=self.questions)

    def dataset(self, eval_key: str, training: str | None) -> GeneratedRows:
        """What a mix calls the rows.

        Args:
            eval_key: The key of the eval.
            training: The key of the training whose model it asks; None: the untrained model.
        """
        return GeneratedRows(eval=eval_key, training=training, outcomes=self.source.keep)


def expected_rows(
    eval: Sampled, questions: Questions, name: str, outcomes: tuple[str, ...] = ()
) -> Rows:
    """Rows that stand for those to come: every answer is kept, and as long as is expected.

    Args:
        eval: Asks for the answers.
        questions: What it asks.
        name: What messages call the rows.
        outcomes: The outcomes that are kept.
    """
    words = eval.expected_tokens or eval.sampling.max_tokens // 3
    answer = Message("assistant", "word " * max(words, 1))
    chats = {
        digest(f"{question.question}:{sample}:{outcomes}"): (
            *question.context,
            Message("user", question.prompt),
            answer,
        )
        for question in distinct_questions(questions)
        for sample in range(eval.samples)
    }
    source = f"{len(chats)} answers to be generated"
    return Rows(name=name, source=source, chats=chats, row_count=len(chats), sha256="")
