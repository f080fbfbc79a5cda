r"""What reaches a terminal: text, and no control character that came with stored text.

An answer, a server's message or a title can hold escape sequences that recolour a screen, move the
cursor, fill the clipboard (OSC 52) or, as marks of writing direction, show words in another order
than they have. They are shown as JSON would write them (`\u001b`). Only what this program styles
itself reaches a terminal as it is: `mi.reporting.terminal_console` prints styled text whose parts
are escaped, and `escaping_streams` covers everything else that is printed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from ..files.secrets import redact_message

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ufeff\U000e0000-\U000e007f]|\r(?!\n)"
)
"""Controls of C0 and C1 but tab and line ends, marks of writing direction, and invisible tags."""


def escape_controls(text: str) -> str:
    """A text whose control characters are shown as JSON writes them; lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(_escape, text)


def escape_line(text: str) -> str:
    """A text on one line: its line ends and tabs are shown too."""
    return escape_controls(text).replace("\r", r"\r").replace("\n", r"\n").replace("\t", r"\t")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


class EscapingStream:
    """A text stream that escapes what is written to it; everything else is the stream's own.

    Args:
        stream: The stream.
        redacts: Whether secrets are taken out too, as an exception's text may hold some.
    """

    def __init__(self, stream: TextIO, *, redacts: bool = False) -> None:
        self.rich_proxied_file = stream
        """Where rich writes: what it prints is styled by this program and escaped before."""
        self._redacts = redacts

    def write(self, text: str) -> int:
        shown = redact_message(text) if self._redacts else text
        self.rich_proxied_file.write(escape_controls(shown))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


@contextmanager
def escaping_streams() -> Iterator[None]:
    """Escape what is printed to the standard streams while the context is open."""
    out, err = sys.stdout, sys.stderr
    escaping_out = cast(TextIO, EscapingStream(out))
    escaping_err = cast(TextIO, EscapingStream(err, redacts=True))
    sys.stdout, sys.stderr = escaping_out, escaping_err
    try:
        yield
    finally:
        if sys.stdout is escaping_out:
            sys.stdout = out
        if sys.stderr is escaping_err:
            sys.stderr = err
