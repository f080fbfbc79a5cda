"""The replies of the service, checked where they come in: what is no job, batch or list is refused.

The API's client builds its objects from any JSON: of `null` it makes None, of a list a list, and of
an object without a status a job that has none. Whoever reads it later fails in a way that nothing
has foreseen. So each reply that reports success is held against the shape of what was asked for.
One of another shape counts as a lost answer: the call is repeated if it is safe to repeat, and
whatever it may have created is looked for.

Completions do not come this way: `choices.parse_choices` reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...files import gate
from ...files.gate import Shape

if TYPE_CHECKING:
    import httpx2

_ITEM = Shape(noun="an item of a list", required={"id": gate.text}, others=gate.anything)
_STATED = Shape(
    noun="a job or a batch",
    required={"id": gate.text, "status": gate.text},
    allowed={
        "training_file": gate.text,
        "fine_tuned_model": gate.text,
        "output_file_id": gate.text,
        "error_file_id": gate.text,
        "result_files": gate.list_of(gate.text),
        "request_counts": Shape(
            noun="counts", required={"completed": gate.count, "total": gate.count}
        ).as_check(),
    },
    others=gate.anything,  # the tokens of a training too: a number that cannot be is estimated
)
_FILE = Shape(
    noun="a file",
    required={"id": gate.text},
    allowed={"status": gate.text, "filename": gate.text},
    others=gate.anything,
)


def _list_of(item: Shape) -> Shape:
    items = gate.list_of(item.as_check())
    return Shape(noun=f"a list of which each is {item.noun}", required={"data": items})


_REPLIES: tuple[tuple[str, str, Shape], ...] = (
    ("GET", r"/fine_tuning/jobs", _list_of(_STATED)),
    ("GET", r"/fine_tuning/jobs/[^/]+/(events|checkpoints)", _list_of(_ITEM)),
    ("GET|POST", r"/fine_tuning/jobs(/[^/]+(/cancel)?)?", _STATED),
    ("GET", r"/batches", _list_of(_STATED)),
    ("GET|POST", r"/batches(/[^/]+(/cancel)?)?", _STATED),
    ("GET", r"/files", _list_of(_FILE)),
    ("GET|POST", r"/files(/[^/]+)?", _FILE),
    ("GET", r"/models", _list_of(_ITEM)),
    ("GET", r"/models/.+", _ITEM),
)
"""Method, end of the path, and the shape of what is asked for; the first that matches counts."""


class NonsenseReply(json.JSONDecodeError):
    """A reply that is not what was asked for, though it reports success."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the server's answer {problem}", "", 0)


def check_replies(client: httpx2.Client) -> None:
    """Check the replies to a client, which makes a lost answer of an error.

    Args:
        client: The client. Limits of its responses are set before, so that they hold here too.
    """
    send = client.send

    def send_checked(request: Any, *, stream: bool = False, **options: Any) -> Any:
        response = send(request, stream=stream, **options)
        if not stream:
            check_reply(response)
        return response

    client.send = send_checked  # type: ignore[method-assign]


def check_reply(response: httpx2.Response) -> None:
    """Check a reply of the service.

    Raises:
        NonsenseReply: It reports success, and is not what was asked for.
    """
    shape = reply_shape(response.request.method, response.request.url.path)
    if shape is None or not 200 <= response.status_code < 300:
        return
    problem = reply_problem(response.content, shape)
    if problem is not None:
        raise NonsenseReply(problem)


def reply_shape(method: str, path: str) -> Shape | None:
    """The shape of the reply to a request; None if anything may come, such as a file's content."""
    for methods, pattern, shape in _REPLIES:
        if re.fullmatch(methods, method) and re.search(f"{pattern}/?$", path):
            return shape
    return None


def reply_problem(content: bytes, shape: Shape) -> str | None:
    """What is wrong with a reply, as the end of a sentence; None if nothing is."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return "is not valid JSON"
    return shape.problem(value) if isinstance(value, Mapping) else f"is not {shape.noun}"
