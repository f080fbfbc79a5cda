"""Which keys of rows and turns may be left unread.

A key is read, refused or ignored. A key that could change what is trained or sampled is refused by
name, unless its value says that it does nothing (`null`, `"weight": 1`). All other keys are taken
as metadata: they are ignored, and listed once for each file. Names decide: those known from public
formats, and those made of a word that such names have in common, as in `sample_weight`. A name that
ends like one of metadata (`image_id`, `train_split`) is taken as metadata.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import attrs

from .faults import Fault

LABELS = frozenset({"id", "scenario", "family", "group", "source", "metadata"})
"""Metadata that need no mention."""

_ON = frozenset(
    {"train", "training", "trained", "trainable", "learn", "learned", "learnable", "loss"}
)
"""Switches of learning, whose false does the most."""
_WEIGHTS = frozenset({"weight", "weights", "weighting"})
_LISTS = frozenset({"tools", "functions", "parallel_tool_calls"})
"""Some chat templates write something for an empty list of tools, so only null does nothing."""
_STEERING_WORDS = (
    _ON
    | _WEIGHTS
    | frozenset(
        """
        mask masks masked kwargs tool tools function functions reasoning thinking think
        thought thoughts cot rationale image images audio audios video videos document documents
        attachment attachments prefix prefill logit logits
        """.split()  # noqa: SIM905 - a literal list of thirty words would hide the file
    )
)
_FIRST_WORDS = frozenset({"system", "developer"})
"""Words that steer where a name begins with them: a file system and a web developer do not."""
_STEERING_NAMES = frozenset(
    {
        "add_generation_prompt",
        "chat_template",
        "continue_final_message",
        "history",
        "input_ids",
        "refusal",
        "response_format",
        "stop",
    }
)
_METADATA_ENDS = frozenset(
    """
    id ids idx index name source type version hash date split set dataset category level model count
    counts tokens length language
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@attrs.frozen
class KeyRules:
    """What the keys of one kind of object mean.

    Args:
        effect: What a steering key could change: `the training`.
        labels: Keys that are metadata, whatever their name looks like.
        steering: Keys that are refused beside those whose name shows it.
        accepted: The accepted shapes, as a hint.
    """

    effect: str
    labels: frozenset[str]
    steering: frozenset[str]
    accepted: str

    def ignored_keys(
        self, record: Mapping[str, Any], used: Collection[str], label: str = ""
    ) -> list[str]:
        """The keys that are not read and have to be mentioned.

        Args:
            record: The object.
            used: The keys that are read.
            label: What a message calls the object; empty: nothing.

        Raises:
            Fault: A key could change the outcome and is not supported.
        """
        ignored = []
        for key, value in record.items():
            if value is None or key in used or key in self.labels:
                continue
            if not self._steers(key):
                ignored.append(key)
            elif not _does_nothing(key, value):
                place = f" of {label}" if label else ""
                raise Fault(
                    f"{key!r}{place} would change {self.effect} and is not supported",
                    f"remove it if it may be left out; {self.accepted}",
                )
        return ignored

    def _steers(self, key: str) -> bool:
        if key in self.steering or key in _STEERING_NAMES:
            return True
        words = _words(key)
        steers = words[0] in _FIRST_WORDS or not _STEERING_WORDS.isdisjoint(words)
        return steers and words[-1] not in _METADATA_ENDS


ROW = KeyRules(
    effect="the training",
    labels=LABELS,
    steering=frozenset({"context"}),
    accepted="a row has 'messages', or 'prompt' and 'completion', optionally 'system', and "
    "metadata",
)
TURN = KeyRules(
    effect="the training",
    labels=frozenset({"id"}),
    steering=frozenset(
        {
            "channel",
            "end_turn",
            "exclude",
            "ignore",
            "name",
            "partial",
            "recipient",
            "skip",
            "supervised",
            "tool_call_id",
            "tool_name",
        }
    ),
    accepted="a turn has 'role' and 'content', and that of the assistant optionally 'weight' "
    "(0 or 1) or 'train' (true or false)",
)


@lru_cache(maxsize=1024)
def _words(key: str) -> tuple[str, ...]:
    """The words of a key: `chat_template` and `chatTemplate` have two."""
    return tuple(word.lower() for word in _WORD.findall(key)) or (key,)


def _does_nothing(key: str, value: Any) -> bool:
    """Whether a value of a steering key leaves everything as it is without the key."""
    words = set(_words(key))
    if words & _WEIGHTS:
        return value is not True and bool(value == 1)
    if words & _ON:
        return value is True and key in _ON
    return value == "" if key in _LISTS else value in ("", [], {}, False)
