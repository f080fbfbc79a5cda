"""Judging on this machine: the distribution of a judge's reply, from the model itself.

The whole vocabulary is known, so no limit of a service cuts the distribution. A rating whose
numeral is split over several tokens is multiplied out exactly: one row holds the prompt once and
behind it, as branches of a tree, every beginning that a numeral up to 100 can go on from. What the
prompts of a rubric have in common is computed once. Requests are never computed together, so a
grade depends on its request alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import attrs
import torch
from torch import Tensor

from ..chat_template import TokenIds, common_prefix_length
from ..types import Grade, GradeRequest, Message, Monitor
from .decoding import start_rows
from .network import Network
from .packing import tree_attention
from .prefix import Prefix

BATCH_SIZE = 16
"""Requests whose grades are yielded together."""
_MAX_RATING = 100
_LEAST = 1e-7
"""Probability from which on a numeral is kept."""
_LEAST_WORD = 1e-4
"""Probability from which on another first token is kept."""
_MOST_WORDS = 100
_LATER_WORDS = 20
"""Tokens that are kept of positions after the first."""
_TIE = 0.5
"""Nats by which a kept token may exceed the numeral that stands for the reply: the reader of
replies takes one that is further below the likeliest token for a reply that was not written."""


@attrs.frozen
class NumeralTokens:
    """The tokens of a vocabulary that numerals from 0 to 100 are made of.

    Args:
        starts: Digits that a token begins a reply with, by id; white space may come before them.
        continuations: Digits of a token that has nothing else, by id.
        branches: The beginnings that can go on, as token ids.
    """

    starts: dict[int, str]
    continuations: dict[int, str]
    branches: tuple[TokenIds, ...]


def numeral_tokens(network: Network) -> NumeralTokens:
    """The numeral tokens of a network's tokenizer."""
    tokenizer = network.template.tokenizer
    starts, continuations = {}, {}
    for token, index in tokenizer.get_vocab().items():
        if any(character.isdigit() for character in token):
            text = tokenizer.decode([index])
            digits = text.strip()
            if digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MAX_RATING)):
                starts[index] = digits
                if text == digits:
                    continuations[index] = digits
    open_starts = [index for index, digits in starts.items() if _is_open(digits)]
    tens = [
        (first, second)
        for first, second in product(open_starts, continuations)
        if starts[first] + continuations[second] == "10" and starts[first] != "10"
    ]
    branches: tuple[TokenIds, ...] = (*((index,) for index in open_starts), *tens)
    return NumeralTokens(starts, continuations, branches)


def _is_open(digits: str) -> bool:
    """Whether a numeral on the scale may begin with these digits and go on."""
    return len(digits) < 2 or digits == "10"


def grade_requests(
    network: Network, requests: Sequence[GradeRequest], max_tokens: int, monitor: Monitor
) -> Iterator[list[Grade]]:
    """The grades of answers, in their order, a batch at a time.

    Args:
        network: The judge.
        requests: The answers and their prompts.
        max_tokens: Maximum length of a reply that is no numeral.
        monitor: May stop the work between batches.
    """
    numerals = numeral_tokens(network)
    encode = network.template.encode_prompt
    prompts = [encode((Message("user", request.prompt),)) for request in requests]
    shared = common_prefix_length([ids[:-1] for ids in prompts]) if network.paths.prefix else 0
    with network.lock, torch.inference_mode(), network.autocast():
        prefix = network.prefix(prompts[0][:shared] if prompts else ())

    def grade(replica: Network, item: tuple[GradeRequest, TokenIds]) -> Grade:
        return grade_request(replica, *item, prefix, numerals, max_tokens)

    items = list(zip(requests, prompts, strict=True))
    for start in range(0, len(items), BATCH_SIZE):
        monitor.raise_if_stopped()
        with network.lock:
            grades = list(network.pool.map(grade, items[start : start + BATCH_SIZE]))
        yield grades


def grade_request(
    network: Network,
    request: GradeRequest,
    ids: TokenIds,
    prefix: Prefix,
    numerals: NumeralTokens,
    max_tokens: int,
) -> Grade:
    """The grade of one answer.

    Args:
        network: The replica to compute on.
        request: The answer and the prompt.
        ids: The prompt as tokens.
        prefix: Of the first of them.
        numerals: The numeral tokens of the vocabulary.
        max_tokens: Maximum length of a reply that is no numeral.
    """
    with torch.inference_mode(), network.autocast():
        prompt = ids[len(prefix.ids) :]
        first, later = _distributions(network, prompt, prefix, numerals.branches)
        values = _multiply_out(first, later, numerals)
        if int(first.argmax()) in numerals.starts and values:
            text, top = _numeral_reply(network, first, values, numerals)
            tops: tuple[tuple[tuple[str, float], ...], ...] = ()
            finish = "stop"
        else:
            text, tops, finish = _written_reply(network, prompt, prefix, max_tokens)
            top = _likely_words(network, first, _LEAST_WORD, _MOST_WORDS)
    return Grade(
        question=request.question,
        sample=request.sample,
        text=text,
        top=top,
        tops=tops,
        finish=finish,
    )


def _distributions(
    network: Network, prompt: TokenIds, prefix: Prefix, branches: Sequence[TokenIds]
) -> tuple[Tensor, dict[TokenIds, Tensor]]:
    """The probabilities of the first token, and of the token after each branch."""
    length = len(prefix.ids) + len(prompt) + max(map(len, branches), default=0)
    if not branches or length >= network.packing_window:
        rows = [prompt, *(prompt + branch for branch in branches)]
        found = [_next_token(network, row, prefix) for row in rows]
        return found[0], dict(zip(branches, found[1:], strict=True))
    lengths = [len(branch) for branch in branches]
    positions, mask = tree_attention(len(prefix.ids), len(prompt), lengths, network.device)
    row = prompt + tuple(token for branch in branches for token in branch)
    hidden = network.forward(
        network.padded_tensor([row]), cache=prefix.kv_cache(1), positions=positions, mask=mask
    )[0]
    ends, end = [len(prompt) - 1], len(prompt) - 1
    for count in lengths:
        end += count
        ends.append(end)
    indices = torch.tensor(ends, device=network.device)
    probabilities = torch.softmax(network.logits(hidden.index_select(0, indices)).double(), -1)
    return probabilities[0], dict(zip(branches, probabilities[1:], strict=True))


def _next_token(network: Network, row: TokenIds, prefix: Prefix) -> Tensor:
    """The probabilities of the token after a row."""
    logits = start_rows(network, prefix.ids, [row], 1).logits()
    return torch.softmax(logits[0].double(), -1)


def _multiply_out(
    first: Tensor, later: dict[TokenIds, Tensor], numerals: NumeralTokens
) -> dict[int, float]:
    """The probability of each numeral from 0 to 100, whatever tokens it is written in.

    Args:
        first: Probabilities of the first token.
        later: Probabilities of the token after each branch.
        numerals: The numeral tokens.
    """
    values: dict[int, float] = {}
    ids = list(numerals.continuations)
    followed = {
        branch: dict(zip(ids, shares[ids].tolist(), strict=True))
        for branch, shares in later.items()
    }

    def add(digits: str, probability: float) -> None:
        if int(digits) <= _MAX_RATING:
            values[int(digits)] = values.get(int(digits), 0.0) + probability

    def go_on(branch: TokenIds, digits: str, probability: float) -> None:
        if not _is_open(digits) or branch not in followed:
            add(digits, probability)
            return
        rest = 1.0
        for token, more in numerals.continuations.items():
            likelihood = followed[branch][token]
            rest -= likelihood
            if len(digits + more) <= len(str(_MAX_RATING)) and int(digits + more) <= _MAX_RATING:
                go_on((*branch, token), digits + more, probability * likelihood)
        add(digits, probability * max(rest, 0.0))

    begun = first[list(numerals.starts)].tolist()
    for (token, digits), probability in zip(numerals.starts.items(), begun, strict=True):
        go_on((token,), digits, probability)
    return values


def _numeral_reply(
    network: Network, first: Tensor, values: dict[int, float], numerals: NumeralTokens
) -> tuple[str, tuple[tuple[str, float], ...]]:
    """The likeliest numeral, and all numerals with the other tokens that a reply may begin with."""
    ranked = sorted(values.items(), key=lambda item: -item[1])
    best, probability = ranked[0]
    kept = [(str(value), math.log(share)) for value, share in ranked if share >= _LEAST]
    most = math.log(probability) + _TIE
    words = _likely_words(network, first, _LEAST_WORD, _MOST_WORDS, leave_out=numerals.starts)
    kept += [(text, logprob) for text, logprob in words if logprob < most]
    return str(best), tuple(sorted(kept, key=lambda item: -item[1]))


def _likely_words(
    network: Network, probabilities: Tensor, least: float, most: int, leave_out: object = ()
) -> tuple[tuple[str, float], ...]:
    """The likeliest tokens as texts with their log-probabilities, likeliest first.

    Args:
        network: Decodes tokens.
        probabilities: Of the whole vocabulary.
        least: Probability of a token that is kept.
        most: Number of tokens that are kept.
        leave_out: Ids of tokens that are not.
    """
    assert isinstance(leave_out, (dict, tuple))
    top = probabilities.topk(min(most, len(probabilities)))
    return tuple(
        (network.template.tokenizer.decode([index]), math.log(share))
        for share, index in zip(top.values.tolist(), top.indices.tolist(), strict=True)
        if share >= least and index not in leave_out
    )


def _written_reply(
    network: Network, prompt: TokenIds, prefix: Prefix, max_tokens: int
) -> tuple[str, tuple[tuple[tuple[str, float], ...], ...], str]:
    """The likeliest reply token by token, the tokens of its later positions, and why it ended."""
    rows = start_rows(network, prefix.ids, [prompt], max_tokens)
    written: list[int] = []
    tops: list[tuple[tuple[str, float], ...]] = []
    while len(written) < max_tokens:
        probabilities = torch.softmax(rows.logits()[0].double(), -1)
        if written:
            tops.append(_likely_words(network, probabilities, _LEAST_WORD, _LATER_WORDS))
        token = int(probabilities.argmax())
        written.append(token)
        if token in network.template.stop_tokens:
            break
        if len(written) < max_tokens:
            rows.append([token])
    text = network.template.tokenizer.decode(written, skip_special_tokens=True)
    return text, tuple(tops), "stop" if written[-1] in network.template.stop_tokens else "length"
