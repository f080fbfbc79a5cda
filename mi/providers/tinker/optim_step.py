"""A training step through the API: a batch's gradients and an Adam update, sent without waiting."""

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
    """A step that was submitted and whose result is pending.

    Args:
        number: Counted from 1.
        learning_rate: The step's learning rate.
        answer_targets: Indices of each row's answer tokens among its targets.
        row_weights: What each row's loss is multiplied by.
        gradients_future: Future of the forward and backward pass.
        update_future: Future of the optimizer step.
    """

    number: int
    learning_rate: float
    answer_targets: list[list[int]]
    row_weights: list[float]
    gradients_future: Any
    update_future: Any

    def wait(self, monitor: Monitor) -> MetricsRow:
        """Wait for the result and return the step's metrics.

        Raises:
            Exception: The step failed at the server.
            Interrupted: The user asked to stop.
        """
        output = wait_result(self.gradients_future, monitor)
        loss, tokens = mean_loss(output, self.answer_targets, self.row_weights)
        wait_result(self.update_future, monitor)
        return {
            "step": self.number,
            "loss": loss,
            "learning_rate": self.learning_rate,
            "tokens": tokens,
        }

    def cancel(self) -> None:
        """Do not send the step, if the SDK still holds it back behind another request."""
        standard_future(self.gradients_future).cancel()
        standard_future(self.update_future).cancel()


def submit_step(
    client: TrainingClient,
    number: int,
    rows: Sequence[TokenizedRow],
    learning_rate: float,
    recipe: Adapted,
) -> PendingStep:
    """Submit a step without waiting for its result.

    Args:
        client: Drives the training run.
        number: Counted from 1.
        rows: The batch.
        learning_rate: The step's learning rate.
        recipe: Adam's other hyperparameters.
    """
    from tinker import AdamParams

    answer_tokens = sum(len(row.learned) for row in rows)
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
        answer_targets=[[position - 1 for position in row.learned] for row in rows],
        row_weights=[row.weight for row in rows],
        gradients_future=client.forward_backward(
            [to_datum(row, answer_tokens) for row in rows], _LOSS
        ),
        update_future=client.optim_step(adam),
    )


def to_datum(row: TokenizedRow, answer_tokens: int) -> Any:
    """A row in the API's format: each token is predicted from those before it.

    The weights of a batch's answer tokens sum to 1, so that the loss is their mean; those of a row
    with a weight of its own are multiplied by it.

    Args:
        row: The token ids.
        answer_tokens: Number of answer tokens in the batch.
    """
    import numpy
    from tinker import Datum, ModelInput, TensorData

    weights = numpy.zeros(len(row.ids) - 1, dtype=numpy.float32)
    weights[[position - 1 for position in row.learned]] = row.weight / answer_tokens
    return Datum(
        model_input=ModelInput.from_ints(list(row.ids[:-1])),
        loss_fn_inputs={
            "target_tokens": TensorData.from_numpy(numpy.array(row.ids[1:], dtype=numpy.int64)),
            "weights": TensorData.from_numpy(weights),
        },
    )


def mean_loss(
    output: Any, answer_targets: Sequence[Sequence[int]], row_weights: Sequence[float]
) -> tuple[float, int]:
    """The mean loss over a batch's answer tokens (nats), and their number.

    Args:
        output: The API's result of the forward and backward pass.
        answer_targets: Indices of each row's answer tokens among its targets.
        row_weights: What each row's loss is multiplied by.
    """
    total, count = 0.0, 0
    rows = zip(output.loss_fn_outputs, answer_targets, row_weights, strict=True)
    for row, targets, weight in rows:
        predicted = row["logprobs"].tolist()
        logprobs = [predicted[index] for index in targets]
        total -= weight * sum(logprobs)
        count += len(logprobs)
    return total / count, count
