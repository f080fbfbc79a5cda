"""Probing a server: SDK and server must understand each other before a training is paid for.

A training and its evals send different requests, so an SDK that a server half understands would
train, and then fail each eval. The probe asks the base model for what evals need: a token, and the
likelihood of one. What worked is remembered in the cache, by address, model and version of the SDK.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...data.chats import Message
from ...errors import BudgetExceeded, Interrupted, ProviderError
from ...files import atomic
from ...files.cache import cache_root
from ...spec import Model, Sampling
from ...units.identity import canonical, digest
from ..base import Provider
from ..types import ModelUnderTest, Monitor, SampleRequest, ScoreRequest

TESTED_VERSIONS = ">=0.25,<0.26"
"""Versions of the SDK that the tests run with, as `pyproject.toml` has them."""
MEMORY_DAYS = 30
_CHAT = (Message("user", "Say yes."),)
_QUESTION = "0" * 16
_SECONDS_PER_DAY = 86400.0


def try_service(provider: Provider, model: Model, monitor: Monitor) -> None:
    """Check that a server gives a sample and, if it is said to, a likelihood.

    Args:
        provider: Serves the model.
        model: The base model.
        monitor: May stop the wait.

    Raises:
        ProviderError: It does not; the message names the version of the SDK, and those that work.
    """
    memory = _memory_path(provider, model)
    if _is_recent(memory):
        return
    subject = ModelUnderTest(model=model)
    sample = SampleRequest(question=_QUESTION, sample=0, chat=_CHAT)
    sampling = Sampling(max_tokens=1)
    _require(
        "sample an answer",
        provider,
        model,
        lambda: [
            one
            for batch in provider.sample(subject, [sample], sampling, Path(), monitor)
            for one in batch
        ],
    )
    if "logprob" in provider.capabilities:
        score = ScoreRequest(question=_QUESTION, chat=_CHAT, answers=("yes",))
        _require(
            "score a given answer",
            provider,
            model,
            lambda: [one for batch in provider.score(subject, [score], monitor) for one in batch],
        )
    with suppress(OSError):  # without a memory the next run probes again
        memory.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_atomic(memory, json.dumps({"time": time.time()}))


def _require(
    action: str, provider: Provider, model: Model, call: Callable[[], Sequence[object]]
) -> None:
    """Make a request of the probe, which must have one result.

    Args:
        action: What is requested, for the message.
        provider: Serves the model.
        model: The base model.
        call: Makes the request.

    Raises:
        ProviderError: It failed, or gave nothing.
    """
    advice = ""
    try:
        results = call()
    except (Interrupted, BudgetExceeded):
        raise
    except ProviderError as error:
        reason, advice = error.message, f"{error.hint}; or " if error.hint else ""
    except Exception as error:  # the SDK met something that its server should not have sent
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    else:
        if len(results) == 1:
            return
        reason = "nothing came back"
    raise ProviderError(
        f"{provider.name} cannot {action} with {model.name} through version {sdk_version()} of the "
        f"SDK ({reason}); nothing was trained",
        hint=f"{advice}pip install 'tinker{TESTED_VERSIONS}', which the hosted service and SkyRL "
        "0.4 are tested with; --no-probe goes on regardless",
    )


def sdk_version() -> str:
    """The version of the SDK that is installed."""
    try:
        return version("tinker")
    except PackageNotFoundError:
        return "unknown"


def _memory_path(provider: Provider, model: Model) -> Path:
    facts = (provider.name, provider.address, model.name, sdk_version())
    return cache_root() / "probes" / f"tinker-{digest(canonical(facts))[:16]}.json"


def _is_recent(memory: Path) -> bool:
    try:
        return time.time() - memory.stat().st_mtime < MEMORY_DAYS * _SECONDS_PER_DAY
    except OSError:
        return False
