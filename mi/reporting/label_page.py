"""A page on which answers are labelled: one HTML file that needs no network and no server.

It keeps labels in the browser as they are given, and saves them as the file that `mi calibrate`
reads. Answers are foreign text: the script creates text nodes only, and the page's content security
policy allows nothing to run or load except its own style and script.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .page.render import compress_json, csp_hash, read_asset


def render_label_page(items: Sequence[dict[str, Any]], question: str, file_name: str) -> str:
    """The page as HTML.

    Args:
        items: `answer`, `prompt`, `system` and `text` of each answer, in order.
        question: What is asked about each.
        file_name: What the file of labels is called.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style, script = read_asset("label.css"), read_asset("label.js")
    return environment.from_string(read_asset("label.html")).render(
        style=style,
        script=script,
        question=question,
        policy=f"default-src 'none'; style-src {csp_hash(style)}; script-src {csp_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        content=compress_json({"items": list(items), "file": file_name}),
    )
