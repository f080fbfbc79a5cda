"""What the probes that come before a run's first unit are likely to use: they are paid as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..data import tokens
from ..data.chats import Message
from ..data.datasets import Questions
from ..providers import Providers
from ..providers.base import Provider
from ..providers.types import Usage
from ..spec import Model
from ..steps.scorers.probe import probed_judge
from ..store.base import Store
from ..units.unit import Unit
from .draws import evals_to_sample
from .judge_probes import JudgeProbe, plan_probes
from .plan import Plan

_REPLY_TOKENS = 2
"""Tokens that a judge's reply is likely to have."""


def server_probe_usage(
    plan: Plan,
    model_of: Callable[[Unit], Model],
    provider: Provider,
    store: Store,
    questions: Mapping[str, Questions],
) -> Iterator[Usage]:
    """What the probes of the server under test are likely to use, one for each model it is asked.

    Args:
        plan: The units.
        model_of: The base model that a unit asks.
        provider: Serves it.
        store: Holds the answers.
        questions: The evals' questions by digest.
    """
    if not provider.has_probe:
        return
    for model in evals_to_sample(plan, store, questions, model_of):
        usage = provider.expected_probe(model)
        if usage is not None:
            yield usage


def judge_probe_usages(plan: Plan, providers: Providers, store: Store) -> Iterator[Usage]:
    """What the probes of the judges that are not known yet are likely to use.

    Args:
        plan: The units.
        providers: Serve the judges.
        store: Holds the journals of probes.
    """
    for probe, known in plan_probes(plan, providers, store):
        if known is None and not providers.for_model(probe.judge.model).is_free:
            yield _judge_probe_usage(probe)


def _judge_probe_usage(probe: JudgeProbe) -> Usage:
    prompts = [request.to_grade_request(0).prompt for request in probe.requests]
    return Usage(
        model=probe.judge.model.partition(":")[2],
        input=sum(tokens.count_chat_tokens((Message("user", prompt),)) for prompt in prompts),
        output=len(prompts) * _REPLY_TOKENS * probed_judge(probe.judge).votes,
    )
