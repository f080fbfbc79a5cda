"""Configuration of a project: `[tool.mi]` of its `pyproject.toml`, the environment, flags.

The later of these is the stronger. All of it steers runs; none of it is part of a result.

[tool.mi]
experiments = ["experiments", "more/*.py"]
model = "openai:gpt-4.1-2025-04-14"
store = ".mi"                    # MI_STORE; as db (MI_DB) and figures relative to the root;
                                 # or what machines share: "s3://bucket/mi", "file:///shared/mi"
claim = 60                       # seconds of silence after which others take over a unit there
executor = "process"             # MI_EXECUTOR
in_flight = 64

[tool.mi.endpoints.lab]
base_url = "http://localhost:8000/v1"
key_env = "LAB_API_KEY"
free = true                      # its tokens cost nothing; otherwise --price says what they cost

[tool.mi.endpoints.gpu]
provider = "tinker"              # whose API it speaks; "openai" where nothing is said
base_url = "http://localhost:8000"
base_model = "/models/qwen3-8b"  # what the server calls the one model it serves
tokenizer = "/models/qwen3-8b"   # a folder or hub id, where the model's own cannot be fetched
logprobs = false                 # it tells no log-probabilities: preference evals are left out

[tool.mi.ray]                    # for `executor = "ray"`; see docs/cluster.md
address = "auto"
train = {cpus = 4, gpus = 1, memory = 16}
eval = {cpus = 2, gpus = 0.25}
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from .collect.discovery import find_root, read_tool_table
from .errors import UsageError, did_you_mean
from .providers import API_PROVIDERS
from .providers.types import ClientOptions
from .spec import Cluster, ResourceRequest, is_url

ENVIRONMENT = {
    "model": "MI_MODEL",
    "store": "MI_STORE",
    "db": "MI_DB",
    "executor": "MI_EXECUTOR",
}
_PATHS = {"store": ".mi", "db": "results.duckdb", "figures": "figures"}
_STRINGS = ("model", "executor")
_NUMBERS = {"in_flight": int, "poll": float, "timeout": float}
_LEASE_KEY = "claim"
_ENDPOINT_KEYS = {"base_url": str, "provider": str, "key_env": str, "free": bool}
_PROVIDER_ENDPOINT_KEYS = {"tinker": {"base_model": str, "tokenizer": str, "logprobs": bool}}
"""What an endpoint may say, and what one of a provider may say besides."""
_DEFAULT = "default"


@attrs.frozen(kw_only=True)
class Config:
    """How a project is used.

    Args:
        root: The project's folder.
        experiments: Folders, files and patterns; none: as `experiment_files` finds them.
        model: `provider:name`; None: the embedded model.
        store: Its folder, or an address that machines share.
        claim: Seconds a process at a unit may be silent before others take it over.
        executor: Where units run.
        terms: How hosted providers are used.
        ray: The cluster that the executor `ray` uses.
        sources: Where each value comes from: `default`, a file, a variable or a flag.
    """

    root: Path
    experiments: tuple[str, ...]
    model: str | None
    store: Path | str
    lease_timeout: float
    db: Path
    figures: Path
    executor: str
    client_options: ClientOptions
    ray: Cluster
    sources: Mapping[str, str]


def read_config(start: Path, flags: Mapping[str, Any] | None = None) -> Config:
    """The configuration of the project around `start`.

    Args:
        flags: What a command line says, by name; None for what it does not.

    Raises:
        UsageError: The file is no TOML, or says something unknown.
    """
    root = find_root(start)
    path = root / "pyproject.toml"
    stated = read_tool_table(path) or {}
    _check_table(stated, path)
    sources: dict[str, str] = {}

    def value(name: str, default: Any) -> Any:
        """The strongest statement; a path of the file is relative to the root."""
        said = {
            f"--{name}": (flags or {}).get(name),
            ENVIRONMENT.get(name, ""): os.environ.get(ENVIRONMENT.get(name, "")) or None,
            path.name: stated.get(name),
            _DEFAULT: default,
        }
        for source, found in said.items():
            if found is not None or source == _DEFAULT:
                sources[name] = source
                inside = name in _PATHS and source in (path.name, _DEFAULT)
                return root / found if inside and not is_url(found) else found

    store = value("store", _PATHS["store"])
    paths = {
        name: Path(value(name, default)).resolve()
        for name, default in _PATHS.items()
        if name != "store"
    }
    plain = attrs.asdict(ClientOptions())
    numbers = {name: kind(value(name, plain[name])) for name, kind in _NUMBERS.items()}
    return Config(
        root=root,
        experiments=tuple(value("experiments", ())),
        client_options=ClientOptions(endpoints=value("endpoints", {}), **numbers),
        model=value("model", None),
        executor=value("executor", "process"),
        ray=_parse_cluster(value("ray", {}), value("ray_address", None), path),
        sources=sources,
        store=store if is_url(store) else Path(store).resolve(),
        lease_timeout=float(value(_LEASE_KEY, 60.0)),
        db=paths["db"],
        figures=paths["figures"],
    )


def _parse_cluster(stated: Any, address: str | None, path: Path) -> Cluster:
    """The cluster of the table `ray`.

    Raises:
        UsageError: It says something unknown, or a share that is none.
    """
    where = f"{path} @ tool.mi.ray"
    known = attrs.fields_dict(Cluster)
    if not isinstance(stated, dict):
        raise UsageError("ray is a table", where=where)
    for name, said in stated.items():
        if name not in known:
            raise UsageError(
                f"there is nothing called {name!r}", where=where, hint=did_you_mean(name, known)
            )
        if name == "address":
            fits = isinstance(said, str)
        elif name == "tries":
            fits = isinstance(said, int) and said > 0
        else:
            fits = (
                isinstance(said, dict) and said.keys() <= attrs.fields_dict(ResourceRequest).keys()
            )
            fits = fits and all(isinstance(n, (int, float)) and n >= 0 for n in said.values())
        if not fits:
            raise UsageError(
                f"{said!r} does not fit",
                where=f"{where}.{name}",
                hint="a share is a table of cpus, gpus and memory (gigabytes)",
            )
    shares = {
        name: attrs.evolve(getattr(Cluster(), name), **said) if isinstance(said, dict) else said
        for name, said in stated.items()
    }
    return Cluster(**{**shares, **({"address": address} if address else {})})


def _check_table(stated: Mapping[str, Any], path: Path) -> None:
    known = {*_PATHS, *_STRINGS, *_NUMBERS, _LEASE_KEY, "experiments", "endpoints", "ray"}
    for name, said in stated.items():
        where = f"{path} @ tool.mi.{name}"
        if name not in known:
            raise UsageError(
                f"there is nothing called {name!r}", where=where, hint=did_you_mean(name, known)
            )
        if name in {*_PATHS, *_STRINGS} and not (isinstance(said, str) and said):
            raise UsageError(f"{said!r} is no text", where=where)
        if name in {*_NUMBERS, _LEASE_KEY}:
            number = isinstance(said, (int, float)) and not isinstance(said, bool)
            if not number or said <= 0:
                raise UsageError(f"{said!r} is no positive number", where=where)
        if name == "experiments":
            several = isinstance(said, list) and all(isinstance(one, str) for one in said)
            if not several or not said:
                raise UsageError(f"{said!r} is no list of paths", where=where)
    endpoints = stated.get("endpoints", {})
    if not isinstance(endpoints, dict):
        raise UsageError("endpoints are tables", where=f"{path} @ tool.mi.endpoints")
    for name, endpoint in endpoints.items():
        _check_endpoint(endpoint, f"{path} @ tool.mi.endpoints.{name}")


def _check_endpoint(endpoint: Any, where: str) -> None:
    if not isinstance(endpoint, dict) or "base_url" not in endpoint:
        raise UsageError("an endpoint is a table with a base_url", where=where)
    provider = endpoint.get("provider", API_PROVIDERS[0])
    if provider not in API_PROVIDERS:
        raise UsageError(
            f"there are no endpoints of {provider!r}", where=where, hint=", ".join(API_PROVIDERS)
        )
    known = {**_ENDPOINT_KEYS, **_PROVIDER_ENDPOINT_KEYS.get(provider, {})}
    for key, value in endpoint.items():
        if key not in known:
            raise UsageError(
                f"there is nothing called {key!r}", where=where, hint=did_you_mean(key, known)
            )
        if not isinstance(value, known[key]):
            raise UsageError(f"{key} = {value!r} is not a {known[key].__name__}", where=where)
