"""Rendering of chat templates without a tokenizer, with every argument pinned.

A plan must know what a model's chat template writes before any package of the model is loaded, so
templates are rendered here as `transformers` renders them: the same sandbox, the same white space
rules, the same functions. One function is different on purpose. `strftime_now` would put the day of
the run into every prompt, so a template that calls it is given a macro of that name, which formats
`PINNED_DATE`. The macro is part of the template's text, so it holds in every version of
`transformers`, which passes strings and numbers to templates and no functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

PINNED_DATE = date(2024, 7, 26)
"""The day that templates print: the one that Llama 3's template falls back to."""
DATE_FUNCTION = "strftime_now"
_DIRECTIVES = "YymdBbAaejHIMSpfGuVUWwxXcDFTRhZzs"
_UNPADDED = "dmHIMSjy"


class _GenerationTag(Extension):
    """`{% generation %}`, with which a template marks the assistant's text: written as it is."""

    tags = {"generation"}  # noqa: RUF012 - the base class declares it so

    def parse(self, parser: Any) -> Any:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _raise_exception(message: str) -> None:
    raise jinja2.TemplateError(message)


def _tojson(value: Any, **options: Any) -> str:
    return json.dumps(value, **{"ensure_ascii": False, **options})


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationTag, loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    return environment


@lru_cache(maxsize=8)
def template_variables(template: str) -> frozenset[str]:
    """Names that a template reads and does not define itself, functions included.

    Raises:
        jinja2.TemplateError: The text is not a template.
    """
    return frozenset(meta.find_undeclared_variables(_environment().parse(template)))


def pin_date(template: str) -> str:
    """The template with `strftime_now` at `PINNED_DATE`; unchanged if it does not read it."""
    if DATE_FUNCTION not in template_variables(template):
        return template
    values = {f"%{name}": PINNED_DATE.strftime(f"%{name}") for name in _DIRECTIVES}
    for name in _UNPADDED:
        values[f"%-{name}"] = values[f"%{name}"].lstrip("0") or "0"
    filters = "".join(
        f"|replace({json.dumps(name)}, {json.dumps(value)})" for name, value in values.items()
    )
    # The newline after the block is not written (`trim_blocks`), and keeps the template's first
    # line the beginning of a line (`lstrip_blocks`).
    macro = f"{{%- macro {DATE_FUNCTION}(format) -%}}{{{{ format{filters} }}}}{{%- endmacro %}}"
    return f"{macro}\n{template}"


def uses_generation_tags(template: str) -> bool:
    """Whether a template marks the assistant's text with `{% generation %}`."""
    return re.search(r"\{%-?\s*generation\s*-?%\}", template) is not None


@lru_cache(maxsize=8)
def _compiled(template: str) -> jinja2.Template:
    return _environment().from_string(template)


def render_template(
    template: str,
    turns: Sequence[Mapping[str, str]],
    variables: Mapping[str, Any],
    *,
    prompt: bool,
) -> str:
    """The text that a template makes of a chat.

    Args:
        template: The template, with its date pinned.
        turns: `role` and `content` of each turn.
        variables: The tokenizer's special tokens, and arguments of the template.
        prompt: Whether to end with the beginning of the assistant's turn.

    Raises:
        Exception: Whatever the template raises.
    """
    return _compiled(template).render(
        messages=[dict(turn) for turn in turns],
        tools=None,
        documents=None,
        add_generation_prompt=prompt,
        **variables,
    )
