"""Configuration of a project: `[tool.mi]` of its `pyproject.toml`, environment variables, flags.

A flag overrides a variable, and a variable overrides the file. Configuration steers runs and is
never part of a result.

[tool.mi]
experiments = ["experiments", "more/*.py"]
model = "openai:gpt-4.1-2025-04-14"
store = ".mi"                    # MI_STORE; like db (MI_DB) and figures relative to the root;
                                 # or a shared address: "s3://bucket/mi", "file:///shared/mi"
max_cost = 200                   # US dollars that all runs on the store may spend, taken together
claim = 60                       # seconds of silence after which a unit's lease expires there
executor = "process"             # MI_EXECUTOR
probe = true                     # MI_PROBE; false: judges are used without being probed
in_flight = 64

[tool.mi.endpoints.lab]
base_url = "http://localhost:8000/v1"
key_env = "LAB_API_KEY"
free = true                      # its tokens cost nothing; otherwise --price states the price
thinking_tokens = 4096           # tokens that a reasoning model may think, beside its answer
extra_body = {chat_template_kwargs = {enable_thinking = false}}   # goes with every request

[tool.mi.endpoints.gpu]
provider = "tinker"              # whose API the server speaks; "openai" by default
base_url = "http://localhost:8000"
base_model = "/models/qwen3-8b"  # the server's own name for its model
tokenizer = "/models/qwen3-8b"   # a folder or hub id, if the model's own cannot be fetched
logprobs = false                 # the server reports none: preference evals are left out

[tool.mi.ray]                    # for `executor = "ray"`; see docs/cluster.md
address = "auto"
train = {cpus = 4, gpus = 1, memory = 16}
eval = {cpus = 2, gpus = 0.25}
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from .collect.discovery import find_root, read_tool_table
from .errors import UsageError, did_you_mean
from .files import gate
from .files.secrets import hide_credentials
from .providers import API_PROVIDERS
from .providers.extra_body import OWN_PARAMETERS
from .providers.types import ClientOptions
from .spec import Cluster, ResourceRequest, is_url
from .spec.options import LEASE_SECONDS

ENVIRONMENT = {
    "model": "MI_MODEL",
    "store": "MI_STORE",
    "db": "MI_DB",
    "executor": "MI_EXECUTOR",
    "probe": "MI_PROBE",
}
"""The environment variable of a key."""

_PATHS = {"store": ".mi", "db": "results.duckdb", "figures": "figures"}
_STRINGS = ("model", "executor")
_CLIENT_NUMBERS = {"in_flight": int, "poll": float, "timeout": float}
_LEASE_KEY = "claim"
_STORE_LIMIT_KEY = "max_cost"
_PROBE_KEY = "probe"
_FALSE_WORDS = ("0", "false", "no", "off")
_ENDPOINT_KEYS = {"base_url": str, "provider": str, "key_env": str, "free": bool}
_PROVIDER_ENDPOINT_KEYS: Mapping[str, Mapping[str, type]] = {
    "openai": {"extra_body": dict, "thinking_tokens": int},
    "tinker": {"base_model": str, "tokenizer": str, "logprobs": bool},
}
"""Keys of an endpoint that only one provider's endpoints have."""
_DEFAULT = "default"


@attrs.frozen(kw_only=True)
class Config:
    """How a project is used.

    Args:
        root: The project's root directory.
        experiments: Directories, files and shell patterns; empty: see `find_experiment_files`.
        model: `provider:name`; None: the embedded model.
        store: A directory, or an address that several machines share.
        max_cost: The most that all runs on the store together may spend, in US dollars; None: no
            limit. The flag --max-cost is another limit, that of a run.
        lease_timeout: Seconds without a heartbeat after which a lease in a shared store expires.
        db: The DuckDB file.
        figures: Directory of the figures.
        executor: Where units run: `process`, `ray`, or an installed executor.
        probe: Whether judges are probed before a run.
        client_options: How hosted providers are used.
        ray: The cluster of the executor `ray`.
        sources: By key, where its value comes from: `default`, the file, a variable or a flag.
    """

    root: Path
    experiments: tuple[str, ...]
    model: str | None
    store: Path | str
    max_cost: float | None
    lease_timeout: float
    db: Path
    figures: Path
    executor: str
    probe: bool
    client_options: ClientOptions
    ray: Cluster
    sources: Mapping[str, str]


def read_config(start: Path, flags: Mapping[str, Any] | None = None) -> Config:
    """The configuration of the project around `start`.

    Args:
        start: The project's root or any directory below it.
        flags: Values of the command line by name; None for a flag that is not given.

    Raises:
        UsageError: The file is not valid TOML, or has an unknown key or an unfit value.
    """
    root = find_root(start)
    path = root / "pyproject.toml"
    table = read_tool_table(path) or {}
    _check_table(table, f"{path} @ tool.mi")
    layers = _Layers(root=root, file=path.name, table=table, flags=flags or {})
    value = layers.value
    store = value("store", _PATHS["store"])
    layers.sources[_STORE_LIMIT_KEY] = path.name if _STORE_LIMIT_KEY in table else _DEFAULT
    defaults = ClientOptions()
    numbers = {
        name: number_type(value(name, getattr(defaults, name)))
        for name, number_type in _CLIENT_NUMBERS.items()
    }
    return Config(
        root=root,
        experiments=tuple(value("experiments", ())),
        client_options=ClientOptions(endpoints=value("endpoints", {}), **numbers),
        model=value("model", None),
        executor=value("executor", "process"),
        probe=_is_true(value(_PROBE_KEY, True)),
        ray=_parse_cluster(value("ray", {}), value("ray_address", None), f"{path} @ tool.mi.ray"),
        sources=layers.sources,
        store=_store_address(store) if is_url(store) else Path(store).resolve(),
        max_cost=table.get(_STORE_LIMIT_KEY),
        lease_timeout=float(value(_LEASE_KEY, LEASE_SECONDS)),
        db=Path(value("db", _PATHS["db"])).resolve(),
        figures=Path(value("figures", _PATHS["figures"])).resolve(),
    )


def _store_address(address: str) -> str:
    """The address of a store, without credentials; opening it finds them again."""
    try:
        return hide_credentials(address)
    except ValueError as error:
        raise UsageError(str(error), where="the store's address") from None


def _is_true(value: bool | str) -> bool:
    """A value of the file, or the text of a variable."""
    return value if isinstance(value, bool) else value.lower() not in _FALSE_WORDS


@attrs.frozen(kw_only=True)
class _Layers:
    """The places a value can come from, by precedence: flags, environment, file, default.

    Args:
        root: The project's root directory.
        file: Name of the file, for `sources`.
        table: Its table `[tool.mi]`.
        flags: Values of the command line by name; None for a flag that is not given.
        sources: By key, where the value came from; filled by `value`.
    """

    root: Path
    file: str
    table: Mapping[str, Any]
    flags: Mapping[str, Any]
    sources: dict[str, str] = attrs.field(factory=dict)

    def value(self, key: str, default: Any) -> Any:
        """The value of highest precedence; paths from the file are relative to the root."""
        variable = ENVIRONMENT.get(key, "")
        candidates = {
            f"--{key}": self.flags.get(key),
            variable: os.environ.get(variable) or None,
            self.file: self.table.get(key),
        }
        stated = ((source, item) for source, item in candidates.items() if item is not None)
        source, chosen = next(stated, (_DEFAULT, default))
        self.sources[key] = source
        is_relative = key in _PATHS and source in (self.file, _DEFAULT)
        return self.root / chosen if is_relative and not is_url(chosen) else chosen


def _parse_cluster(table: Any, address: str | None, where: str) -> Cluster:
    """The cluster of the table `ray`; an address given elsewhere overrides the table's.

    Raises:
        UsageError: An unknown key, or a value that is not a resource request.
    """
    keys = attrs.fields_dict(Cluster)
    if not isinstance(table, dict):
        raise UsageError("must be a table", where=where)
    for name, value in table.items():
        _check_key(name, keys, where)
        if not _fits_cluster(name, value):
            raise UsageError(
                f"{value!r} is not valid here",
                where=f"{where}.{name}",
                hint="address is a string, tries a positive integer, and mix, train and eval are "
                "tables of cpus, gpus and memory (gigabytes)",
            )
    default = Cluster()
    values = {
        name: attrs.evolve(getattr(default, name), **value) if isinstance(value, dict) else value
        for name, value in table.items()
    }
    if address:
        values["address"] = address
    return Cluster(**values)


def _fits_cluster(name: str, value: Any) -> bool:
    """Whether a value is one that a key of the table `ray` can have."""
    if name == "address":
        return isinstance(value, str)
    if name == "tries":
        return isinstance(value, int) and value > 0
    if not isinstance(value, dict) or not value.keys() <= attrs.fields_dict(ResourceRequest).keys():
        return False
    return all(isinstance(amount, (int, float)) and amount >= 0 for amount in value.values())


def _check_table(table: Mapping[str, Any], where: str) -> None:
    """Raise `UsageError` at the first unknown key or unfit value of `[tool.mi]`."""
    keys = {
        *_PATHS,
        *_STRINGS,
        *_CLIENT_NUMBERS,
        _LEASE_KEY,
        _STORE_LIMIT_KEY,
        _PROBE_KEY,
        "experiments",
        "endpoints",
        "ray",
    }
    for name, value in table.items():
        _check_key(name, keys, f"{where}.{name}")
        message = _value_error(name, value)
        if message is not None:
            raise UsageError(message, where=f"{where}.{name}")
    for name, endpoint in table.get("endpoints", {}).items():
        _check_endpoint(endpoint, f"{where}.endpoints.{name}")


def _value_error(name: str, value: Any) -> str | None:
    """What is wrong with the value of a key of `[tool.mi]`; None for a valid one."""
    if name in {*_PATHS, *_STRINGS} and not (isinstance(value, str) and value):
        return f"{value!r} must be a non-empty string"
    if name in {*_CLIENT_NUMBERS, _LEASE_KEY} and (not _is_number(value) or value <= 0):
        return f"{value!r} must be a positive number"
    if name == _STORE_LIMIT_KEY and not (_is_number(value) and 0 <= value < math.inf):
        return f"{value!r} must be a number of US dollars, at least 0"
    if name == _PROBE_KEY and not isinstance(value, bool):
        return f"{value!r} must be true or false"
    if name == "experiments":
        is_list = isinstance(value, list) and all(isinstance(path, str) for path in value)
        if not is_list or not value:
            return f"{value!r} must be a list of paths"
    if name == "endpoints" and not isinstance(value, dict):
        return f"{value!r} must be a table of endpoints"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_endpoint(endpoint: Any, where: str) -> None:
    if not isinstance(endpoint, dict) or "base_url" not in endpoint:
        raise UsageError("an endpoint must be a table with a base_url", where=where)
    provider = endpoint.get("provider", API_PROVIDERS[0])
    if provider not in API_PROVIDERS:
        raise UsageError(
            f"provider {provider!r} has no endpoints",
            where=where,
            hint=f"use {' or '.join(API_PROVIDERS)}",
        )
    value_types = {**_ENDPOINT_KEYS, **_PROVIDER_ENDPOINT_KEYS.get(provider, {})}
    for key, value in endpoint.items():
        _check_key(key, value_types, where)
        if not isinstance(value, value_types[key]):
            expected = value_types[key].__name__
            raise UsageError(f"{key} = {value!r} must be a {expected}", where=where)
    if "extra_body" in endpoint:
        _check_extra_body(endpoint["extra_body"], f"{where}.extra_body")


def _check_extra_body(extra: Mapping[str, Any], where: str) -> None:
    """Raise `UsageError` where `extra_body` says what requests say themselves, or no JSON."""
    if own := sorted(extra.keys() & OWN_PARAMETERS):
        raise UsageError(
            f"{', '.join(own)} cannot be part of extra_body: requests say it themselves",
            where=where,
            hint="an eval declares how it is sampled: `Sampling(temperature=…)`",
        )
    if problem := gate.json_value(extra):
        raise UsageError(f"extra_body {problem}", where=where)


def _check_key(key: str, keys: Iterable[str], where: str) -> None:
    valid = set(keys)
    if key not in valid:
        raise UsageError(f"unknown key {key!r}", where=where, hint=did_you_mean(key, valid))
