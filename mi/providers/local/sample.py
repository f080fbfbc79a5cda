"""Sample answers, many rows at a time.

The random numbers of an answer derive from (seed, question, sample index) and from nothing else.
Requests are sorted into one total order (shared prefix, length, question, sample) and cut into as
few batches as possible, as even as possible, the larger ones first. Dropping complete leading
batches leaves the others unchanged: a caller that keeps the batches yielded so far and asks for the
rest gets what an uninterrupted call would have given.

A batch is sampled in two parts, each on one core. Its division does not depend on the machine.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Any, TypeVar

import attrs
import torch
from torch import Tensor

from ...spec import Sampling
from ..chat_template import TokenIds
from ..types import Answer, SampleRequest
from .decoding import start_rows
from .network import Network

MAX_ROWS = 72  # rows of a part, which one core samples
PARTS = 2  # parts of a batch
KV_CACHE_BYTES = 1 << 30  # for the keys and values of a part with prompts of typical length
TYPICAL_PROMPT = 128  # tokens
NUCLEUS_CANDIDATES = 512  # likeliest tokens searched for a nucleus before the whole vocabulary

T = TypeVar("T")


@attrs.frozen
class _Prompt:
    """A request's prompt as token ids: a prefix shared with other requests, and the rest."""

    request: SampleRequest
    prefix_ids: TokenIds
    suffix_ids: TokenIds

    @property
    def sort_key(self) -> Any:
        return (self.prefix_ids, len(self.suffix_ids), self.request.question, self.request.sample)


def rows_per_part(network: Network, sampling: Sampling) -> int:
    """Maximum rows of a part: what fits in memory with the longest answers."""
    rows = KV_CACHE_BYTES // (network.kv_bytes_per_token * (TYPICAL_PROMPT + sampling.max_tokens))
    return max(8, min(MAX_ROWS, rows // 8 * 8))


def batch_prompts(
    network: Network, requests: Sequence[SampleRequest], sampling: Sampling
) -> list[list[_Prompt]]:
    """Group requests into batches of prompts that share their leading tokens.

    Args:
        network: The model, for its chat template and the size of its key/value cache.
        requests: The answers to sample.
        sampling: Limits the length of answers, and so the rows that fit in memory.
    """
    size = PARTS * rows_per_part(network, sampling)
    prompts = []
    for request in requests:
        ids = network.template.encode_prompt(request.chat)
        cut = network.shared_prefix_length(request.chat, ids)
        prompts.append(_Prompt(request, ids[:cut], ids[cut:]))
    prompts.sort(key=lambda prompt: prompt.sort_key)
    batches: list[list[_Prompt]] = []
    for _, group in groupby(prompts, key=lambda prompt: prompt.prefix_ids):
        members = list(group)
        batches.extend(split_evenly(members, -(-len(members) // size)))
    return batches


def split_evenly(items: list[T], count: int) -> list[list[T]]:
    """Cut `items` into `count` runs whose lengths differ by at most one, the longer ones first.

    No run is empty; with fewer than `count` items, each item is a run.
    """
    short, longer = divmod(len(items), count)
    lengths = [short + 1] * longer + ([short] * (count - longer) if short else [])
    ends = list(accumulate(lengths))
    return [items[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def draw_answers(network: Network, part: Sequence[_Prompt], sampling: Sampling) -> list[Answer]:
    """Sample the answers of one part of a batch.

    Args:
        network: The replica to compute on.
        part: The prompts, which share their prefix.
        sampling: Temperature, nucleus, maximum length and seed.
    """
    with torch.inference_mode(), network.autocast():
        generated = _generate(network, part, sampling)
    answers = []
    for prompt, tokens in zip(part, generated, strict=True):
        is_stopped = tokens[-1] in network.template.stop_tokens
        text = network.template.tokenizer.decode(tokens, skip_special_tokens=True)
        answers.append(
            Answer(
                question=prompt.request.question,
                sample=prompt.request.sample,
                text=text,
                finish="stop" if is_stopped else "length",
                prompt_tokens=len(prompt.prefix_ids) + len(prompt.suffix_ids),
                answer_tokens=len(tokens),
            )
        )
    return answers


def _generate(network: Network, batch: Sequence[_Prompt], sampling: Sampling) -> list[list[int]]:
    """Generated token ids of each prompt, the stop token included."""
    suffixes = [prompt.suffix_ids for prompt in batch]
    rows = start_rows(network, batch[0].prefix_ids, suffixes, sampling.max_tokens)
    active = list(range(len(batch)))  # the prompt of each row
    generators = [random_numbers(prompt.request, sampling) for prompt in batch]
    generated: list[list[int]] = [[] for _ in batch]
    for _ in range(sampling.max_tokens):
        tokens = choose_tokens(rows.logits(), sampling, [generators[index] for index in active])
        unfinished = []
        for row, (index, token) in enumerate(zip(active, tokens, strict=True)):
            ids = generated[index]
            ids.append(token)
            if token not in network.template.stop_tokens and len(ids) < sampling.max_tokens:
                unfinished.append(row)
        if not unfinished:
            break
        if len(unfinished) < len(tokens):
            active = [active[row] for row in rows.retain(unfinished)]
        rows.append([generated[index][-1] for index in active])
    return generated


def random_numbers(request: SampleRequest, sampling: Sampling) -> random.Random:
    """The source of an answer's random numbers: one for each of its tokens, in order."""
    content = f"{sampling.seed}\0{request.question}\0{request.sample}"
    return random.Random(int.from_bytes(hashlib.sha256(content.encode()).digest()))


def choose_tokens(
    logits: Tensor, sampling: Sampling, generators: Sequence[random.Random]
) -> list[int]:
    """Sample one token per row, by inverting its cumulative distribution at a random number.

    Args:
        logits: Shape (rows, vocabulary).
        sampling: Temperature and nucleus; temperature 0 takes the likeliest token.
        generators: The source of each row's random number.
    """
    if sampling.temperature == 0:
        greedy: list[int] = logits.argmax(-1).tolist()
        return greedy
    draws = [generator.random() for generator in generators]
    points = torch.tensor(draws, device=logits.device)[:, None]
    probabilities = torch.softmax(logits / sampling.temperature, -1)
    tokens = None
    if sampling.top_p < 1:
        probabilities, tokens = _nucleus(probabilities, sampling.top_p)
    cumulative = probabilities.cumsum(-1)
    indices = torch.searchsorted(cumulative, points * cumulative[:, -1:], right=True)[:, 0]
    overflow = indices == probabilities.shape[1]
    if bool(overflow.any()):  # rounding may put a point on the total itself
        indices = torch.where(overflow, probabilities.argmax(-1), indices)
    if tokens is not None:
        indices = tokens.gather(1, indices[:, None])[:, 0]
    chosen: list[int] = indices.tolist()
    return chosen


def _nucleus(probabilities: Tensor, top_p: float) -> tuple[Tensor, Tensor]:
    """Probabilities of the smallest set of likeliest tokens with mass `top_p`, and those tokens.

    Source: Holtzman et al., The Curious Case of Neural Text Degeneration, 2020.
    """
    for count in (min(NUCLEUS_CANDIDATES, probabilities.shape[1]), probabilities.shape[1]):
        top, tokens = probabilities.topk(count)
        preceding = top.cumsum(-1) - top  # mass of the likelier tokens
        if bool((preceding[:, -1] >= top_p).all()):
            break
    return top.masked_fill(preceding >= top_p, 0.0), tokens
