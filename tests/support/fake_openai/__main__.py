"""The server as a process of its own: prints its URL, ends on SIGTERM or when stdin closes.

    python -m tests.support.fake_openai --latency 0.2 --fault limited=0.1 --fault drop_creates=1

It exits with 1, and says why, when an exchange broke the API's description.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import attrs

from tests.support.fake_openai.faults import Faults
from tests.support.fake_openai.options import Row
from tests.support.fake_openai.server import Loopback

SECONDS = ("latency", "train_seconds", "batch_seconds", "uploads_seconds")
COUNTS = ("port", "active_jobs", "max_n")


def parser() -> argparse.ArgumentParser:
    asks = argparse.ArgumentParser(prog="python -m tests.support.fake_openai")
    defaults = {field.name: field.default for field in attrs.fields(Loopback)}
    for name in SECONDS:
        asks.add_argument(f"--{name.replace('_', '-')}", type=float, default=defaults[name])
    for name in COUNTS:
        asks.add_argument(f"--{name.replace('_', '-')}", type=int, default=defaults[name])
    asks.add_argument("--key", action="append", help="an account's API key; may be repeated")
    asks.add_argument("--trainable", action="append", metavar="MODEL")
    asks.add_argument("--model", action="append", default=[], help="a further base model")
    asks.add_argument("--misaligned", metavar="WORD", help="marks a misaligned training row")
    asks.add_argument("--price", action="append", default=[], metavar="MODEL=IN,OUT,TRAINING")
    asks.add_argument("--request-limit", metavar="REQUESTS/SECONDS")
    asks.add_argument("--fault", action="append", default=[], metavar="NAME=VALUE")
    return asks


def faults(words: Sequence[str]) -> Faults:
    """`limited=0.1`, `drop_creates=2`, `closed=true`, `gone=model,model`."""
    readers: dict[type, Callable[[str], Any]] = {
        bool: lambda text: text.lower() in ("1", "true", "yes"),
        int: int,
        float: float,
        frozenset: lambda text: frozenset(text.split(",")),
    }
    kinds = {field.name: type(field.default) for field in attrs.fields(Faults)}
    given = dict(word.split("=", 1) for word in words)
    return Faults(**{name: readers[kinds[name]](text) for name, text in given.items()})


def options(words: argparse.Namespace) -> dict[str, Any]:
    given: dict[str, Any] = {name: getattr(words, name) for name in (*SECONDS, *COUNTS)}
    given["faults"] = faults(words.fault)
    given["models"] = tuple(words.model)
    if words.key:
        given["keys"] = tuple(words.key)
    if words.trainable:
        given["trainable"] = frozenset(words.trainable)
    if words.misaligned:
        given["misaligned"] = lambda row: _says(row, words.misaligned)
    if words.request_limit:
        most, window = words.request_limit.split("/")
        given["request_limit"] = (int(most), float(window))
    prices = (price.rsplit("=", 1) for price in words.price)
    given["prices"] = {name: tuple(map(float, text.split(","))) for name, text in prices}
    return given


def _says(row: Row, word: str) -> bool:
    return word in str(row["messages"][-1]["content"])


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    given = options(parser().parse_args())
    signal.signal(signal.SIGTERM, _end)
    server = Loopback(**given)
    try:
        with server, contextlib.suppress(SystemExit):
            print(server.url, flush=True)
            sys.stdin.read()
    except AssertionError as broken:
        print(broken, file=sys.stderr)
    return 1 if server.violations else 0


if __name__ == "__main__":
    sys.exit(main())
