"""The plain values that the engine and a provider exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from ..data.chats import Chat, Message
from ..errors import DeclarationError, UsageError
from ..files.secrets import take_credentials
from ..spec import Model, Training
from ..units.unit import Base
from .probe import ProbeResult
from .watch import Monitor

T = TypeVar("T")

LAST_TURN, ALL_TURNS = "last", "all"
"""Values of a recipe's `learned_turns`. A plan sets the second where rows have several answers."""

SHUFFLED, GIVEN = "shuffled", "given"
"""Values of a recipe's `row_order`. A plan sets the second where a stage declares its order."""

SAMPLES_PER_REQUEST = 25
"""Samples of a question per request to a hosted provider. A request sends, and bills, its prompt
once; the number is low enough that a lost answer costs little."""

__all__ = [
    "Answer",
    "Base",
    "Chat",
    "Check",
    "CheckpointOffer",
    "ClientOptions",
    "Grade",
    "GradeRequest",
    "Likelihood",
    "Message",
    "ModelReport",
    "ModelUnderTest",
    "Monitor",
    "Refusal",
    "RemoteJob",
    "SampleRequest",
    "ScoreRequest",
    "Terms",
    "TrainJob",
    "TrainingResult",
    "Usage",
    "resolve_hyperparameters",
]


def _take_credentials(
    endpoints: Mapping[str, Mapping[str, Any]],
) -> Mapping[str, Mapping[str, Any]]:
    """Endpoints whose addresses hold no credentials: those are beside them."""
    return {name: _separate_credentials(name, table) for name, table in endpoints.items()}


def _separate_credentials(name: str, endpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    address = endpoint.get("base_url")
    if not isinstance(address, str):
        return endpoint
    try:
        if "://" not in address:
            raise ValueError("the address has no scheme")
        place, credentials = take_credentials(address)
    except ValueError as error:
        raise UsageError(
            str(error), where=f"base_url of {name}", hint="write it as https://HOST/v1"
        ) from None
    return {**endpoint, "base_url": place, "credentials": credentials} if credentials else endpoint


@attrs.frozen(kw_only=True)
class ClientOptions:
    """How a hosted provider's API is used; never part of a key.

    Args:
        in_flight: The most concurrent requests of one account.
        batch: Send sampling and judging through the provider's batch service: cheaper, slower.
        poll: Seconds between two polls of a job, at first; longer while nothing changes.
        timeout: Seconds to wait for an answer before it is requested again.
        probes: What is known of servers from probes, by the base model's `provider:name`.
        endpoints: Servers by name, from the project's configuration: `base_url`, `key_env`, the
            `provider` whose API they speak, and that provider's own settings. Credentials in a
            `base_url` become the item `credentials`.
        models: Declared models by id, for judges that are named by it.
    """

    in_flight: int = 32
    batch: bool = False
    poll: float = 5.0
    timeout: float = 180.0
    probes: Mapping[str, ProbeResult] = attrs.field(factory=dict)
    endpoints: Mapping[str, Mapping[str, Any]] = attrs.field(
        factory=dict, converter=_take_credentials
    )
    models: Mapping[str, Model] = attrs.field(factory=dict)


Terms = ClientOptions
"""The old name, for providers of other packages; the next release drops it."""


@attrs.frozen(kw_only=True)
class ModelUnderTest:
    """A base model, with the result of a training if there is one.

    Args:
        model: The base model.
        trained: Directory of the training unit; None for the untrained baseline.
        adapter: Folder of an adapter that was trained elsewhere, as `Provider.pin_adapter` took it;
            None for none.
    """

    model: Model
    trained: Path | None = None
    adapter: Path | None = None


@attrs.frozen(kw_only=True)
class TrainJob:
    """One training.

    Args:
        key: Key of the training unit.
        model: The base model.
        rows: Chats in training order; the last turn of each is the assistant's.
        file: The same rows as OpenAI chat JSONL.
        title: For people: `n=100,r=0.50,seed=0`.
        hyperparameters: From `Provider.hyperparameters`: everything that steers the result.
        seed: Seeds initialisation and shuffling.
        archived_jobs: Jobs of this unit whose models were archived; none of them is adopted.
        row_weights: What the loss of each row is multiplied by; empty: 1 for all.
        previous: Directory of the training whose model it trains on, with a fresh optimiser; None:
            the base model.
        checkpoint: Saves the working directory where it survives this machine. Call it once the
            intent is logged, before anything that must not happen twice.
        model_steps: Steps after which the model is kept, beside those that the provider keeps
            anyway; see `mi.providers.checkpoint_models`.
    """

    key: str
    model: Model
    rows: Sequence[Chat]
    file: Path
    title: str
    hyperparameters: Any
    seed: int
    archived_jobs: tuple[str, ...] = ()
    row_weights: Sequence[float] = ()
    previous: Path | None = None
    checkpoint: Callable[[], None] = lambda: None
    model_steps: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class CheckpointOffer:
    """The steps of a training at which a provider can give its model.

    Args:
        total: Steps of the training.
        steps: The steps that have a model, the last one included; None: every step.
        reason: Why only these, as the end of a sentence.
    """

    total: int
    steps: tuple[int, ...] | None = None
    reason: str = ""


@attrs.frozen(kw_only=True)
class TrainingResult:
    """The outcome of a training.

    Args:
        steps: Optimizer steps.
        tokens: Tokens read.
        trained_tokens: Answer tokens under the loss, or what the provider calls trained tokens.
        seconds: Training time.
        loss: Final loss in nats per token; None where the provider does not report it.
        model: The provider's name of the trained model.
        job: The provider's id of the training job.
        billed_tokens: Tokens that are paid for.
        estimate_reason: Why they are an estimate; empty: they are as the provider states.
    """

    steps: int
    tokens: int
    trained_tokens: int
    seconds: float
    loss: float | None
    model: str | None = None
    job: str | None = None
    billed_tokens: int = 0
    estimate_reason: str = ""


@attrs.frozen(kw_only=True)
class SampleRequest:
    """One answer to draw: a chat that ends with the user's turn, and the sample's index."""

    question: str
    sample: int
    chat: Chat


@attrs.frozen(kw_only=True)
class Usage:
    """Tokens that are paid for.

    Args:
        model: Whose price applies: the model as the provider names it.
        input: Tokens sent. Of several answers to one request, only the first counts them.
        output: Tokens received for this answer.
        batch: Whether the batch price applies.
        training: Tokens trained on, each counted once an epoch.
        estimate_reason: Why the counts are an estimate; empty: they are as the provider states.
    """

    model: str
    input: int = 0
    output: int = 0
    batch: bool = False
    training: int = 0
    estimate_reason: str = ""


@attrs.frozen(kw_only=True)
class Answer:
    """One answer.

    Args:
        question: Digest of the question.
        sample: Index of the sample, from 0.
        text: The answer; may be empty.
        finish: Why it ended: `stop`, `length` or `content_filter`.
        prompt_tokens: Tokens of the chat.
        answer_tokens: Tokens of the answer.
        refusal: The text the provider marked as a refusal.
        model: The model's name as the provider returned it.
        usage: What is paid for it; None if nothing is.
        thought: What the model thought before it answered; no judge sees it.
        probe: Name of the probe that the server had passed; None where it was not probed.
    """

    question: str
    sample: int
    text: str
    finish: str
    prompt_tokens: int
    answer_tokens: int
    refusal: str | None = None
    model: str | None = None
    usage: Usage | None = None
    thought: str | None = None
    probe: str | None = None


@attrs.frozen(kw_only=True)
class GradeRequest:
    """One answer to judge: the prompt that one rubric makes of it."""

    question: str
    sample: int
    prompt: str


@attrs.frozen(kw_only=True)
class Grade:
    """A judge model's reply about one answer. Fields not listed are as in `Answer`.

    Args:
        text: The reply.
        top: The likeliest first tokens with their log-probabilities (nats), likeliest first.
        tops: The same for the positions after the first, as far as a rating needs them.
    """

    question: str
    sample: int
    text: str
    top: tuple[tuple[str, float], ...]
    finish: str
    refusal: str | None = None
    model: str | None = None
    usage: Usage | None = None
    tops: tuple[tuple[tuple[str, float], ...], ...] = ()


@attrs.frozen(kw_only=True)
class ScoreRequest:
    """Candidate answers to score after a chat."""

    question: str
    chat: Chat
    answers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Likelihood:
    """The scores of one `ScoreRequest`, in the order of its answers.

    Args:
        question: Digest of the question.
        logprobs: Total log-probability of each answer, in nats.
        tokens: Number of tokens each total sums.
        usage: What is paid for it; None if nothing is.
    """

    question: str
    logprobs: tuple[float, ...]
    tokens: tuple[int, ...]
    usage: Usage | None = None


@attrs.frozen(kw_only=True)
class RemoteJob:
    """A job at a provider.

    Args:
        job: The provider's id.
        status: In the provider's words.
        is_finished: Whether it has ended, successfully or not.
        created_at: Unix time.
        estimated_finish: When the provider expects it to end, as a Unix time.
    """

    job: str
    status: str
    is_finished: bool
    created_at: float | None = None
    estimated_finish: float | None = None


@attrs.frozen(kw_only=True)
class Check:
    """A finding of `mi doctor`. `ok` is None where it is information rather than a verdict."""

    subject: str
    ok: bool | None
    detail: str = ""
    hint: str = ""


@attrs.frozen(kw_only=True)
class Refusal:
    """Work with a model that a provider would get wrong, so that it does not begin it.

    Args:
        capability: What it cannot do with the model: `train`, `sample` or `logprob`.
        reason: What is wrong.
        hint: What to do.
    """

    capability: str
    reason: str
    hint: str = ""


@attrs.frozen(kw_only=True)
class ModelReport:
    """What a provider knows of a model before any work with it begins.

    Args:
        notes: Sentences for the header of a plan.
        refusals: The work that it refuses.
        details: Further findings, for `mi doctor`.
    """

    notes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    details: tuple[str, ...] = ()


def resolve_hyperparameters(recipe: Callable[..., T], training: Training, provider: str) -> T:
    """A provider's hyperparameters: its defaults, overridden by what `training` sets.

    Args:
        recipe: The provider's attrs class of hyperparameters.
        training: The declared values.
        provider: The provider's name, for the message.

    Raises:
        DeclarationError: `training` sets values that `recipe` has no field for.
    """
    cls: Any = recipe
    fields, stated = attrs.fields_dict(cls).keys(), training.explicit_values()
    unknown = sorted(stated.keys() - fields)
    if unknown:
        raise DeclarationError(
            f"{provider} has no hyperparameter {', '.join(unknown)}",
            hint=f"it has {', '.join(sorted(fields & attrs.fields_dict(Training).keys()))}",
        )
    return recipe(**stated)
