"""What clients hand in to be worked on, read and refused as the API would."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fake_openai.files import Stored
from tests.support.fake_openai.wire import Refusal

LEAST_ROWS = 10
ENDPOINT = "/v1/chat/completions"
Lines = list[dict[str, Any]]


def asked_hyperparameters(body: dict[str, Any]) -> dict[str, Any]:
    """From `method`, or from the older `hyperparameters`; "auto" where nothing is said."""
    method = body.get("method") or {}
    if method and method.get("type") != "supervised":
        raise Refusal(400, f"Unknown method: {method.get('type')}", param="method")
    asked = (method.get("supervised") or {}).get("hyperparameters")
    asked = asked or body.get("hyperparameters") or {}
    names = ("n_epochs", "batch_size", "learning_rate_multiplier")
    return {name: asked.get(name, "auto") for name in names}


def read_rows(file: Stored) -> list[dict[str, Any]]:
    """The chats of a training file, refused where they are no chats or too few."""

    def refuse(message: str, code: str) -> Refusal:
        return Refusal(400, f"{file.id}: {message}", code=code, param="training_file")

    rows = []
    for number, line in enumerate(file.content.decode(errors="replace").splitlines(), 1):
        try:
            row = json.loads(line)
            roles = {message["role"] for message in row["messages"]}
        except (ValueError, KeyError, TypeError):
            raise refuse(f"line {number} is no chat", "invalid_file_format") from None
        if "assistant" not in roles:
            raise refuse(f"line {number} has no assistant message", "invalid_file_format")
        rows.append(row)
    if len(rows) < LEAST_ROWS:
        message = f"has {len(rows)} example(s), but must have at least {LEAST_ROWS} examples"
        raise refuse(message, "invalid_n_examples")
    return rows


def read_requests(content: bytes) -> tuple[Lines, Lines]:
    """The requests of a batch file, and what is wrong with it."""
    requests: Lines = []
    errors: Lines = []
    seen: set[str] = set()
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        try:
            request = json.loads(line)
            name, fits = request["custom_id"], request["url"] == ENDPOINT
            fits = fits and request["method"] == "POST" and isinstance(request["body"], dict)
        except (ValueError, KeyError, TypeError):
            name, fits = "", False
        if not fits:
            code, message = "invalid_json_line", "This line is no request to this endpoint."
        elif name in seen:
            code, message = "duplicate_custom_id", f"The custom_id {name} was used before."
        else:
            seen.add(name)
            requests.append(request)
            continue
        errors.append({"code": code, "message": message, "param": None, "line": number})
    if not requests and not errors:
        errors.append({"code": "empty_file", "message": "The file is empty.", "param": None})
    return requests, errors
