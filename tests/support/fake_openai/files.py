"""Files of an account: uploads that are ready after a while, and what jobs and batches leave."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import attrs

from tests.support.fake_openai.books import Books, Upload
from tests.support.fake_openai.options import Options
from tests.support.fake_openai.wire import Call, Refusal, Reply, missing, new_id, page, required

UPLOAD_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


@attrs.define(kw_only=True)
class Stored:
    """A file; `sha256` is that of its content."""

    id: str
    account: str
    name: str
    purpose: str
    content: bytes
    created: float
    ready: float
    read: Callable[[], None] | None = None
    """Called when its content was first downloaded in full."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def processed(self) -> bool:
        return time.time() >= self.ready

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": int(self.created),
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed" if self.processed else "uploaded",
        }


@attrs.define
class Files:
    """The store of all accounts' files, in order of creation."""

    options: Options
    books: Books
    stored: dict[str, Stored] = attrs.field(factory=dict)
    made: int = 0
    uploaded: int = 0

    def keep(
        self, account: str, name: str, purpose: str, content: bytes, *, after: float = 0.0
    ) -> Stored:
        """Store a file that is processed `after` seconds."""
        self.made += 1
        now = time.time()
        file = Stored(
            id=new_id("file-", account, self.made, hashlib.sha256(content).hexdigest()),
            account=account,
            name=name,
            purpose=purpose,
            content=content,
            created=now,
            ready=now + after,
        )
        self.stored[file.id] = file
        return file

    def find(self, account: str, name: str) -> Stored:
        file = self.stored.get(name)
        if file is None or file.account != account:
            raise missing("File object", name)
        return file

    def usable(self, account: str, name: str, purpose: str, param: str) -> Stored:
        """A processed file of this purpose, as an input of a job."""
        file = self.find(account, name)
        if file.purpose != purpose:
            message = f"File '{name}' has purpose '{file.purpose}', expected '{purpose}'."
            raise Refusal(400, message, param=param, code="invalid_file_purpose")
        if not file.processed:
            message = f"File '{name}' is still being processed and is not ready to be used."
            raise Refusal(400, message, param=param, code="file_not_ready")
        return file

    def create(self, call: Call) -> Reply:
        purpose = required(call.body, "purpose")
        if purpose not in UPLOAD_PURPOSES:
            raise Refusal(400, f"'{purpose}' is not one of {UPLOAD_PURPOSES}", param="purpose")
        if call.file is None:
            raise Refusal(400, "'file' is a required property", param="file")
        wait = self.options.uploads_seconds
        file = self.keep(call.account, call.filename, purpose, call.file, after=wait)
        upload = Upload(
            account=call.account,
            sha256=file.sha256,
            bytes=len(call.file),
            id=file.id,
            purpose=purpose,
        )
        self.books.add("uploads", upload)
        self.uploaded += 1
        fault = "reset" if self.uploaded <= self.options.faults.drop_uploads else ""
        return Reply(file.view(), fault=fault, delivered=lambda: setattr(upload, "delivered", True))

    def listing(self, call: Call) -> Reply:
        purpose = call.query.get("purpose")
        mine = [
            file
            for file in self.stored.values()
            if file.account == call.account and purpose in (None, file.purpose)
        ]
        if call.query.get("order", "desc") == "desc":
            mine.reverse()
        chosen, more = page(mine, call.query, lambda file: file.id, limit=10_000)
        data = [file.view() for file in chosen]
        ends = {
            "first_id": data[0]["id"] if data else "",
            "last_id": data[-1]["id"] if data else "",
        }
        return Reply({"object": "list", "data": data, **ends, "has_more": more})

    def retrieve(self, call: Call) -> Reply:
        return Reply(self.find(call.account, call.names["file_id"]).view())

    def delete(self, call: Call) -> Reply:
        file = self.find(call.account, call.names["file_id"])
        del self.stored[file.id]
        return Reply({"id": file.id, "object": "file", "deleted": True})

    def content(self, call: Call) -> Reply:
        file = self.find(call.account, call.names["file_id"])

        def delivered() -> None:
            if file.read is not None:
                file.read()
                file.read = None

        return Reply(file.content, delivered=delivered)
