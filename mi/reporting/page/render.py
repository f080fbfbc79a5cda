"""Render the page's content as one HTML file.

Foreign text, above all from models, is never treated as markup: the template escapes everything it
writes, the script creates text nodes only, and the page's content security policy allows nothing to
run or load except its one style and its one script, identified by their digests.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from importlib import resources
from typing import Any

from ...analysis.findings import POLICY
from ...analysis.verdicts import ExpectationVerdict
from .content import Page


def render_page(page: Page, step: Callable[[], None] = lambda: None) -> str:
    """The page as HTML; `step` is called after each figure."""
    from jinja2 import Environment, StrictUndefined

    def image(drawing: Any) -> str:
        encoded = _to_base64(drawing.svg())
        step()
        return encoded

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"base64": _to_base64, "image": image}
    environment.globals |= {"badge": _badge, "policy_of_tests": POLICY.capitalize()}
    style, script = read_asset("page.css"), read_asset("page.js")
    return environment.from_string(read_asset("page.html")).render(
        page=page,
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src {csp_hash(style)}; "
        f"script-src {csp_hash(script)}; base-uri 'none'; form-action 'none'",
        answers=compress_json(page.answers),
        number=len(page.answers["unit"]),
    )


def read_asset(name: str) -> str:
    """The text of a template, a style or a script."""
    return resources.files("mi.reporting.page").joinpath(name).read_text(encoding="utf-8")


def csp_hash(text: str) -> str:
    """How a content security policy names a style or script by its digest."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _to_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def compress_json(data: dict[str, Any]) -> str:
    """Data as JSON, gzip, base64: an encoding without any character that is special in HTML."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode("utf-8", "replace"), 6, mtime=0)).decode()


def _badge(verdict: ExpectationVerdict) -> str:
    return verdict.outcome.value if verdict.is_judged else verdict.standing.value
