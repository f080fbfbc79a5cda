"""A model's architecture, checked before its weights are loaded.

A small random copy of the architecture is computed in every way that the engine has and compared
with the model's own forward (`agreement`), and its drawn tokens are drawn again (`draw_check`).
What is found is kept in the cache, by the digest of the configuration and the versions of the
packages that compute: a second plan reads a small file and imports nothing. The first load of the
real weights compares them too, on their device.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs

from ...errors import ProviderError
from ...files import atomic
from ...files.cache import cache_root
from ...units.identity import digest
from ...version import __version__
from ..types import Refusal

logger = logging.getLogger(__name__)

CHECK = 1
"""Version of the check: raise it when what it compares, or what the engine computes, changes."""
_PACKAGES = ("torch", "transformers", "peft")
_DEVICE, _DTYPE = "cpu", "float32"
"""What the copy is computed on and in. Real weights are compared on their own device."""
_HINT = "use another model, or serve this one and name it as an endpoint"


@attrs.frozen(kw_only=True)
class SelfCheck:
    """What was found out about an architecture.

    Args:
        architecture: The class of the model.
        unchecked: Why it was not checked; empty if it was.
        paths: A sentence on shortcuts that do not serve it; empty if all do.
        reach: A sentence on the weights that adapters do not reach; empty if they reach all.
        refusals: What would be computed wrongly: a capability and a reason each.
    """

    architecture: str = ""
    unchecked: str = ""
    paths: str = ""
    reach: str = ""
    refusals: tuple[tuple[str, str], ...] = ()

    def provider_refusals(self) -> tuple[Refusal, ...]:
        """The refusals, each with its next step."""
        return tuple(
            Refusal(capability=capability, reason=reason, hint=_HINT)
            for capability, reason in self.refusals
        )


def self_check(config: Mapping[str, Any], targets: tuple[str, ...]) -> SelfCheck:
    """The check of an architecture, made once for its configuration and the packages' versions.

    Args:
        config: The content of the model's `config.json`.
        targets: Names of the modules that get adapters.
    """
    path = cache_root() / "self-checks" / f"{_check_key(config, targets)}.json"
    check = _read(path)
    if check is None:
        check = _check_architecture(config, targets)
        _write(path, check)
    return check


def _check_key(config: Mapping[str, Any], targets: tuple[str, ...]) -> str:
    versions = [f"{name} {_version(name)}" for name in _PACKAGES]
    content = (CHECK, __version__, versions, _DEVICE, _DTYPE, targets, config)
    return digest(json.dumps(content, sort_keys=True))[:32]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _check_architecture(config: Mapping[str, Any], targets: tuple[str, ...]) -> SelfCheck:
    from .logging import quiet_transformers
    from .shrink import build_copy
    from .targets import build_skeleton, measure_reach

    try:
        skeleton = build_skeleton(config, "")
    except ProviderError as error:
        reasons = _refuse_all(" ".join(error.message.split()))
        return SelfCheck(architecture=str(config.get("model_type")), refusals=reasons)
    name = type(skeleton).__name__
    try:
        reach = measure_reach(skeleton, targets).message()
    except ProviderError as error:
        return SelfCheck(architecture=name, refusals=_refuse_all(error.message))
    with quiet_transformers():
        copy = build_copy(skeleton.config)
        if copy is None:
            unchecked = "no small copy can be built; the first load of its weights compares them"
            return SelfCheck(architecture=name, reach=reach, unchecked=unchecked)
        paths, refusals = _check_copy(copy)
    return SelfCheck(architecture=name, paths=paths, reach=reach, refusals=refusals)


def _check_copy(copy: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence on shortcuts, and the refusals, that a copy of a model gives cause to."""
    from .agreement import compare_paths
    from .core_pool import limit_to_one_core
    from .network import Network
    from .probe_tokenizer import ProbeTokenizer
    from .shrink import VOCABULARY

    limit_to_one_core()
    name = type(copy).__name__
    try:
        network = Network(copy, ProbeTokenizer(VOCABULARY))
        agreement = compare_paths(network)
        agreement.require(name)
    except ProviderError as error:
        return "", _refuse_all(error.message)
    except Exception as error:  # an architecture that the engine was not built for
        return "", _refuse_all(f"{name} cannot be computed here: {_describe(error)}")
    network.use_paths(agreement.paths)
    refusals = [("sample", reason) for reason in _wrong_draws(network, name)]
    try:
        agreement.require(name, training=True)
    except ProviderError as error:
        refusals.append(("train", error.message))
    return agreement.message(), tuple(refusals)


def _wrong_draws(network: Any, name: str) -> Sequence[str]:
    """Why sampling a model would be wrong: at most one reason."""
    from .draw_check import wrong_tokens

    for temperature in (0.0, 1.0):
        try:
            wrong, drawn = wrong_tokens(network, temperature)
        except Exception as error:  # an architecture that the engine was not built for
            return [f"{name} cannot be sampled here: {_describe(error)}"]
        if wrong:
            return [
                f"local sampling does not draw what {name} itself gives: {wrong} of {drawn} tokens "
                f"at temperature {temperature:g} differ"
            ]
    return []


def _refuse_all(reason: str) -> tuple[tuple[str, str], ...]:
    return tuple((capability, reason) for capability in ("train", "sample", "logprob"))


def _describe(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:120]}" if lines else type(error).__name__


def _read(path: Path) -> SelfCheck | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        refusals = tuple((str(name), str(reason)) for name, reason in content.pop("refusals"))
        return SelfCheck(**content, refusals=refusals)
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return None


def _write(path: Path, check: SelfCheck) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_atomic(path, json.dumps(attrs.asdict(check)) + "\n")
    except Exception as error:  # a cache that cannot be written costs time, nothing else
        logger.info("cannot keep the check in %s: %s", path, error)
