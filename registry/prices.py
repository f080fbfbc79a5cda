"""Prices of hosted models, from `prices.toml` beside this file, which is there to be edited."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from mi.errors import DeclarationError
from mi.providers.pricing import Price, PriceTable


@cache
def prices() -> PriceTable:
    """The table, read when first asked for.

    Raises:
        DeclarationError: The file is no price table.
    """
    where = "registry/prices.toml"
    path = resources.files("registry").joinpath("prices.toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        models = {name: Price(**figures) for name, figures in table["models"].items()}
        service = table["tinker"]
        models |= {name: _tinker_price(service, **said) for name, said in service["models"].items()}
        return PriceTable(
            checked=str(table["checked"]),
            source=table["source"],
            models=models,
            aliases=table.get("aliases", {}),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeclarationError(f"not a price table: {error}", where=where) from None


def _tinker_price(
    service: Mapping[str, Any], *, prefill: float, sample: float, training: float
) -> Price:
    """The price of a model whose fine-tunes cost what it costs itself."""
    return Price(
        input=prefill,
        output=sample,
        training=training,
        tuned_input=prefill,
        tuned_output=sample,
        batch=1.0,
        checked=str(service["checked"]),
        source=service["source"],
    )
