"""Probes: what a look at a server, or at a judge on it, has found, and the memory of it.

A counterpart is probed once before it is used, with a few short requests that are booked like any
other. What was found is remembered for 30 days by the kind of probe, the address and the model, in
the user's cache. It is stored with every unit that relied on it. Only a probe that was passed is
remembered: what was refused is looked at again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from ..errors import RequestRejected, StoreError
from ..files import gate
from ..files.atomic import write_atomic
from ..files.cache import cache_root
from ..files.clock import utc_timestamp
from ..units.identity import digest

MAX_AGE = timedelta(days=30)
MAX_REQUESTS = 15
"""Requests of one probe."""
DIRECTORY_VARIABLE = "MI_PROBES"
SERVER, JUDGE = "server", "judge"
"""Kinds of probe."""
_SCHEME = 1
"""Version of what probes look at; what an earlier one found is not used."""


class ProbeFailed(RequestRejected):
    """A counterpart does not do what is asked of it; nothing was sampled yet."""


class ParameterRefused(RequestRejected):
    """A server refuses a parameter that decides the outcome of an eval."""


@attrs.frozen(kw_only=True)
class ProbeResult:
    """What a probe has found.

    Args:
        kind: `server` or `judge`.
        address: Address of the server.
        model: The model's name there.
        probed_at: When it was probed: ISO 8601, UTC.
        summary: The findings for people, as the rest of a sentence that begins with the model.
        facts: The findings in JSON.
        fingerprint: What the server says of itself; empty if it says nothing.
    """

    kind: str
    address: str
    model: str
    probed_at: str = attrs.field(factory=utc_timestamp)
    summary: str
    facts: Mapping[str, Any]
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """Names the findings: equal findings about one counterpart have one name."""
        said = [self.kind, self.address, self.model, self.fingerprint, dict(self.facts)]
        return f"probe-{digest(json.dumps(said, sort_keys=True))[:12]}"

    def to_json(self) -> dict[str, Any]:
        """The result for the record of a unit, and for the memory."""
        return {"name": self.name, "scheme": _SCHEME, **attrs.asdict(self)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> ProbeResult:
        """The result that `to_json` wrote."""
        return cls(**{name: record[name] for name in attrs.fields_dict(cls)})


_SHAPE = gate.Shape(
    noun="the result of a probe",
    required={
        "scheme": gate.count,
        "kind": gate.text,
        "address": gate.text,
        "model": gate.text,
        "probed_at": gate.timestamp,
        "summary": gate.text,
        "facts": gate.map_of(gate.text, gate.json_value),
        "fingerprint": gate.text,
    },
)


def probe_directory() -> Path:
    """Where probes are remembered: `MI_PROBES`, else `probes` in the cache."""
    configured = os.environ.get(DIRECTORY_VARIABLE)
    return Path(configured).expanduser() if configured else cache_root() / "probes"


def remember_probe(result: ProbeResult, directory: Path | None = None) -> None:
    """Remember a probe that was passed; a cache that cannot be written remembers nothing.

    Args:
        result: What was found.
        directory: Where it is remembered; None: `probe_directory`.
    """
    path = (directory or probe_directory()) / _file_name(result.kind, result.address, result.model)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(result.to_json(), ensure_ascii=False) + "\n")
    except (OSError, StoreError):
        return


def recall_probe(kind: str, address: str, model: str) -> ProbeResult | None:
    """What is remembered of a counterpart; None if that is nothing, too old or unreadable.

    Args:
        kind: The kind of probe.
        address: Address of the server.
        model: The model's name there.
    """
    try:
        raw = gate.read_file(probe_directory() / _file_name(kind, address, model))
        record = _SHAPE.parse(raw)
    except (FileNotFoundError, gate.Refused):
        return None
    then = datetime.fromisoformat(record["probed_at"])
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    is_old = not timedelta(0) <= datetime.now(UTC) - then + timedelta(minutes=5) <= MAX_AGE
    is_other = [record["address"], record["model"], record["scheme"]] != [address, model, _SCHEME]
    return None if is_old or is_other else ProbeResult.from_json(record)


def forget_probe(kind: str, address: str, model: str) -> None:
    """Forget a counterpart, so that it is probed again.

    Args:
        kind: The kind of probe.
        address: Address of the server.
        model: The model's name there.
    """
    (probe_directory() / _file_name(kind, address, model)).unlink(missing_ok=True)


def _file_name(kind: str, address: str, model: str) -> str:
    return f"{kind}-{digest(json.dumps([kind, address, model]))[:16]}.json"
