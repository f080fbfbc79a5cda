"""A model's tokenizer and chat template, which the Tinker API leaves to its clients.

The template is the tokenizer's own, so that a model sees the format it was trained on. Thinking is
turned off where the template has a switch for it, because training rows hold answers only.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from ...errors import MiError, ProviderError
from ...files.secrets import redact_reply
from ..chat_template import ChatTemplate, stop_token_ids, tokenizer_template
from ..template_profile import Pin, profile_template
from ..types import Message, Monitor
from .client import Server
from .futures import run_in_thread
from .template_pins import keep_template, keyed_pins, tokenizer_directory

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
    name = server.served_name(model)
    source = server.tokenizer or (name if tokenizer_directory(name) else None)
    try:
        with _LOAD_LOCK:
            if source:
                return _load_template(source)
            return _template_from_sdk(server, name, monitor)
    except MiError:
        raise
    except Exception as error:  # the hub and the tokenizer's own code can raise anything
        raise ProviderError(
            f"cannot load the tokenizer of {model}: {redact_reply(str(error), server.key)}",
            hint='check the network and HF_TOKEN, or set a local folder: `tokenizer = "FOLDER"` in '
            f"[tool.mi.endpoints.{server.name}]",
        ) from None


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


def check_planned_pins(template: ChatTemplate, source: str, planned: tuple[Pin, ...]) -> None:
    """Check that the keys of a run hold what is pinned in the template that was loaded.

    Args:
        template: The template.
        source: What names the tokenizer, for messages and for the template that is kept.
        planned: The pins that the keys hold.

    Raises:
        ProviderError: They hold others, because the template was not known yet, or has changed.
    """
    own = tokenizer_template(template.tokenizer)
    if (pins := keyed_pins(profile_template(own))) != planned:
        if tokenizer_directory(source) is None:
            keep_template(source, own)
        names = ", ".join(name for name, _ in pins or planned)
        raise ProviderError(
            f"the chat template of {source} was read only now, and what is pinned in it ({names}) "
            "is part of every key",
            hint="run the same command again; nothing was done under the old keys",
        )


def build_template(tokenizer: Any, source: str) -> ChatTemplate:
    profile = profile_template(tokenizer_template(tokenizer))
    template = ChatTemplate(
        tokenizer,
        stop_token_ids(*_generation_configs(source), tokenizer),
        TEMPLATE_OPTIONS,
        text=profile.template if profile.is_dated else None,
    )
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
