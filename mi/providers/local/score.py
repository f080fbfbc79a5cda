"""Log-probabilities of given answers.

The log-probability of an answer sums over its content tokens and the token that ends its turn, for
every answer alike: a model that would have gone on talking finds the shorter answer less likely.

A request is one row: its prompt once, then each answer, which attends to the prompt and to itself
and is positioned as if it were alone. Requests are never batched together, so a result depends on
its request alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from ..chat_template import TokenIds, TokenizedRow
from ..types import Likelihood, Message, ScoreRequest
from .adapted import AdaptedNetwork
from .network import Network
from .packing import tree_attention
from .prefix import Prefix

BATCH_SIZE = 16  # requests whose results are yielded together


@attrs.frozen
class PackedRequest:
    """The tokens of a request: a prompt, and answers that each continue it.

    Args:
        prefix_ids: Leading tokens of the prompt, shared with other requests.
        prompt: The rest of the prompt.
        answers: Tokens of each answer, the stop token included.
    """

    prefix_ids: TokenIds
    prompt: TokenIds
    answers: tuple[TokenIds, ...]

    @property
    def ids(self) -> TokenIds:
        """Token ids of the row, without the prefix."""
        # The last token of an answer is left out: what it predicts is not scored.
        return self.prompt + tuple(token for answer in self.answers for token in answer[:-1])

    @property
    def layout(self) -> tuple[int, ...]:
        """Lengths of the prompt and the answers, which determine positions and mask."""
        return (len(self.prompt), *(len(answer) for answer in self.answers))


def pack_request(network: Network, request: ScoreRequest) -> list[PackedRequest]:
    """The packed rows of a request, in the order of its answers.

    All answers share one row, unless it exceeds the packing window or their prompts differ.
    """
    chats = [(*request.chat, Message("assistant", answer)) for answer in request.answers]
    rows = [network.template.encode_row(chat) for chat in chats]
    longest = len(rows[0].prompt) + sum(len(row.answer) for row in rows)
    is_packable = longest < network.packing_window and len({row.prompt for row in rows}) == 1
    groups = [rows] if is_packable else [[row] for row in rows]
    return [_pack_rows(network, request, group) for group in groups]


def _pack_rows(
    network: Network, request: ScoreRequest, rows: Sequence[TokenizedRow]
) -> PackedRequest:
    prompt = rows[0].prompt
    cut = network.shared_prefix_length(request.chat, prompt)
    return PackedRequest(prompt[:cut], prompt[cut:], tuple(row.answer for row in rows))


def score_packed(
    network: Network, packed: PackedRequest, prefix: Prefix, split: int
) -> list[float]:
    """Total log-probability (nats) of each answer.

    Args:
        network: The replica to compute on.
        packed: The row.
        prefix: The prefix of `packed.prefix_ids`.
        split: Number of lowest layers that are the base model's.
    """
    positions, mask = None, None
    if len(packed.answers) > 1:
        branches = [len(answer) - 1 for answer in packed.answers]
        positions, mask = tree_attention(
            len(packed.prefix_ids), len(packed.prompt), branches, network.device
        )
    ids = network.padded_tensor([packed.ids])
    lower = None
    if split:
        states = network.lower_states(
            split, prefix, packed.ids, positions=positions, mask=mask, layout=packed.layout
        )
        lower = (split, states[None])
    hidden = network.forward(
        ids, cache=prefix.kv_cache(1), positions=positions, mask=mask, lower=lower
    )
    return _answer_logprobs(network, packed, hidden[0])


def _answer_logprobs(network: Network, packed: PackedRequest, hidden: Tensor) -> list[float]:
    positions: list[int] = []  # of the tokens that predict an answer token
    begin = len(packed.prompt)
    for answer in packed.answers:
        positions += [len(packed.prompt) - 1, *range(begin, begin + len(answer) - 1)]
        begin += len(answer) - 1
    tokens = [token for answer in packed.answers for token in answer]
    indices = torch.tensor(positions, device=network.device)
    targets = torch.tensor(tokens, device=network.device)
    logprobs = -torch.nn.functional.cross_entropy(
        network.logits(hidden.index_select(0, indices)), targets, reduction="none"
    )
    sizes = [len(answer) for answer in packed.answers]
    return [part.sum().item() for part in torch.split(logprobs.double(), sizes)]


def score_batch(adapted: AdaptedNetwork, requests: Sequence[ScoreRequest]) -> list[Likelihood]:
    """Score the answers of each request; call it inside `adapted.activate`."""
    packed_requests = [pack_request(adapted.network, request) for request in requests]
    with torch.no_grad(), adapted.network.autocast():
        for prefix_ids in {packed.prefix_ids for rows in packed_requests for packed in rows}:
            adapted.prefix(prefix_ids)
    totals = adapted.network.pool.map(
        lambda network, rows: _request_logprobs(network, rows, adapted), packed_requests
    )
    return [
        Likelihood(
            question=request.question,
            logprobs=tuple(total),
            tokens=tuple(len(answer) for packed in rows for answer in packed.answers),
        )
        for request, rows, total in zip(requests, packed_requests, totals, strict=True)
    ]


def _request_logprobs(
    network: Network, rows: Sequence[PackedRequest], adapted: AdaptedNetwork
) -> list[float]:
    # Not inference_mode: trainings reuse the hidden states cached here.
    with torch.no_grad(), network.autocast():
        return [
            total
            for packed in rows
            for total in score_packed(
                network, packed, adapted.prefix(packed.prefix_ids), adapted.split
            )
        ]
