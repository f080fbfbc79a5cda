"""Prices of hosted models, read from `prices.toml` beside this file; users may edit that file."""

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
    """The price table, read on first use.

    Raises:
        DeclarationError: The file is not a valid price table.
    """
    where = "registry/prices.toml"
    path = resources.files(__package__).joinpath("prices.toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        models = {name: Price(**figures) for name, figures in table["models"].items()}
        service = table["tinker"]
        models |= {
            name: _tinker_price(service, **figures) for name, figures in service["models"].items()
        }
        return PriceTable(
            checked=str(table["checked"]),
            source=table["source"],
            models=models,
            aliases=table.get("aliases", {}),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeclarationError(f"is not a valid price table: {error}", where=where) from None


def _tinker_price(
    service: Mapping[str, Any], *, prefill: float, sample: float, training: float
) -> Price:
    """The price of a model whose fine-tunes cost as much as the model itself.

    Args:
        service: The table of the service, with `checked` and `source`.
        prefill: US dollars per million prompt tokens.
        sample: US dollars per million sampled tokens.
        training: US dollars per million training tokens.
    """
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
