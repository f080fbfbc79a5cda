"""Print lines for people, and log each of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

LOG = logging.getLogger("mi")
"""Records every printed line, for `--log-file`."""


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print and log a line verbatim: brackets are not markup, and numbers get no colour.

    A terminal wraps long lines between words; a pipe gets them unwrapped.

    Args:
        console: Where to print.
        text: The line.
        style: A rich style, such as `red` or `dim`.
    """
    LOG.info(text)
    unwrapped = not console.is_terminal
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=unwrapped)
