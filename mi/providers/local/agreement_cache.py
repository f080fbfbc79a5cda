"""The comparison of a loaded model's paths, made once for a model, its libraries and this machine.

The first load of a model compares its paths (`agreement`), and a small file in the cache keeps what
was found. Deleting the file costs the comparison and changes no result.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ...files import atomic
from ...files.cache import cache_root
from ...version import __version__
from ..types import Monitor
from .agreement import PathAgreement, compare_paths
from .network import Network
from .paths import Paths

logger = logging.getLogger(__name__)

COMPARISON = 1
"""Version of the comparison: raise it when the checks or the engine's paths change."""


def settle_paths(network: Network, digest: str, monitor: Monitor) -> PathAgreement:
    """Let a network use the paths that agree with its model's own forward.

    Args:
        network: A network that was just loaded, or was settled before.
        digest: Digest of the model's content.
        monitor: Is told which shortcuts do not serve the model, once per load.

    Raises:
        ProviderError: No path agrees.
    """
    if network.agreement is None:
        path = cache_root() / "agreement" / f"{_key(network, digest)}.json"
        agreement = _read(path)
        if agreement is None:
            agreement = compare_paths(network)
            _write(path, agreement)
        name = type(network.model).__name__
        agreement.require(name)
        if message := agreement.message():
            monitor.message(f"{name} is {message}")
            logger.warning("%s is %s", name, message)
        network.use_paths(agreement.paths)
        network.agreement = agreement
    found: PathAgreement = network.agreement
    return found


def _key(network: Network, digest: str) -> str:
    import torch
    import transformers

    parameter = next(network.model.parameters())
    content = (
        COMPARISON,
        digest,
        __version__,
        torch.__version__,
        transformers.__version__,
        str(parameter.device.type),
        str(parameter.dtype),
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()[:32]


def agreement_values(agreement: PathAgreement) -> dict[str, Any]:
    """An agreement as plain values."""
    return attrs.asdict(agreement)


def parse_agreement(content: Mapping[str, Any]) -> PathAgreement:
    """The agreement that `agreement_values` gave."""
    return PathAgreement(**{**content, "paths": Paths(**content["paths"])})


def _read(path: Path) -> PathAgreement | None:
    try:
        return parse_agreement(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, LookupError):
        return None


def _write(path: Path, agreement: PathAgreement) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_atomic(path, json.dumps(agreement_values(agreement)) + "\n")
    except Exception as error:  # a cache that cannot be written costs time, nothing else
        logger.info("cannot keep the comparison in %s: %s", path, error)
