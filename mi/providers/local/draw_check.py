"""Whether sampling draws the tokens that a model's own forward and the same random numbers give.

Every token of some answers is drawn again from the logits of the model, called on the answer's row
up to there, alone and without a cache. The two may differ where a random number falls on the border
of two tokens, within the rounding of the logits, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ...spec import Sampling
from ..types import Answer, Message, SampleRequest
from .network import Network
from .sample import batch_prompts, draw_answers, random_numbers

QUESTIONS = ("Why?", "And what would you do about the river?", "Name one")
SAMPLES = 3
TOKENS = 10
MARGIN = 1e-3
"""The largest distance, in probability or in logits, at which another token is rounding."""


def wrong_tokens(network: Network, temperature: float) -> tuple[int, int]:
    """How many drawn tokens the model's own forward would not give, and how many were drawn.

    Args:
        network: The network, with the paths that it samples with.
        temperature: 0 for the likeliest tokens, 1 for drawn ones.
    """
    sampling = Sampling(temperature=temperature, max_tokens=TOKENS)
    requests = [
        SampleRequest(question=text, sample=sample, chat=(Message("user", text),))
        for text in QUESTIONS
        for sample in range(SAMPLES)
    ]
    verdicts: list[bool] = []
    by_id = {(request.question, request.sample): request for request in requests}
    for batch in batch_prompts(network, requests, sampling):
        for answer in draw_answers(network, batch, sampling):
            request = by_id[answer.question, answer.sample]
            verdicts += _check_answer(network, request, answer, sampling)
    return verdicts.count(False), len(verdicts)


def _check_answer(
    network: Network, request: SampleRequest, answer: Answer, sampling: Sampling
) -> Iterator[bool]:
    """For each token of an answer, whether the model gives it."""
    tokens: list[int] = network.template.tokenizer(answer.text)["input_ids"]
    prompt = network.template.encode_prompt(request.chat)
    numbers = random_numbers(request, sampling)
    with torch.no_grad():
        row = network.padded_tensor([[*prompt, *tokens]])
        logits = network.model(input_ids=row).logits[0, len(prompt) - 1 :].double()
    for place, token in enumerate(tokens):
        if sampling.temperature == 0:
            yield bool(logits[place].max() - logits[place, token] <= MARGIN)
            continue
        cumulative = logits[place].softmax(-1).cumsum(-1)
        low = cumulative[token - 1].item() if token else 0.0
        yield low - MARGIN <= numbers.random() <= cumulative[token].item() + MARGIN
