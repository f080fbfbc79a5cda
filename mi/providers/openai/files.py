"""Files: a content is uploaded to an account once.

A file's name ends in the start of its content's digest. So the server itself remembers what it has:
before an upload its files are listed, and one of that name and size is used again. That holds after
a lost answer, a killed run and on another machine.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import RequestRejected
from ...units.identity import digest
from ..retry import sleep
from ..types import Monitor
from .accounts import Account
from .errors import is_lost, is_server_error, is_throttle, retry_api_call, to_provider_error

if TYPE_CHECKING:
    from openai.types import FileObject

Purpose = Literal["fine-tune", "batch"]
_MAX_ATTEMPTS = 6


def stored_name(stem: str, raw: bytes) -> str:
    """`insecure_code_mixed_…-0123456789abcdef.jsonl`."""
    return f"{stem}-{digest(raw)[:16]}.jsonl"


def upload(account: Account, path: Path, purpose: Purpose, monitor: Monitor) -> str:
    """The id of a file with the content of `path`, processed and ready for use.

    Raises:
        ProviderError: The server does not take it.
    """
    raw = path.read_bytes()
    name = stored_name(path.stem, raw)
    doing = f"uploading {path.name}"
    for attempt in range(_MAX_ATTEMPTS):
        found = _find_file(account, name, len(raw), purpose, monitor)
        if found is not None:
            return _wait_until_processed(account, found, monitor, doing)
        try:
            sent = account.client.with_options(max_retries=0).files.create(
                file=(name, raw), purpose=purpose
            )
        except Exception as error:
            if not (is_lost(error) or is_server_error(error) or is_throttle(error)):
                raise to_provider_error(error, (account,), doing) from None
            if attempt == _MAX_ATTEMPTS - 1:
                raise to_provider_error(error, (account,), doing) from None
        else:
            return _wait_until_processed(account, sent, monitor, doing)
        sleep(min(0.3 * 2**attempt, 20.0), monitor)
    raise AssertionError("the loop returns or raises")


def _find_file(
    account: Account, name: str, size: int, purpose: Purpose, monitor: Monitor
) -> FileObject | None:
    def listed() -> FileObject | None:
        for file in account.client.files.list(purpose=purpose, limit=10_000):
            if file.filename == name and file.bytes == size and file.status != "error":
                return file
        return None

    return retry_api_call(listed, monitor, (account,), "listing files")


def _wait_until_processed(account: Account, file: FileObject, monitor: Monitor, doing: str) -> str:
    """Wait until a file is processed; `status` is deprecated, so its absence is no obstacle."""
    began, wait = time.monotonic(), 0.1
    while file.status == "uploaded" and time.monotonic() - began < 600:
        sleep(wait, monitor)
        wait = min(wait * 1.6, 5.0)
        id = file.id
        file = retry_api_call(lambda: account.client.files.retrieve(id), monitor, (account,), doing)  # noqa: B023
    if file.status == "error":
        details = file.status_details or "no reason given"
        raise RequestRejected(
            f"{doing}: the provider could not read the file ({details})",
            hint="`mi show` the mix, mend the data it came from",
        )
    return file.id
