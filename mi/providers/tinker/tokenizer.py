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
from ..chat_template import ChatTemplate, stop_token_ids
from ..types import Message, Monitor
from .client import Server
from .errors import redact
from .futures import run_in_thread

TEMPLATE_OPTIONS = {"enable_thinking": False}
_PROBE = "Zq"
_LOAD_LOCK = Lock()
"""transformers makes its names when they are first asked for, which two threads must not do."""


def chat_template(server: Server, model: str, monitor: Monitor) -> ChatTemplate:
    """The template of a model's chats.

    Raises:
        ProviderError: Its tokenizer cannot be had.
    """
    named = server.tokenizer or _local_tokenizer(server.served_name(model))
    try:
        with _LOAD_LOCK:
            return (
                _load_template(named)
                if named
                else _template_from_sdk(server, server.served_name(model), monitor)
            )
    except MiError:
        raise
    except Exception as error:  # whatever the hub and the tokenizer's own code raise
        raise ProviderError(
            f"the tokenizer of {model} cannot be loaded: {redact(str(error), server.key)}",
            hint='check the network and HF_TOKEN, or name a folder: `tokenizer = "FOLDER"` in '
            f"[tool.mi.endpoints.{server.name}]",
        ) from None


def _local_tokenizer(name: str) -> str | None:
    return name if (Path(name).expanduser() / "tokenizer_config.json").is_file() else None


@lru_cache(maxsize=4)
def _load_template(source: str) -> ChatTemplate:
    from transformers import AutoTokenizer

    return _build_template(AutoTokenizer.from_pretrained(source), source)


def _template_from_sdk(server: Server, model: str, monitor: Monitor) -> ChatTemplate:
    """The one the SDK takes for the model, which knows where gated tokenizers have a twin."""
    service = server.service(monitor)
    tokenizer: Any = run_in_thread(
        lambda: service.create_sampling_client(base_model=model).get_tokenizer(), monitor
    )
    return _build_template(tokenizer, tokenizer.name_or_path)


def _build_template(tokenizer: Any, source: str) -> ChatTemplate:
    if not getattr(tokenizer, "chat_template", None):
        raise ProviderError(
            f"the tokenizer {source} has no chat template",
            hint="take an instruction-tuned model, or a tokenizer that has one",
        )
    made = ChatTemplate(
        tokenizer, stop_token_ids(*_generation_configs(source), tokenizer), TEMPLATE_OPTIONS
    )
    row = made.encode_row((Message("user", "a"), Message("assistant", _PROBE)))
    if tokenizer.decode(list(row.answer), skip_special_tokens=True).strip() != _PROBE:
        raise ProviderError(
            f"the chat template of {source} puts more than the answer after the prompt, so losses "
            "and log-probabilities would not be of answers alone",
            hint="take another model, or a tokenizer whose template has no channels",
        )
    return made


def _generation_configs(source: str) -> list[Any]:
    """What the model's own files say of how an answer ends, as far as they are to be had."""
    from transformers import AutoConfig, GenerationConfig

    found = []
    for kind in (GenerationConfig, AutoConfig):
        try:
            found.append(kind.from_pretrained(source))
        except Exception:  # many a tokenizer comes without them
            continue
    return found
