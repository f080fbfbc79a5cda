"""When hosted models end, read from `endings.toml` beside this file; users may edit that file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from mi.errors import DeclarationError
from mi.providers.endings import Ending, EndingTable


@cache
def endings() -> EndingTable:
    """The table of endings, read on first use.

    Raises:
        DeclarationError: The file is not a valid table.
    """
    where = "registry/endings.toml"
    path = resources.files(__package__).joinpath("endings.toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return EndingTable(
            checked=str(table["checked"]),
            source=str(table["source"]),
            endings={
                f"{entry['provider']}:{model}": Ending(
                    shutdown=entry["shutdown"], last_training=entry.get("last_training")
                )
                for entry in table["ending"]
                for model in entry["models"]
            },
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeclarationError(f"is not a valid table of endings: {error}", where=where) from None
