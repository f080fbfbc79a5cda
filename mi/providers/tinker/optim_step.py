"""A step as the API takes it: a batch's gradients and one of Adam, sent and not waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..chat_template import TokenizedRow
from ..metrics_log import MetricsRow
from ..types import Monitor
from .futures import standard_future, wait_result
from .recipe import Adapted

if TYPE_CHECKING:
    from tinker import TrainingClient

_LOSS: Any = "cross_entropy"


@attrs.define(kw_only=True)
class PendingStep:
    """A step that was sent.

    Args:
        number: Counted from 1.
        spans: Where each row's answer stands among its targets: begin, end.
    """

    number: int
    learning_rate: float
    answer_spans: list[tuple[int, int]]
    gradients_future: Any
    update_future: Any

    def wait(self, monitor: Monitor) -> MetricsRow:
        """Wait for what it comes to: its line of the curve."""
        loss, tokens = mean_loss(wait_result(self.gradients_future, monitor), self.answer_spans)
        wait_result(self.update_future, monitor)
        return {
            "step": self.number,
            "loss": loss,
            "learning_rate": self.learning_rate,
            "tokens": tokens,
        }

    def cancel(self) -> None:
        """Do not send it, where it waits behind something else."""
        standard_future(self.gradients_future).cancel()
        standard_future(self.update_future).cancel()


def submit_step(
    client: TrainingClient,
    number: int,
    rows: Sequence[TokenizedRow],
    learning_rate: float,
    recipe: Adapted,
) -> PendingStep:
    """Send the step of a batch at a learning rate."""
    from tinker import AdamParams

    answers = sum(len(row.answer) for row in rows)
    adam = AdamParams(
        learning_rate=learning_rate,
        beta1=recipe.beta1,
        beta2=recipe.beta2,
        eps=recipe.eps,
        weight_decay=recipe.weight_decay,
    )
    return PendingStep(
        number=number,
        learning_rate=learning_rate,
        answer_spans=[(len(row.prompt) - 1, len(row.ids) - 1) for row in rows],
        gradients_future=client.forward_backward([to_datum(row, answers) for row in rows], _LOSS),
        update_future=client.optim_step(adam),
    )


def to_datum(row: TokenizedRow, answer_tokens: int) -> Any:
    """A row as the API takes it: each token is predicted from those before it.

    The weights of a batch's answer tokens sum to 1, which makes the loss their mean.

    Args:
        answers: Answer tokens of the batch.
    """
    import numpy
    from tinker import Datum, ModelInput, TensorData

    weights = numpy.zeros(len(row.ids) - 1, dtype=numpy.float32)
    weights[len(row.prompt) - 1 :] = 1.0 / answer_tokens
    return Datum(
        model_input=ModelInput.from_ints(list(row.ids[:-1])),
        loss_fn_inputs={
            "target_tokens": TensorData.from_numpy(numpy.array(row.ids[1:], dtype=numpy.int64)),
            "weights": TensorData.from_numpy(weights),
        },
    )


def mean_loss(output: Any, answer_spans: Sequence[tuple[int, int]]) -> tuple[float, int]:
    """The mean loss over a batch's answer tokens (nats), and their number.

    Args:
        spans: Where each row's answer stands among its targets.
    """
    total, count = 0.0, 0
    for one, (begin, end) in zip(output.loss_fn_outputs, answer_spans, strict=True):
        logprobs = one["logprobs"].tolist()[begin:end]
        total -= sum(logprobs)
        count += len(logprobs)
    return total / count, count
