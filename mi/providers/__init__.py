"""Providers: what trains and samples models, by name and imported only when used."""

from __future__ import annotations

from importlib import import_module

from ..errors import UsageError
from ..names import nearest
from .base import Provider

KNOWN = {"local": ("mi.providers.local", "Local")}


def provider(name: str) -> Provider:
    """The provider called `name`.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in KNOWN:
        raise UsageError(f"there is no provider {name!r}", hint=nearest(name, KNOWN))
    module, attribute = KNOWN[name]
    made: Provider = getattr(import_module(module), attribute)()
    return made
