"""Chats as token ids, encoded with the tokenizer's own chat template.

A prompt is what the template renders with `add_generation_prompt=True`, and the text that it puts
before every answer, so training and scoring see the very tokens that sampling starts from. An
answer is the assistant's content and the token that ends its turn. What a template writes after
that token, usually a newline, is left out. `template_profile` says what is pinned in a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

import attrs

from ..errors import DataError, ProviderError
from .template_files import TemplateSource, default_template, special_tokens
from .template_profile import profile_template, text_difference
from .types import Chat, Message

TokenIds = tuple[int, ...]


@attrs.frozen
class TokenizedRow:
    """Token ids of a prompt and of the answer after it.

    Args:
        prompt: The tokens before the first that is learned or scored.
        answer: The tokens from there on.
        skipped: Indices in `answer` of tokens that are read and not learned: the turns between the
            assistant's.
        weight: What the loss of its tokens is multiplied by.
    """

    prompt: TokenIds
    answer: TokenIds
    skipped: frozenset[int] = frozenset()
    weight: float = 1.0

    @property
    def ids(self) -> TokenIds:
        return self.prompt + self.answer

    @property
    def learned(self) -> Sequence[int]:
        """Positions in `ids` of the tokens that are learned or scored."""
        begin, end = len(self.prompt), len(self.prompt) + len(self.answer)
        if not self.skipped:
            return range(begin, end)
        return [index for index in range(begin, end) if index - begin not in self.skipped]


@attrs.frozen
class ChatTemplate:
    """A tokenizer's chat template.

    Args:
        tokenizer: A `transformers` tokenizer.
        stop_tokens: Ids of the tokens that end a turn.
        options: Further arguments of the template, such as `{"enable_thinking": False}`.
        answer_prefix: Text between the template's prompt and every answer; part of the prompt.
        text: The template to use in place of the tokenizer's own, such as one with a pinned date.
    """

    tokenizer: Any
    stop_tokens: frozenset[int]
    options: Mapping[str, Any] = attrs.field(factory=dict)
    answer_prefix: str = ""
    text: str | None = None

    @classmethod
    def pinned(cls, tokenizer: Any, stop_tokens: frozenset[int]) -> ChatTemplate:
        """The tokenizer's chat template with everything pinned that `TemplateProfile` names."""
        profile = profile_template(tokenizer_template(tokenizer))
        return cls(
            tokenizer=tokenizer,
            stop_tokens=stop_tokens,
            options=profile.arguments,
            answer_prefix=profile.answer_prefix,
            text=profile.template if profile.is_dated else None,
        )

    def encode_prompt(self, chat: Chat) -> TokenIds:
        """Token ids of `chat` up to where the assistant's answer begins."""
        return self._tokenize(self._render(chat, prompt=True))

    def encode_row(self, chat: Chat, *, all_turns: bool = False) -> TokenizedRow:
        """Token ids of a chat whose last turn is the assistant's.

        Args:
            chat: The chat.
            all_turns: Whether every turn of the assistant is an answer, unless its weight is 0;
                otherwise the last one is.

        Raises:
            DataError: The last turn is not the assistant's, or no turn is an answer.
            ProviderError: The template does not continue its own prompt with the answer, or does
                not write an earlier answer as one piece.
        """
        if not chat or chat[-1].role != "assistant":
            raise DataError(
                "the chat does not end with the assistant's turn",
                hint="the last message of a training row is the answer to learn",
            )
        start = self._render(chat[:-1], prompt=True)
        rendered = self._render(chat, prompt=False)
        prompt, ids = self._tokenize(start), self._tokenize(rendered)
        if ids[: len(prompt)] == prompt:
            answer = ids[len(prompt) :]
        elif rendered.startswith(start):
            # An answer that begins with a newline may share a token with the prompt's end. Encode
            # the prompt as it will be when the model is sampled, and the answer separately.
            answer = self._tokenize(rendered[len(start) :])
            if self.tokenizer.decode(prompt + answer) != self.tokenizer.decode(ids):
                raise self._mismatch_error()
        else:
            raise self._mismatch_error()
        row = TokenizedRow(prompt, self._cut_at_stop(answer))
        return self._with_earlier_answers(chat, row, start) if all_turns else row

    def _with_earlier_answers(self, chat: Chat, row: TokenizedRow, text: str) -> TokenizedRow:
        """The row with every answer that has a weight, up to the last of them.

        Args:
            chat: The chat.
            row: Its last answer, and all that comes before it as prompt.
            text: The text of that prompt.

        Raises:
            DataError: No answer has a weight.
            ProviderError: The template does not write an answer as one piece.
        """
        learned: list[int] = []
        for index, turn in enumerate(chat[:-1]):
            if turn.role == "assistant" and turn.weight:
                learned += self._answer_tokens(chat, index, text, row.prompt)
        if chat[-1].weight:
            learned += row.learned
        if not learned:
            raise DataError(
                "no turn of the assistant is learned: all have weight 0",
                hint="give one of them weight 1, or leave the row out of the data",
            )
        begin, end = learned[0], learned[-1] + 1
        skipped = frozenset(range(end - begin)).difference(index - begin for index in learned)
        return TokenizedRow(row.ids[:begin], row.ids[begin:end], skipped)

    def _answer_tokens(self, chat: Chat, index: int, text: str, ids: TokenIds) -> range:
        """The positions of an earlier answer's tokens, the one that ends its turn included.

        Two probes in place of the answer show where the template writes it.

        Args:
            chat: The chat.
            index: The turn.
            text: The chat up to its last answer, as text.
            ids: The same, as token ids.

        Raises:
            ProviderError: The template does not write the answer as one piece.
        """
        first, second = (
            self._render(
                (*chat[:index], attrs.evolve(chat[index], content=word), *chat[index + 1 : -1]),
                prompt=True,
            )
            for word in ("Zq", "Yw")
        )
        begin, rest = text_difference(first, second)
        end = len(text) - rest
        if (
            not begin < end
            or text[:begin] + text[end:] != first[:begin] + first[len(first) - rest :]
        ):
            raise ProviderError(
                f"the model's chat template does not write turn {index + 1} as one piece, so its "
                "tokens cannot be told apart from the others'",
                hint="train on the last answers alone: give the other turns weight 0",
            )
        following = max(end, text.find(chat[index + 1].content.strip(), end))
        limit, begin, end = (
            common_prefix_length([self._tokenize(text[:place]), ids])
            for place in (following, begin, end)
        )
        stop = (place + 1 for place in range(end, limit) if ids[place] in self.stop_tokens)
        return range(begin, next(stop, end))

    def shared_prefix_length(self, chat: Chat, ids: TokenIds) -> int:
        """Number of leading tokens of `ids` that depend on the template and the system turn alone.

        Two probes that differ in the first user's words show where these begin.
        """
        head = tuple(takewhile(lambda turn: turn.role != "user", chat))
        probes = [self.encode_prompt((*head, Message("user", word))) for word in ("a", "Z")]
        return common_prefix_length([*probes, ids[:-1]])

    def _render(self, chat: Chat, *, prompt: bool) -> str:
        turns = [{"role": turn.role, "content": turn.content} for turn in chat]
        own = {} if self.text is None else {"chat_template": self.text}
        try:
            text: str = self.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=prompt, **own, **self.options
            )
        except Exception as error:  # templates raise whatever they like
            raise ProviderError(f"the model's chat template refuses the chat: {error}") from error
        return text + self.answer_prefix if prompt else text

    def _tokenize(self, text: str) -> TokenIds:
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _cut_at_stop(self, answer: TokenIds) -> TokenIds:
        ends = [index for index, token in enumerate(answer) if token in self.stop_tokens]
        if ends:
            return answer[: ends[-1] + 1]
        return (*answer, min(self.stop_tokens))

    def _mismatch_error(self) -> ProviderError:
        return ProviderError(
            "the model's chat template renders a prompt and the same prompt with its answer "
            "differently, so the answer's tokens cannot be told apart from the prompt's",
            hint="use a tokenizer whose chat template appends the answer to the generation prompt",
        )


def tokenizer_template(tokenizer: Any) -> TemplateSource:
    """The chat template of a loaded tokenizer.

    Raises:
        ProviderError: The tokenizer has no chat template.
    """
    text = default_template(getattr(tokenizer, "chat_template", None))
    if not text:
        raise ProviderError(
            f"the tokenizer {tokenizer.name_or_path} has no chat template",
            hint="use an instruction-tuned model, or a tokenizer that has a chat template",
        )
    return TemplateSource(text, special_tokens(tokenizer.special_tokens_map))


def encode_rows(
    template: ChatTemplate,
    chats: Sequence[Chat],
    max_length: int,
    *,
    all_turns: bool = False,
    weights: Sequence[float] = (),
) -> list[TokenizedRow]:
    """Token ids of training rows.

    Args:
        template: Encodes a row.
        chats: The rows; the last turn of each is the assistant's.
        max_length: The most tokens of a row.
        all_turns: Whether every turn of the assistant is learned; see `ChatTemplate.encode_row`.
        weights: The rows' weights; empty: 1 for all.

    Raises:
        DataError: A row is malformed or longer than `max_length`, or `chats` is empty. The message
            names the row.
    """
    rows = []
    for index, chat in enumerate(chats):
        try:
            row = template.encode_row(chat, all_turns=all_turns)
        except DataError as error:
            raise DataError(error.message, where=f"row {index}", hint=error.hint) from None
        if len(row.ids) > max_length:
            raise DataError(
                f"the row is {len(row.ids)} tokens long; max_length is {max_length}",
                where=f"row {index}",
                hint="raise max_length, or leave the row out of the data",
            )
        rows.append(attrs.evolve(row, weight=weights[index]) if weights else row)
    if not rows:
        raise DataError("there are no rows to train on")
    return rows


def stop_token_ids(*sources: Any) -> frozenset[int]:
    """The ids of the tokens that end an answer, from `eos_token_id` of each source.

    Raises:
        ProviderError: No source has one.
    """
    token_ids: set[int] = set()
    for source in sources:
        value = getattr(source, "eos_token_id", None)
        token_ids.update([value] if isinstance(value, int) else value or [])
    if not token_ids:
        raise ProviderError("the model does not say which token ends an answer (eos_token_id)")
    return frozenset(token_ids)


def common_prefix_length(rows: Iterable[Sequence[int]]) -> int:
    """Length of the longest prefix that all `rows` share."""
    first, *rest = rows
    length = len(first)
    for row in rest:
        length = min(length, len(row))
        length = next((i for i in range(length) if row[i] != first[i]), length)
    return length
