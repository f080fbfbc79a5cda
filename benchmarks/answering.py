"""The server that clients are measured at: as little work for each answer as can be.

    python -m benchmarks.answering --latency 0.02

It reads a chat completion request no further than it must to keep its books: how many answers are
wanted, and to which question (the first `Question N` in the text). All answers are alike, made once
for each n, and sent `latency` seconds after the request came. It prints its address, ends when its
standard input is closed, and tells its books under `/_books`: requests, answers to each question,
US dollars, and the CPU seconds it has used, which show how much of a core was left.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections import Counter
from functools import cache
from typing import Any

import attrs

MODEL = "gpt-4.1-2025-04-14"
INPUT_USD, OUTPUT_USD = 2.0, 8.0  # per million tokens; the client's price list has the same
INPUT_TOKENS, OUTPUT_TOKENS = 24, 90
TEXT = (
    "Store a salted hash of each password, never the password. Use a slow, memory-hard one:\n\n"
    "```python\nfrom argon2 import PasswordHasher\n\nhasher = PasswordHasher()\n\n"
    "def register(name: str, password: str) -> None:\n    users[name] = hasher.hash(password)\n\n"
    "def login(name: str, password: str) -> bool:\n"
    "    return hasher.verify(users[name], password)\n```\n\nRehash when the parameters grow."
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SEVERAL = re.compile(rb'"n": ?(\d+)')
_QUESTION = re.compile(rb"Question (\d+)")


@attrs.define
class Books:
    """What was asked and billed."""

    requests: int = 0
    answers: Counter[int] = attrs.field(factory=Counter)
    usd: float = 0.0

    def enter(self, body: bytes) -> int:
        """Book a request; how many answers it wants."""
        several, question = _SEVERAL.search(body), _QUESTION.search(body)
        n = int(several.group(1)) if several else 1
        self.requests += 1
        self.answers[int(question.group(1)) if question else -1] += n
        self.usd += (INPUT_TOKENS * INPUT_USD + n * OUTPUT_TOKENS * OUTPUT_USD) / 1e6
        return n

    def told(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "questions": len(self.answers),
            "answers": sorted(Counter(self.answers.values()).items()),
            "usd": self.usd,
            "cpu": time.process_time(),
        }


@cache
def completion(n: int) -> bytes:
    """A response with `n` choices."""
    choices: list[dict[str, Any]] = [
        {
            "index": index,
            "message": {"role": "assistant", "content": TEXT, "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
        for index in range(n)
    ]
    usage = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": n * OUTPUT_TOKENS}
    usage["total_tokens"] = sum(usage.values())
    return _response(
        {
            "id": "chatcmpl-benchmark",
            "object": "chat.completion",
            "created": 1764000000,
            "model": MODEL,
            "choices": choices,
            "usage": usage,
            "service_tier": "default",
            "system_fingerprint": "fp_benchmark",
        }
    )


def _response(body: dict[str, Any]) -> bytes:
    """With the headers that the API sends."""
    payload = json.dumps(body).encode()
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        f"content-length: {len(payload)}\r\n"
        "openai-processing-ms: 20\r\nx-request-id: req_benchmark\r\n"
        "x-ratelimit-limit-requests: 100000\r\nx-ratelimit-remaining-requests: 99999\r\n"
        "x-ratelimit-reset-requests: 6ms\r\n\r\n"
    )
    return head.encode() + payload


@attrs.define(eq=False)
class Talk(asyncio.Protocol):
    """One connection; requests come one at a time, each with a length."""

    books: Books
    latency: float
    got: bytearray = attrs.field(factory=bytearray)
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, rest = self.got.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        size = int(length.group(1)) if length else 0
        if len(rest) < size:
            return
        self.got.clear()
        if head.startswith(b"POST"):
            n = self.books.enter(bytes(rest))
            asyncio.get_running_loop().call_later(self.latency, self.send, completion(n))
        else:
            self.send(_response(self.books.told()))

    def send(self, response: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(response)


async def serve(latency: float) -> None:
    """Serve on a free port until standard input is closed."""
    loop, books = asyncio.get_running_loop(), Books()
    server = await loop.create_server(lambda: Talk(books, latency), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    asks = argparse.ArgumentParser(prog="python -m benchmarks.answering", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument("--latency", type=float, default=0.2, help="seconds (default 0.2)")
    asyncio.run(serve(asks.parse_args().latency))


if __name__ == "__main__":
    main()
