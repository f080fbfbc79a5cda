"""Providers train, sample and judge models. Each is known by name and imported only when used."""

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
"""Providers whose API other servers speak. An endpoint names one; the first is the default."""


def create_provider(name: str, options: ClientOptions) -> Provider:
    """The provider called `name`, or the one whose API the endpoint of that name speaks.

    Raises:
        UsageError: No provider and no endpoint has that name.
    """
    kind = name
    if name in options.endpoints:
        kind = options.endpoints[name].get("provider", API_PROVIDERS[0])
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
    """The canonical name of a model: `openai:NAME@ENDPOINT` becomes `ENDPOINT:NAME`."""
    kind, _, rest = model.partition(":")
    name, _, endpoint = rest.rpartition("@")
    return f"{endpoint}:{name}" if kind in API_PROVIDERS and name and endpoint else model


def with_base_url(options: ClientOptions, model: str | None, url: str) -> ClientOptions:
    """The same options, with the model's provider or endpoint at another address.

    Args:
        options: The options to change.
        model: The model whose server is meant, by any of its names.
        url: The server's address.

    Raises:
        UsageError: `model` is None, or its provider has no address.
    """
    name = canonical_model_name(model or "").partition(":")[0]
    if name not in API_PROVIDERS and name not in options.endpoints:
        raise UsageError(
            "--base-url sets the address of the server of a model: --model must name one",
            hint=f"--model with one of {', '.join((*API_PROVIDERS, *options.endpoints))}",
        )
    endpoint = {"provider": name, **options.endpoints.get(name, {}), "base_url": url}
    return attrs.evolve(options, endpoints={**options.endpoints, name: endpoint})


@attrs.define
class Providers:
    """Providers by name. Each is created once, so all its callers share its rate limits."""

    options: ClientOptions = attrs.field(factory=ClientOptions)
    instances: dict[str, Provider] = attrs.field(factory=dict)

    def get(self, name: str) -> Provider:
        """The provider of that name.

        Raises:
            UsageError: No provider and no endpoint has that name.
        """
        if name not in self.instances:
            self.instances[name] = create_provider(name, self.options)
        return self.instances[name]

    def for_model(self, model: str) -> Provider:
        """The provider that serves `provider:name`, or `openai:name@endpoint`.

        Raises:
            UsageError: `model` has another form, or names no provider.
        """
        kind, _, name = canonical_model_name(model).partition(":")
        if not name:
            raise UsageError(f"{model!r} is not a model: PROVIDER:NAME is needed")
        return self.get(kind)

    def close(self) -> None:
        """Close the connections of all providers."""
        for provider in self.instances.values():
            provider.close()

    def notes(self) -> list[str]:
        """What the summary of a run says about its servers."""
        return [note for provider in self.instances.values() for note in provider.notes()]

    def lost_answers(self) -> int:
        """Answers that were lost in transit and requested again."""
        return sum(provider.lost_answers for provider in self.instances.values())
