"""Providers: what trains and samples models, by name and imported only when used."""

from __future__ import annotations

from importlib import import_module

import attrs

from ..errors import UsageError, did_you_mean
from ..plugins import PROVIDERS, load_plugin, plugin_entries
from .base import Provider
from .types import ClientOptions

BUILTIN = {
    "local": ("mi.providers.local", "Local"),
    "openai": ("mi.providers.openai", "OpenAI"),
    "tinker": ("mi.providers.tinker", "Tinker"),
}
API_PROVIDERS = ("openai", "tinker")
"""Providers whose API other servers speak: an endpoint says which, the first one if it does not."""


def create_provider(name: str, options: ClientOptions) -> Provider:
    """The provider called `name`, or the one whose API the endpoint of that name speaks.

    Raises:
        UsageError: There is none of that name.
    """
    kind = (
        options.endpoints[name].get("provider", API_PROVIDERS[0])
        if name in options.endpoints
        else name
    )
    if kind in BUILTIN:
        module, attribute = BUILTIN[kind]
        cls = getattr(import_module(module), attribute)
    else:
        installed = plugin_entries(PROVIDERS)
        if kind not in installed:
            names = {*BUILTIN, *installed, *options.endpoints}
            close = did_you_mean(name, names)
            hint = f"{close}\n  → to use a server of your own, add [tool.mi.endpoints.{name}]"
            raise UsageError(f"there is no provider {name!r}", hint=hint)
        cls = load_plugin(installed[kind])
    instance: Provider = cls(name, options)
    return instance


def canonical_model_name(model: str) -> str:
    """The one name of a model: `openai:NAME@ENDPOINT` is `ENDPOINT:NAME`."""
    kind, _, rest = model.partition(":")
    name, separator, endpoint = rest.rpartition("@")
    return (
        f"{endpoint}:{name}" if kind in API_PROVIDERS and separator and name and endpoint else model
    )


def with_base_url(options: ClientOptions, model: str | None, url: str) -> ClientOptions:
    """The same terms, with the model's provider or endpoint at another address.

    Raises:
        UsageError: No model is named, or its provider has no address.
    """
    name = canonical_model_name(model or "").partition(":")[0]
    if name not in API_PROVIDERS and name not in options.endpoints:
        raise UsageError(
            "--base-url is the address of a server that a model is at",
            hint=f"--model with one of {', '.join((*API_PROVIDERS, *options.endpoints))}",
        )
    endpoint = {"provider": name, **options.endpoints.get(name, {}), "base_url": url}
    return attrs.evolve(options, endpoints={**options.endpoints, name: endpoint})


@attrs.define
class Providers:
    """Providers by name, each made once, so that all who ask one share its limits."""

    options: ClientOptions = attrs.field(factory=ClientOptions)
    instances: dict[str, Provider] = attrs.field(factory=dict)

    def get(self, name: str) -> Provider:
        """The provider of that name."""
        if name not in self.instances:
            self.instances[name] = create_provider(name, self.options)
        return self.instances[name]

    def for_model(self, model: str) -> Provider:
        """Who serves `provider:name`, or a model at an endpoint: `openai:name@endpoint`."""
        kind, colon, rest = canonical_model_name(model).partition(":")
        if not colon or not rest:
            raise UsageError(f"{model!r} is not a model: PROVIDER:NAME is needed")
        return self.get(kind)

    def close(self) -> None:
        """Let go of all connections."""
        for provider in self.instances.values():
            provider.close()

    def lost_answers(self) -> int:
        """Answers that were lost on the way and asked for again."""
        return sum(provider.lost_answers for provider in self.instances.values())
