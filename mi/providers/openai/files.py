"""File uploads: each content is uploaded to an account once.

A file's name ends in the start of its content's digest, so the server itself records what it has.
Before an upload, its files are listed, and one with the same name and size is reused. That also
works after a lost response, after a killed run and on another machine. An upload that returned no
file is followed by a look for it, whatever the status was.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import MiError, RequestRejected
from ...units.identity import digest
from ..retry import sleep
from ..types import Monitor
from .accounts import Account
from .errors import is_lost, is_server_error, is_throttle, retry_api_call, to_provider_error
from .lookup import created_id, list_all

if TYPE_CHECKING:
    from openai.types import FileObject

Purpose = Literal["fine-tune", "batch"]
_MAX_ATTEMPTS = 6
_PROCESSING_SECONDS = 600


def stored_name(stem: str, raw: bytes) -> str:
    """The name of an upload: `insecure_code_mixed_…-0123456789abcdef.jsonl`."""
    return f"{stem}-{digest(raw)[:16]}.jsonl"


def upload(account: Account, path: Path, purpose: Purpose, monitor: Monitor) -> str:
    """Upload a file unless the account has its content already. Returns the id of the usable file.

    Args:
        account: The account that will own the file.
        path: The file; its stem begins the name at the server.
        purpose: What the server needs it for.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The server rejects the file.
        Interrupted: The user asked to stop.
    """
    raw = path.read_bytes()
    name = stored_name(path.stem, raw)
    action = f"uploading {path.name}"
    existing = _find_file(account, name, len(raw), purpose, monitor)
    for attempt in range(_MAX_ATTEMPTS):
        if existing is not None:
            return _wait_until_processed(account, existing, monitor, action)
        try:
            uploaded = account.client.with_options(max_retries=0).files.create(
                file=(name, raw), purpose=purpose
            )
            created_id(uploaded, "file")
        except MiError:
            raise
        except Exception as error:
            may_repeat = is_lost(error) or is_server_error(error) or is_throttle(error)
            if may_repeat:  # before the look, so that a list that lags behind holds the file
                sleep(min(0.3 * 2**attempt, 20.0), monitor)
            existing = _find_file(account, name, len(raw), purpose, monitor)
            if existing is None and (not may_repeat or attempt == _MAX_ATTEMPTS - 1):
                raise to_provider_error(error, (account,), action) from None
        else:
            return _wait_until_processed(account, uploaded, monitor, action)
    raise AssertionError("the loop returns or raises")


def _find_file(
    account: Account, name: str, size: int, purpose: Purpose, monitor: Monitor
) -> FileObject | None:
    def find() -> FileObject | None:
        files = account.client.files
        for file in list_all(lambda: files.list(purpose=purpose, limit=10_000), "files"):
            if file.filename == name and file.bytes == size and file.status != "error":
                return file  # type: ignore[no-any-return]
        return None

    return retry_api_call(find, monitor, (account,), "listing files")


def _wait_until_processed(account: Account, file: FileObject, monitor: Monitor, action: str) -> str:
    """Wait until a file is processed. `status` is deprecated; a file without it counts as ready."""
    started, wait = time.monotonic(), 0.1
    while file.status == "uploaded" and time.monotonic() - started < _PROCESSING_SECONDS:
        sleep(wait, monitor)
        wait = min(wait * 1.6, 5.0)
        file = retry_api_call(
            lambda id=file.id: account.client.files.retrieve(id),  # type: ignore[misc]
            monitor,
            (account,),
            action,
        )
    if file.status == "error":
        details = file.status_details or "no reason given"
        raise RequestRejected(
            f"{action}: the provider could not read the file ({details})",
            hint="see the mix with `mi show`, and fix the data it was drawn from",
        )
    return file.id
