"""How likely a model finds given answers.

The log-probability of an answer sums over its content tokens and the token that ends its turn, for
every answer alike: a model that would have gone on talking finds the shorter answer less likely.

A request is one row: its prompt once, then each answer, seeing the prompt and itself and placed as
if it alone followed. Requests are never batched together, so a result depends on its request alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from ..chat_template import Ids, Row
from ..types import Likelihood, Message, ScoreRequest
from .adapted import Worn
from .network import Network, Prefix
from .packing import placed

BATCH = 16  # requests yielded at a time


@attrs.frozen
class Packed:
    """A request's tokens: a prompt and the answers that each continue it."""

    shared: Ids
    prompt: Ids
    answers: tuple[Ids, ...]

    @property
    def ids(self) -> Ids:
        # An answer's last token predicts nothing that is asked for.
        return self.prompt + tuple(token for answer in self.answers for token in answer[:-1])

    @property
    def layout(self) -> tuple[int, ...]:
        return (len(self.prompt), *(len(answer) for answer in self.answers))


def pack(network: Network, request: ScoreRequest) -> list[Packed]:
    """The rows of a request, in the order of its answers: one row wherever that is exact."""
    chats = [(*request.chat, Message("assistant", answer)) for answer in request.answers]
    rows = [network.template.row(chat) for chat in chats]
    longest = len(rows[0].prompt) + sum(len(row.answer) for row in rows)
    together = longest < network.window and len({row.prompt for row in rows}) == 1
    groups = [rows] if together else [[row] for row in rows]
    return [_packed(network, request, group) for group in groups]


def _packed(network: Network, request: ScoreRequest, rows: Sequence[Row]) -> Packed:
    prompt = rows[0].prompt
    cut = network.template.prefix(request.chat, prompt)
    return Packed(prompt[:cut], prompt[cut:], tuple(row.answer for row in rows))


def score(network: Network, packed: Packed, prefix: Prefix, split: int) -> list[float]:
    """Total log-probability (nats) of each answer.

    Args:
        prefix: The prefix of `packed.shared`.
        split: How many of the lowest layers are the base model's.
    """
    positions, mask = None, None
    if len(packed.answers) > 1:
        branches = [len(answer) - 1 for answer in packed.answers]
        positions, mask = placed(len(packed.shared), len(packed.prompt), branches, network.device)
    ids = network.tensor([packed.ids])
    lower = None
    if split:
        states = network.lower(
            split, prefix, packed.ids, positions=positions, mask=mask, layout=packed.layout
        )
        lower = (split, states[None])
    hidden = network.forward(
        ids, cache=prefix.cache(1), positions=positions, mask=mask, lower=lower
    )
    return _totals(network, packed, hidden[0])


def _totals(network: Network, packed: Packed, hidden: Tensor) -> list[float]:
    places: list[int] = []
    begin = len(packed.prompt)
    for answer in packed.answers:
        places += [len(packed.prompt) - 1, *range(begin, begin + len(answer) - 1)]
        begin += len(answer) - 1
    tokens = [token for answer in packed.answers for token in answer]
    where = torch.tensor(places, device=network.device)
    targets = torch.tensor(tokens, device=network.device)
    logprobs = -torch.nn.functional.cross_entropy(
        network.logits(hidden.index_select(0, where)), targets, reduction="none"
    )
    sizes = [len(answer) for answer in packed.answers]
    return [part.sum().item() for part in torch.split(logprobs.double(), sizes)]


def batch(worn: Worn, requests: Sequence[ScoreRequest]) -> list[Likelihood]:
    """Score the answers of each request; call it inside `worn.on`."""
    packs = [pack(worn.network, request) for request in requests]
    with torch.no_grad(), worn.network.precision():
        for shared in {one.shared for packed in packs for one in packed}:
            worn.prefix(shared)
    totals = worn.network.crew.each(
        lambda network, packed: _totals_of(network, packed, worn), packs
    )
    return [
        Likelihood(
            question=request.question,
            logprobs=tuple(total),
            tokens=tuple(len(answer) for one in packed for answer in one.answers),
        )
        for request, packed, total in zip(requests, packs, totals, strict=True)
    ]


def _totals_of(network: Network, rows: Sequence[Packed], worn: Worn) -> list[float]:
    # Not inference_mode: the hidden states remembered here serve trainings as well.
    with torch.no_grad(), network.precision():
        return [
            total
            for packed in rows
            for total in score(network, packed, worn.prefix(packed.shared), worn.split)
        ]
