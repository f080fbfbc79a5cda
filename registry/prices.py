"""Prices of hosted models, from `prices.toml` beside this file, which is there to be edited."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from mi.errors import DeclarationError
from mi.money import Price, Prices


@cache
def prices() -> Prices:
    """The table, read when first asked for.

    Raises:
        DeclarationError: The file is no price table.
    """
    where = "registry/prices.toml"
    path = resources.files("registry").joinpath("prices.toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        models = {name: Price(**figures) for name, figures in table["models"].items()}
        return Prices(
            checked=str(table["checked"]),
            source=table["source"],
            models=models,
            aliases=table.get("aliases", {}),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeclarationError(f"not a price table: {error}", where=where) from None
