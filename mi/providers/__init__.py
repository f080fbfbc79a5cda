"""Providers: what trains and samples models, by name and imported only when used."""

from __future__ import annotations

from importlib import import_module

import attrs

from ..errors import UsageError, did_you_mean
from ..plugins import PROVIDERS, loaded, plugins
from .base import Provider
from .types import Terms

KNOWN = {
    "local": ("mi.providers.local", "Local"),
    "openai": ("mi.providers.openai", "OpenAI"),
    "tinker": ("mi.providers.tinker", "Tinker"),
}
SERVED = ("openai", "tinker")
"""Providers whose API other servers speak: an endpoint says which, the first one if it does not."""


def provider(name: str, terms: Terms) -> Provider:
    """The provider called `name`, or the one whose API the endpoint of that name speaks.

    Raises:
        UsageError: There is none of that name.
    """
    kind = terms.endpoints[name].get("provider", SERVED[0]) if name in terms.endpoints else name
    if kind in KNOWN:
        module, attribute = KNOWN[kind]
        kind_of = getattr(import_module(module), attribute)
    else:
        added = plugins(PROVIDERS)
        if kind not in added:
            known = {*KNOWN, *added, *terms.endpoints}
            close = did_you_mean(name, known)
            hint = f"{close}\n  → to use a server of your own, add [tool.mi.endpoints.{name}]"
            raise UsageError(f"there is no provider {name!r}", hint=hint)
        kind_of = loaded(added[kind])
    made: Provider = kind_of(name, terms)
    return made


def at_endpoint(model: str) -> str:
    """The one name of a model: `openai:NAME@ENDPOINT` is `ENDPOINT:NAME`."""
    kind, _, rest = model.partition(":")
    name, at, endpoint = rest.rpartition("@")
    return f"{endpoint}:{name}" if kind in SERVED and at and name and endpoint else model


def aimed(terms: Terms, model: str | None, url: str) -> Terms:
    """The same terms, with the model's provider or endpoint at another address.

    Raises:
        UsageError: No model is named, or its provider has no address.
    """
    name = at_endpoint(model or "").partition(":")[0]
    if name not in SERVED and name not in terms.endpoints:
        raise UsageError(
            "--base-url is the address of a server that a model is at",
            hint=f"--model with one of {', '.join((*SERVED, *terms.endpoints))}",
        )
    there = {"provider": name, **terms.endpoints.get(name, {}), "base_url": url}
    return attrs.evolve(terms, endpoints={**terms.endpoints, name: there})


@attrs.define
class Providers:
    """Providers by name, each made once, so that all who ask one share its limits."""

    terms: Terms = attrs.field(factory=Terms)
    made: dict[str, Provider] = attrs.field(factory=dict)

    def called(self, name: str) -> Provider:
        """The provider of that name."""
        if name not in self.made:
            self.made[name] = provider(name, self.terms)
        return self.made[name]

    def named(self, model: str) -> Provider:
        """Who serves `provider:name`, or a model at an endpoint: `openai:name@endpoint`."""
        kind, colon, rest = at_endpoint(model).partition(":")
        if not colon or not rest:
            raise UsageError(f"{model!r} is not a model: PROVIDER:NAME is needed")
        return self.called(kind)

    def close(self) -> None:
        """Let go of all connections."""
        for one in self.made.values():
            one.close()

    def lost(self) -> int:
        """Answers that were lost on the way and asked for again."""
        return sum(getattr(one, "lost", 0) for one in self.made.values())
