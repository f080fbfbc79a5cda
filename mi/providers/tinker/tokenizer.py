"""A model's tokenizer and chat template, which the Tinker API leaves to its clients.

The template is the tokenizer's own, so that a model sees the format it was trained on. Thinking is
turned off where the template has a switch for it, because training rows hold answers only.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from ...errors import MiError, ProviderError
from ...files.secrets import redact_reply
from ..chat_template import ChatTemplate, stop_token_ids
from ..types import Message, Monitor
from .client import Server
from .futures import run_in_thread

TEMPLATE_OPTIONS = {"enable_thinking": False}
_PROBE = "Zq"
_LOAD_LOCK = Lock()
"""transformers imports its classes lazily, which two threads must not do at once."""


def chat_template(server: Server, model: str, monitor: Monitor) -> ChatTemplate:
    """The chat template of a model.

    Args:
        server: Names the tokenizer, or is asked for it.
        model: The base model's name.
        monitor: May stop the wait for the server.

    Raises:
        ProviderError: The tokenizer cannot be loaded, or its template does not suit.
        Interrupted: The user asked to stop.
    """
    source = server.tokenizer or _local_tokenizer(server.served_name(model))
    try:
        with _LOAD_LOCK:
            if source:
                return _load_template(source)
            return _template_from_sdk(server, server.served_name(model), monitor)
    except MiError:
        raise
    except Exception as error:  # the hub and the tokenizer's own code can raise anything
        raise ProviderError(
            f"cannot load the tokenizer of {model}: {redact_reply(str(error), server.key)}",
            hint='check the network and HF_TOKEN, or set a local folder: `tokenizer = "FOLDER"` in '
            f"[tool.mi.endpoints.{server.name}]",
        ) from None


def _local_tokenizer(name: str) -> str | None:
    return name if (Path(name).expanduser() / "tokenizer_config.json").is_file() else None


@lru_cache(maxsize=4)
def _load_template(source: str) -> ChatTemplate:
    from transformers import AutoTokenizer

    return build_template(AutoTokenizer.from_pretrained(source), source)


def _template_from_sdk(server: Server, model: str, monitor: Monitor) -> ChatTemplate:
    """The template of the SDK's tokenizer; the SDK knows open copies of gated tokenizers."""
    service = server.service(monitor)
    tokenizer: Any = run_in_thread(
        lambda: service.create_sampling_client(base_model=model).get_tokenizer(), monitor
    )
    return build_template(tokenizer, tokenizer.name_or_path)


def build_template(tokenizer: Any, source: str) -> ChatTemplate:
    if not getattr(tokenizer, "chat_template", None):
        raise ProviderError(
            f"the tokenizer {source} has no chat template",
            hint="use an instruction-tuned model, or a tokenizer that has a chat template",
        )
    stop_tokens = stop_token_ids(*_generation_configs(source), tokenizer)
    template = ChatTemplate(tokenizer, stop_tokens, TEMPLATE_OPTIONS)
    row = template.encode_row((Message("user", "a"), Message("assistant", _PROBE)))
    if tokenizer.decode(list(row.answer), skip_special_tokens=True).strip() != _PROBE:
        raise ProviderError(
            f"the chat template of {source} puts more than the answer after the prompt, so losses "
            "and log-probabilities would cover more than the answer",
            hint="use another model, or a tokenizer whose template has no channels",
        )
    return template


def _generation_configs(source: str) -> list[Any]:
    """The model's configurations, which name its stop tokens, as far as they are available."""
    from transformers import AutoConfig, GenerationConfig

    configs = []
    for kind in (GenerationConfig, AutoConfig):
        try:
            configs.append(kind.from_pretrained(source))
        except Exception:  # a tokenizer often comes without them
            continue
    return configs
