"""The console for people: rich's, with control characters of what it prints shown, not obeyed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from .terminal import escape_controls


class TerminalConsole(Console):
    """A console that styles text itself and escapes the text.

    Texts are escaped before they are laid out, so that what is shown has the width that was
    measured, and again as segments, whatever made them.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Render markup; see `rich.console.Console.render_str`."""
        return super().render_str(escape_controls(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render anything as segments; see `rich.console.Console.render`."""
        if isinstance(renderable, Text):
            renderable = _escape_text(renderable)
        for segment in super().render(renderable, options):
            text = escape_controls(segment.text)
            is_same = segment.control or text is segment.text
            yield segment if is_same else Segment(text, segment.style)


def _escape_text(text: Text) -> Text:
    plain = escape_controls(text.plain)
    if plain == text.plain:
        return text
    return text.blank_copy(plain)  # styles of its parts would be at other places
