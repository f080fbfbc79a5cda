"""Drawing answers, many rows at a time.

The random numbers of an answer are derived from (seed, question, sample index) and from nothing
else. Batches are cut from the requests in one total order (what they share, then length, question,
sample) into as few as may be, as even as may be, the larger ones first. Leaving out whole leading
batches leaves the others as they were: a caller who keeps what was yielded and asks for the rest
gets what an uninterrupted call would have given.

A batch is drawn in two parts, each on one core. How a batch is cut does not depend on the machine.
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
from .kv_cache import preallocate, retain_rows
from .network import Network, empty_cache

MAX_ROWS = 72  # most rows of a part, which one core draws
PARTS = 2  # parts of a batch
KV_CACHE_BYTES = (
    1 << 30
)  # bytes a part may take for keys and values, prompts of usual length assumed
TYPICAL_PROMPT = 128
NUCLEUS_CANDIDATES = 512  # most likely tokens looked at first for a nucleus; all of them if too few

T = TypeVar("T")


@attrs.frozen
class _Prompt:
    request: SampleRequest
    prefix_ids: TokenIds
    suffix_ids: TokenIds

    @property
    def sort_key(self) -> Any:
        return (self.prefix_ids, len(self.suffix_ids), self.request.question, self.request.sample)


def rows_per_part(network: Network, sampling: Sampling) -> int:
    """Most rows of a part: what memory allows for the longest answers, whatever the requests."""
    fit = KV_CACHE_BYTES // (network.kv_bytes_per_token * (TYPICAL_PROMPT + sampling.max_tokens))
    return max(8, min(MAX_ROWS, fit // 8 * 8))


def batch_prompts(
    network: Network, requests: Sequence[SampleRequest], sampling: Sampling
) -> list[list[_Prompt]]:
    """The batches, each of prompts that continue the same leading tokens."""
    size = PARTS * rows_per_part(network, sampling)
    prompts = []
    for request in requests:
        ids = network.template.encode_prompt(request.chat)
        cut = network.template.shared_prefix_length(request.chat, ids)
        prompts.append(_Prompt(request, ids[:cut], ids[cut:]))
    prompts.sort(key=lambda prompt: prompt.sort_key)
    batches: list[list[_Prompt]] = []
    for _, group in groupby(prompts, key=lambda prompt: prompt.prefix_ids):
        same = list(group)
        batches.extend(split_evenly(same, -(-len(same) // size)))
    return batches


def split_evenly(items: list[T], count: int) -> list[list[T]]:
    """Cut `items` into `count` runs whose lengths differ by one at most, the longer ones first.

    None is empty: there are fewer of them where there are fewer items.
    """
    short, longer = divmod(len(items), count)
    lengths = [short + 1] * longer + ([short] * (count - longer) if short else [])
    ends = list(accumulate(lengths))
    return [items[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def draw_answers(network: Network, part: Sequence[_Prompt], sampling: Sampling) -> list[Answer]:
    """The answers of one part of a batch."""
    with torch.inference_mode(), network.autocast():
        drawn = _generate(network, part, sampling)
    answers = []
    for prompt, tokens in zip(part, drawn, strict=True):
        stopped = tokens[-1] in network.template.stop_tokens
        text = network.template.tokenizer.decode(tokens, skip_special_tokens=True)
        answers.append(
            Answer(
                question=prompt.request.question,
                sample=prompt.request.sample,
                text=text,
                finish="stop" if stopped else "length",
                prompt_tokens=len(prompt.prefix_ids) + len(prompt.suffix_ids),
                answer_tokens=len(tokens),
            )
        )
    return answers


def _generate(network: Network, batch: Sequence[_Prompt], sampling: Sampling) -> list[list[int]]:
    """Token ids per prompt, the ending token included."""
    hidden, cache, seen, pads = _prefill(network, batch, sampling.max_tokens)
    live = list(range(len(batch)))
    dice = [_generator(prompt.request, sampling) for prompt in batch]
    drawn: list[list[int]] = [[] for _ in batch]
    for _ in range(sampling.max_tokens):
        tokens = _choose_tokens(network.logits(hidden), sampling, [dice[row] for row in live])
        going = []
        for place, (row, token) in enumerate(zip(live, tokens, strict=True)):
            drawn[row].append(token)
            if token not in network.template.stop_tokens and len(drawn[row]) < sampling.max_tokens:
                going.append(place)
        if not going:
            break
        if len(going) < len(tokens):
            order = retain_rows(cache, going)
            live = [live[place] for place in order]
            kept = torch.tensor(order, device=network.device)
            seen, pads = seen[kept], pads[kept]
        ids = torch.tensor([[drawn[row][-1]] for row in live], device=network.device)
        upto = cache.get_seq_length()
        hidden = network.forward(
            ids, cache=cache, positions=(upto - pads)[:, None], mask=seen[:, : upto + 1]
        )[:, -1]
    return drawn


def _prefill(
    network: Network, batch: Sequence[_Prompt], capacity: int
) -> tuple[Tensor, Any, Tensor, Tensor]:
    """Read the prompts, each once however many rows continue it.

    Returns:
        Per row: the hidden state that predicts its first token, its cache with `room` positions to
        come, which columns of that cache it may see, and how many columns its padding takes.
    """
    bodies = list(dict.fromkeys(prompt.suffix_ids for prompt in batch))
    rows = torch.tensor(
        [bodies.index(prompt.suffix_ids) for prompt in batch], device=network.device
    )
    prefix = network.prefix(batch[0].prefix_ids)
    cache = prefix.cache(len(bodies)) or empty_cache()
    cut, longest = len(prefix.ids), max(map(len, bodies))
    pads = torch.tensor([longest - len(body) for body in bodies], device=network.device)
    ids = network.padded_tensor([(*[0] * (longest - len(body)), *body) for body in bodies])
    columns = torch.arange(cut + longest + capacity, device=network.device)
    # Padding stands between the shared tokens and the prompt and is never attended to.
    seen = (columns < cut) | (columns >= cut + pads[:, None])
    positions = (columns[cut : cut + longest] - pads[:, None]).clamp(min=cut)
    hidden = network.forward(ids, cache=cache, positions=positions, mask=seen[:, : cut + longest])
    return hidden[rows, -1], preallocate(cache, rows, capacity), seen[rows], pads[rows]


def _generator(request: SampleRequest, sampling: Sampling) -> random.Random:
    content = f"{sampling.seed}\0{request.question}\0{request.sample}"
    return random.Random(int.from_bytes(hashlib.sha256(content.encode()).digest()))


def _choose_tokens(
    logits: Tensor, sampling: Sampling, generators: Sequence[random.Random]
) -> list[int]:
    """One token per row, by inverting the cumulative distribution at the row's own number."""
    if sampling.temperature == 0:
        greedy: list[int] = logits.argmax(-1).tolist()
        return greedy
    points = torch.tensor([one.random() for one in generators], device=logits.device)[:, None]
    chances = torch.softmax(logits / sampling.temperature, -1)
    tokens = None
    if sampling.top_p < 1:
        chances, tokens = _nucleus(chances, sampling.top_p)
    mass = chances.cumsum(-1)
    places = torch.searchsorted(mass, points * mass[:, -1:], right=True)[:, 0]
    beyond = places == chances.shape[1]
    if bool(beyond.any()):  # rounding may put a point on the total itself
        places = torch.where(beyond, chances.argmax(-1), places)
    if tokens is not None:
        places = tokens.gather(1, places[:, None])[:, 0]
    chosen: list[int] = places.tolist()
    return chosen


def _nucleus(probabilities: Tensor, top_p: float) -> tuple[Tensor, Tensor]:
    """Chances of the smallest set of likeliest tokens with mass `top_p`, and those tokens."""
    for count in (min(NUCLEUS_CANDIDATES, probabilities.shape[1]), probabilities.shape[1]):
        top, tokens = probabilities.topk(count)
        before = top.cumsum(-1) - top
        if bool((before[:, -1] >= top_p).all()):
            break
    return top.masked_fill(before >= top_p, 0.0), tokens
