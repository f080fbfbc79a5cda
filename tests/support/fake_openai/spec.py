"""The API's own description, held against every exchange.

The description is large and slow to read, so the part of it that is served here is taken out once
and kept in the system's folder for temporary files, named by the digest of the whole. It says
`nullable` and `exclusiveMinimum: true` as OpenAPI 3.0 did, in a document of 3.1: both are put into
today's words. Requests may not hold fields the description does not know, as the API refuses them.

A shape (keys, types, and the values of a few fields that name a kind) that was found good once is
not looked at again, which makes the check cheap and lets a later number out of range pass.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SCHEME = "2"  # of the file kept; raise it when `extract` changes
TEMPLATES = (
    "/batches",
    "/batches/{batch_id}",
    "/batches/{batch_id}/cancel",
    "/chat/completions",
    "/files",
    "/files/{file_id}",
    "/files/{file_id}/content",
    "/fine_tuning/jobs",
    "/fine_tuning/jobs/{fine_tuning_job_id}",
    "/fine_tuning/jobs/{fine_tuning_job_id}/cancel",
    "/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints",
    "/fine_tuning/jobs/{fine_tuning_job_id}/events",
    "/models",
    "/models/{model}",
)
SCHEMAS = "#/components/schemas/"
NOISE = ("description", "title", "example", "examples", "default", "discriminator", "deprecated")
KINDS = frozenset({"role", "object", "type", "status", "purpose", "finish_reason", "level"})
Schema = dict[str, Any]


def find() -> Path | None:
    """The description, in the shared folder beside the project; None where there is none."""
    beside = Path(__file__).resolve().parents[4] / "shared"
    path = Path(os.environ.get("MI_SHARED") or beside) / "spec" / "openai-openapi.yaml"
    return path if path.is_file() else None


@attrs.define
class Description:
    """Checks exchanges; `operations` is by method and path template."""

    operations: dict[str, Schema]
    components: dict[str, Schema]
    good: set[Any] = attrs.field(factory=set)
    validators: dict[str, Any] = attrs.field(factory=dict)

    @classmethod
    def load(cls) -> Description | None:
        path = find()
        if path is None:
            return None
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        kept = Path(tempfile.gettempdir()) / f"loopback-{SCHEME}-{digest}.json"
        if not kept.is_file():
            aside = kept.with_suffix(f".{os.getpid()}")
            aside.write_text(json.dumps(extract(path)), encoding="utf-8")
            aside.replace(kept)
        return cls(**json.loads(kept.read_text(encoding="utf-8")))

    def check(
        self,
        method: str,
        template: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        reply: Any = None,
    ) -> list[str]:
        """What is wrong with an exchange, in sentences; what is None is not looked at."""
        name = f"{method} {template}"
        operation = self.operations.get(name)
        if operation is None:
            return [f"{name}: the description knows no such operation"]
        parts = {"query": query or None, "body": body, "reply": reply}
        wrong: list[str] = []
        for part, value in parts.items():
            if value is None:
                continue
            shape = (name, part, _shape(value))
            if shape in self.good:
                continue
            found = [*self._unknown(operation, part, value), *self._errors(name, part, value)]
            if not found:
                self.good.add(shape)
            wrong += [f"{name} {part}: {error}" for error in found]
        return wrong

    def _unknown(self, operation: Schema, part: str, value: Any) -> Iterator[str]:
        if part == "reply" or not isinstance(value, Mapping):
            return
        known = set(self._properties(operation.get(part) or {}))
        for field in value:
            if field.partition("[")[0] not in known:
                yield f"unknown field {field!r}"

    def _properties(self, schema: Schema) -> Iterator[str]:
        yield from schema.get("properties", ())
        inner = [*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if reference := schema.get("$ref"):
            inner.append(self.components[reference.removeprefix(SCHEMAS)])
        for one in inner:
            yield from self._properties(one)

    def _errors(self, name: str, part: str, value: Any) -> Iterator[str]:
        validator = self._validator(name, part)
        if part == "query":
            value = _typed(value, self.operations[name]["query"].get("properties", {}))
        error = best_match(validator.iter_errors(value))
        if error is not None:
            yield f"{error.json_path}: {error.message[:300]}"

    def _validator(self, name: str, part: str) -> Any:
        if f"{name} {part}" not in self.validators:
            schema = self.operations[name].get(part) or {"not": {}}
            whole = {**schema, "components": {"schemas": self.components}}
            self.validators[f"{name} {part}"] = Draft202012Validator(whole)
        return self.validators[f"{name} {part}"]


def extract(path: Path) -> dict[str, Any]:
    """The operations served here, and every schema they reach."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(path.read_bytes(), Loader=loader)
    operations: dict[str, Schema] = {}
    for template in TEMPLATES:
        shared = document["paths"][template].get("parameters", [])
        for method in ("get", "post", "delete"):
            if operation := document["paths"][template].get(method):
                parts = _parts(operation, shared)
                operations[f"{method.upper()} /v1{template}"] = parts
    components: dict[str, Schema] = {}
    todo = set(_references(operations))
    while todo:
        name = todo.pop()
        components[name] = normal(document["components"]["schemas"][name])
        todo |= set(_references(components[name])) - components.keys()
    return {"operations": operations, "components": components}


def _parts(operation: Schema, shared: list[Schema]) -> Schema:
    parameters = [p for p in (*shared, *operation.get("parameters", ())) if p.get("in") == "query"]
    query = {
        "type": "object",
        "properties": {p["name"]: normal(p.get("schema", {})) for p in parameters},
        "required": [p["name"] for p in parameters if p.get("required")],
    }
    asked = operation.get("requestBody", {}).get("content", {})
    given = operation["responses"]["200"].get("content", {})
    parts: Schema = {"query": query}
    for part, content in (("body", asked), ("reply", given)):
        for kind in ("application/json", "multipart/form-data"):
            if kind in content:
                parts[part] = normal(content[kind]["schema"])
                break
    return parts


def normal(schema: Any) -> Any:
    """A schema in the words of Draft 2020-12, without what tells a reader only."""
    if isinstance(schema, list):
        return [normal(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Schema = {}
    for word, value in schema.items():
        if word in ("properties", "patternProperties", "$defs"):
            kept[word] = {name: normal(inner) for name, inner in value.items()}
        elif word in ("enum", "const", "required"):
            kept[word] = value
        elif word not in NOISE and not word.startswith("x-"):
            kept[word] = normal(value)
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if kept.get(bound) is True:
            kept[bound] = kept.pop(limit)
        elif kept.get(bound) is False:
            del kept[bound]
    if kept.pop("nullable", False):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.removeprefix(SCHEMAS)
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _typed(query: Mapping[str, str], properties: Mapping[str, Schema]) -> dict[str, Any]:
    """A query with its numbers as numbers and `name[key]` folded into objects."""
    typed: dict[str, Any] = {}
    for name, text in query.items():
        outer, bracket, key = name.partition("[")
        if bracket:
            typed.setdefault(outer, {})[key.rstrip("]")] = text
        elif properties.get(name, {}).get("type") == "integer" and text.lstrip("-").isdigit():
            typed[name] = int(text)
        else:
            typed[name] = text
    return typed


def _shape(value: Any, field: str = "") -> Any:
    if isinstance(value, Mapping):
        return tuple((name, _shape(inner, name)) for name, inner in value.items())
    if isinstance(value, list):
        return frozenset(_shape(inner) for inner in value)
    return (type(value).__name__, value) if field in KINDS else type(value).__name__
