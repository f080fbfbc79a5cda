"""Rows that a model of the experiment generates: its answers to questions, as data for a part."""

from __future__ import annotations

import attrs

from . import fields
from .data import Arm, Resource
from .evals import Sampled, Sampling
from .judges import Judge, Unjudged

PREVIOUS, UNTRAINED = "previous", "baseline"
"""Who generates rows: the model of the stage before, or the untrained model."""


@attrs.frozen
class Generated:
    """Answers of a model to questions, which a part of a recipe trains on.

    The row of an answer is the question and the answer, without the system prompt that it was
    sampled under: a part's `system` says what it is trained under. Answers without text are left
    out.

    Args:
        questions: JSONL rows with `id` and `prompt`.
        model: `previous`, the model of the stage before; or `baseline`, the untrained model.
        samples: Answers per question.
        sampling: How they are sampled.
        judge: What looks at them, so that `keep` can select; nothing does by default.
        keep: The outcomes of the judge that are kept, such as `secure`; empty: all.
        arm: Which arm the rows count as.
    """

    questions: Resource = attrs.field(validator=fields.instance(Resource))
    model: str = attrs.field(
        default=PREVIOUS, kw_only=True, validator=fields.one_of(PREVIOUS, UNTRAINED)
    )
    samples: int = attrs.field(
        default=1, kw_only=True, validator=[fields.integer, fields.in_range(1)]
    )
    sampling: Sampling = attrs.field(
        factory=Sampling, kw_only=True, validator=fields.instance(Sampling)
    )
    judge: Judge = attrs.field(factory=Unjudged, kw_only=True, validator=fields.instance(Judge))
    keep: tuple[str, ...] = attrs.field(
        default=(),
        kw_only=True,
        converter=fields.one_or_many,
        validator=fields.unless_empty([fields.instance(str), fields.distinct]),
    )
    arm: Arm = attrs.field(default=Arm.ALIGNED, kw_only=True, validator=fields.instance(Arm))

    def __attrs_post_init__(self) -> None:
        if self.keep and isinstance(self.judge, Unjudged):
            raise fields.declaration_error(
                self,
                "keep",
                "selects by outcome, and no judge looks at the answers",
                "declare a judge=, or keep all answers",
            )

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"generated from {self.questions.file.removesuffix('.jsonl')}"

    @property
    def eval(self) -> Sampled:
        """The eval whose answers the rows are."""
        return Sampled(
            id="generated",
            title=self.name,
            questions=self.questions,
            samples=self.samples,
            sampling=self.sampling,
            judge=self.judge,
        )
