"""A web application in a thread of its own, at a free port of this machine."""

from __future__ import annotations

import asyncio
import threading
from typing import Self

from aiohttp import web


class Hosted:
    """Serves `application()` while the `with` block lasts."""

    url: str = ""

    def application(self) -> web.Application:
        raise NotImplementedError

    async def begin(self) -> None:
        """Called on the loop before it serves."""

    async def end(self) -> None:
        """Called on the loop after it served."""

    def __enter__(self) -> Self:
        started = threading.Event()
        self._over = asyncio.Event()
        serving = self._serve(started)
        self._thread = threading.Thread(target=asyncio.run, args=(serving,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *rest: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        await self.begin()
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        started.set()
        await self._over.wait()
        await runner.cleanup()
        await self.end()
