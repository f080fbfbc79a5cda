"""A model's tokenizer and chat template, which the Tinker API leaves to its clients.

The template is the tokenizer's own, so that a model is shown what it was trained to see; one that
can be told to think is told not to, because the rows to learn hold answers only.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from ...errors import MiError, ProviderError
from ..chat_template import Template, stops
from ..types import Message, Watch
from .client import Server
from .errors import redacted
from .futures import waited

OPTIONS = {"enable_thinking": False}
_WORD = "Zq"
_LOADING = Lock()
"""transformers makes its names when they are first asked for, which two threads must not do."""


def template(server: Server, model: str, watch: Watch) -> Template:
    """The template of a model's chats.

    Raises:
        ProviderError: Its tokenizer cannot be had.
    """
    named = server.tokenizer or _folder(server.calls(model))
    try:
        with _LOADING:
            return _named(named) if named else _of(server, server.calls(model), watch)
    except MiError:
        raise
    except Exception as error:  # whatever the hub and the tokenizer's own code raise
        raise ProviderError(
            f"the tokenizer of {model} cannot be loaded: {redacted(str(error), server.key)}",
            hint='check the network and HF_TOKEN, or name a folder: `tokenizer = "FOLDER"` in '
            f"[tool.mi.endpoints.{server.name}]",
        ) from None


def _folder(name: str) -> str | None:
    return name if (Path(name).expanduser() / "tokenizer_config.json").is_file() else None


@lru_cache(maxsize=4)
def _named(where: str) -> Template:
    from transformers import AutoTokenizer

    return _made(AutoTokenizer.from_pretrained(where), where)


def _of(server: Server, model: str, watch: Watch) -> Template:
    """The one the SDK takes for the model, which knows where gated tokenizers have a twin."""
    service = server.service(watch)
    tokenizer: Any = waited(
        lambda: service.create_sampling_client(base_model=model).get_tokenizer(), watch
    )
    return _made(tokenizer, tokenizer.name_or_path)


def _made(tokenizer: Any, where: str) -> Template:
    if not getattr(tokenizer, "chat_template", None):
        raise ProviderError(
            f"the tokenizer {where} has no chat template",
            hint="take an instruction-tuned model, or a tokenizer that has one",
        )
    made = Template(tokenizer, stops(*_configurations(where), tokenizer), OPTIONS)
    row = made.row((Message("user", "a"), Message("assistant", _WORD)))
    if tokenizer.decode(list(row.answer), skip_special_tokens=True).strip() != _WORD:
        raise ProviderError(
            f"the chat template of {where} puts more than the answer after the prompt, so losses "
            "and log-probabilities would not be of answers alone",
            hint="take another model, or a tokenizer whose template has no channels",
        )
    return made


def _configurations(where: str) -> list[Any]:
    """What the model's own files say of how an answer ends, as far as they are to be had."""
    from transformers import AutoConfig, GenerationConfig

    found = []
    for kind in (GenerationConfig, AutoConfig):
        try:
            found.append(kind.from_pretrained(where))
        except Exception:  # many a tokenizer comes without them
            continue
    return found
