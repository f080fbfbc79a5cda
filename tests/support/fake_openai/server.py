"""The server: a thread with its own event loop, and the endpoints behind one door."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import attrs
from aiohttp import web

from mi.providers.probe import remember_probe
from tests.support.fake_openai.batches import Batches
from tests.support.fake_openai.books import Books
from tests.support.fake_openai.chat import Chat
from tests.support.fake_openai.door import CHAT, Door, Endpoint
from tests.support.fake_openai.files import Files
from tests.support.fake_openai.jobs import Jobs
from tests.support.fake_openai.models import Models
from tests.support.fake_openai.options import Options
from tests.support.fake_openai.spec import Description
from tests.support.probes import passed_probe

LARGEST_UPLOAD = 512 * 1024 * 1024
SPARE = 0.01  # seconds a timer comes after its time, as the clocks are not one


@attrs.define(kw_only=True, eq=False)
class Loopback(Options):
    """Stands in for the API while the `with` block lasts.

    Leaving the block raises an AssertionError when an exchange broke the API's description (or the
    server itself failed), unless another exception is under way.
    """

    books: Books = attrs.field(factory=Books, init=False)
    violations: list[str] = attrs.field(factory=list, init=False)
    _description: Description | None = attrs.field(factory=Description.load, init=False)
    _door: Door = attrs.field(init=False)
    _endpoints: dict[tuple[str, str], Endpoint] = attrs.field(factory=dict, init=False)
    _probes: str = attrs.field(default="", init=False)
    _address: str = attrs.field(default="", init=False)
    _loop: asyncio.AbstractEventLoop = attrs.field(init=False)
    _thread: threading.Thread = attrs.field(init=False)
    _failure: BaseException | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        models = Models(self)
        files = Files(self, self.books)
        chat = Chat(self, self.books, models)
        self._door = Door(self, self.books, self._description, self.violations)
        jobs = Jobs(self, self.books, files, models, self._later)
        batches = Batches(self, self.books, files, chat, self._later, self._door.inspect_line)
        self._endpoints = _endpoints(models, files, chat, jobs, batches)

    @property
    def url(self) -> str:
        return f"{self._address}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """What points a subprocess that uses the `openai` client here."""
        names = ["OPENAI_API_KEY", *(f"OPENAI_API_KEY_{n}" for n in range(1, len(self.keys)))]
        keys = dict(zip(names, self.keys, strict=True))
        probe = {"MI_PROBE": "0"} if self.probed else {}
        return {"OPENAI_BASE_URL": self.url, "MI_PROBES": self._probe_directory(), **probe, **keys}

    def _probe_directory(self) -> str:
        """A folder with what a client remembers of this server."""
        if not self._probes:
            self._probes = tempfile.mkdtemp(prefix="loopback-probes-")
            for model in Models(self).base() if self.probed else ():
                remember_probe(passed_probe(self.url, model), Path(self._probes))
        return self._probes

    @property
    def validated(self) -> bool:
        """Whether exchanges are held against the API's description."""
        return self._description is not None

    def __enter__(self) -> Loopback:
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name="loopback", daemon=True
        )
        self._thread.start()
        started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._loop.call_soon_threadsafe(self._door.closing.set)
        self._thread.join()
        shutil.rmtree(self._probes or "/nonexistent", ignore_errors=True)
        if self.violations and kind is None:
            raise AssertionError("exchanges broke the description:\n" + "\n".join(self.violations))

    def _run(self, started: threading.Event) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as failure:
            self._failure = failure
            started.set()

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=LARGEST_UPLOAD)
        app.router.add_get("/_books", self._tell)
        for (method, template), endpoint in self._endpoints.items():
            pattern = template.replace("{model}", "{model:.+}")
            app.router.add_route(method, pattern, self._door.through(template, endpoint))
        app.router.add_route("*", "/{path:.*}", self._door.through("?"))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024).start()
        host, port = runner.addresses[0][:2]
        self._address = f"http://{host}:{port}"
        started.set()
        await self._door.closing.wait()
        await runner.cleanup()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        def safely() -> None:
            try:
                what()
            except Exception:
                self._door.failed()

        self._loop.call_later(max(0.0, seconds) + SPARE, safely)

    async def _tell(self, request: web.Request) -> web.Response:
        while self.books.writing:
            await asyncio.sleep(0.001)
        return web.json_response({**self.books.as_json(), "violations": self.violations})


def _endpoints(
    models: Models, files: Files, chat: Chat, jobs: Jobs, batches: Batches
) -> dict[tuple[str, str], Endpoint]:
    job, batch = "/v1/fine_tuning/jobs/{fine_tuning_job_id}", "/v1/batches/{batch_id}"
    return {
        ("POST", CHAT): chat.create,
        ("GET", "/v1/models"): models.listing,
        ("GET", "/v1/models/{model}"): models.retrieve,
        ("POST", "/v1/files"): files.create,
        ("GET", "/v1/files"): files.listing,
        ("GET", "/v1/files/{file_id}"): files.retrieve,
        ("DELETE", "/v1/files/{file_id}"): files.delete,
        ("GET", "/v1/files/{file_id}/content"): files.content,
        ("POST", "/v1/fine_tuning/jobs"): jobs.create,
        ("GET", "/v1/fine_tuning/jobs"): jobs.listing,
        ("GET", job): jobs.retrieve,
        ("POST", f"{job}/cancel"): jobs.cancel,
        ("GET", f"{job}/events"): jobs.events,
        ("GET", f"{job}/checkpoints"): jobs.checkpoints,
        ("POST", "/v1/batches"): batches.create,
        ("GET", "/v1/batches"): batches.listing,
        ("GET", batch): batches.retrieve,
        ("POST", f"{batch}/cancel"): batches.cancel,
    }
