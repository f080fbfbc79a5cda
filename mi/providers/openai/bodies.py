"""The JSON bodies of chat completions: what the model under test and a judge model are asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ...spec import ModelJudge, Sampling
from ..grouping import request_seed
from ..types import GradeRequest, SampleRequest

Body = dict[str, Any]


def sample_body(
    model: str, sampling: Sampling, extra: Mapping[str, Any] | None = None
) -> Callable[[SampleRequest], Body]:
    """Builds the body of a request to the model under test.

    Args:
        model: The model's name at the server.
        sampling: Temperature and the like.
        extra: What every request to the server also says.
    """

    more = {**(extra or {}), **(json.loads(sampling.extra_body) if sampling.extra_body else {})}

    def build(request: SampleRequest) -> Body:
        return {
            "model": model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in request.chat],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_completion_tokens": sampling.max_tokens,
            "seed": request_seed(sampling.seed, request),
            **more,
        }

    return build


def grade_body(
    judge: ModelJudge, extra: Mapping[str, Any] | None = None
) -> Callable[[GradeRequest], Body]:
    """Builds the body of a request to a judge model.

    A judge that votes replies several times at temperature 1; any other one replies once, and the
    logprobs of its first tokens are the verdict.

    Args:
        judge: The judge.
        extra: What every request to the server also says.
    """
    model = judge.model.partition(":")[2]
    more = {**(extra or {}), **(json.loads(judge.extra_body) if judge.extra_body else {})}
    parameters: Body = {"temperature": 1.0}
    if judge.votes == 1:
        parameters = {
            "temperature": 0.0,
            "logprobs": True,
            "top_logprobs": judge.top_logprobs,
            "seed": 0,
        }

    def build(request: GradeRequest) -> Body:
        return {
            "model": model,
            "messages": [{"role": "user", "content": request.prompt}],
            "max_completion_tokens": judge.max_tokens,
            **parameters,
            **more,
        }

    return build
