"""The server that clients are measured against, which does as little work per answer as possible.

    python -m benchmarks.chat_server --latency 0.02

It reads only as much of a chat completion request as its ledger needs: how many answers are
requested, and to which question (the first `Question N` in the text). All answers are alike, built
once for each n, and sent `latency` seconds after the request has arrived. The server prints its
address and ends when its standard input is closed. `/_books` returns its ledger: requests, answers
to each question, US dollars, and the CPU seconds it has used, which show how much of a core was
left.
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
_LENGTH_PATTERN = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_N_PATTERN = re.compile(rb'"n": ?(\d+)')
_QUESTION_PATTERN = re.compile(rb"Question (\d+)")


@attrs.define
class Ledger:
    """What was requested and billed."""

    requests: int = 0
    answers: Counter[int] = attrs.field(factory=Counter)
    usd: float = 0.0

    def record_request(self, body: bytes) -> int:
        """Record a request and return how many answers it asks for."""
        choices, question = _N_PATTERN.search(body), _QUESTION_PATTERN.search(body)
        n = int(choices.group(1)) if choices else 1
        self.requests += 1
        self.answers[int(question.group(1)) if question else -1] += n
        self.usd += (INPUT_TOKENS * INPUT_USD + n * OUTPUT_TOKENS * OUTPUT_USD) / 1e6
        return n

    def summary(self) -> dict[str, Any]:
        """The ledger as JSON values."""
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
    """An HTTP response with the headers that the API sends."""
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
class Connection(asyncio.Protocol):
    """One connection. Requests come one at a time, each with a content length."""

    ledger: Ledger
    latency: float
    buffer: bytearray = attrs.field(factory=bytearray)
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, content = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH_PATTERN.search(head)
        size = int(length.group(1)) if length else 0
        if len(content) < size:
            return
        self.buffer.clear()
        if head.startswith(b"POST"):
            n = self.ledger.record_request(bytes(content))
            asyncio.get_running_loop().call_later(self.latency, self.send, completion(n))
        else:
            self.send(_response(self.ledger.summary()))

    def send(self, response: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(response)


async def serve(latency: float) -> None:
    """Serve on a free port until standard input is closed."""
    loop, ledger = asyncio.get_running_loop(), Ledger()
    server = await loop.create_server(
        lambda: Connection(ledger, latency), "127.0.0.1", 0, backlog=1024
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat_server", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--latency", type=float, default=0.2, help="seconds (default 0.2)")
    asyncio.run(serve(parser.parse_args().latency))


if __name__ == "__main__":
    main()
