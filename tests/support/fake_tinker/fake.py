"""A server that speaks the Tinker API and learns nothing: it keeps books of what it was asked.

It is as strict as the real ones: a request's sequence number is done once, a name is saved once,
weights are loaded before anything else. A model's state is how many steps it took; the likelihood
of a token follows from the token and that.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import attrs
from aiohttp import web

from tests.support.fake_tinker import wire
from tests.support.fake_tinker.hosting import Hosted

STAMP = "2026-11-01T00:00:00Z"
STOP = 2
"""The token that ends a turn of the tiny model."""


@attrs.define
class Run:
    """A training run: steps it began with and took, what it saved, by kind and name.

    It is spoilt when a step's gradients failed: as with the real ones, what stands behind goes on.
    """

    id: str
    base: str
    metadata: dict[str, str] | None
    began: int = 0
    steps: int = 0
    rows: int = 0
    spoilt: bool = False
    saved: dict[tuple[str, str], int] = attrs.field(factory=dict)
    done: dict[int, str] = attrs.field(factory=dict)

    @property
    def taken(self) -> int:
        """Steps it took itself."""
        return self.steps - self.began


class Fake(Hosted):
    """A server of the Tinker API.

    Args:
        keeps: Whether it keeps runs' metadata, as the hosted service does and SkyRL does not.
            One that does not samples from models of loaded runs only, as SkyRL does.
        scores: Whether it tells log-probabilities of given tokens.
        room: Training runs at once, at most.
        seconds: What a batch's gradients take.
        fails: Which batch's gradients fail at work, counted from 1; None: none.
    """

    def __init__(
        self,
        *,
        keeps: bool = True,
        scores: bool = True,
        room: int = 99,
        seconds: float = 0.0,
        fails: int | None = None,
    ) -> None:
        self.keeps, self.scores, self.room, self.seconds = keeps, scores, room, seconds
        self.fails, self.batches = fails, 0
        self.runs: dict[str, Run] = {}
        self.loaded: set[str] = set()
        self.sampled: list[tuple[str | None, int]] = []
        self.scored = 0
        self.results: dict[str, Any] = {}
        self.bad: set[tuple[str, str]] = set()
        self._paths: dict[str, str | None] = {}

    def application(self) -> web.Application:
        made = web.Application(client_max_size=1 << 28)
        post: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "client/config": lambda body: {},
            "create_session": lambda body: {"type": "create_session", "session_id": "s"},
            "session_heartbeat": lambda body: {"type": "session_heartbeat"},
            "create_model": self._create,
            "optim_step": self._step,
            "save_weights": lambda body: self._save(body, "weights"),
            "save_weights_for_sampler": lambda body: self._save(body, "sampler_weights"),
            "load_weights": self._load,
            "weights_info": self._info,
            "unload_model": self._unload,
            "create_sampling_session": self._session,
            "asample": self._sample,
        }
        for path, answer in post.items():
            made.router.add_post(f"/api/v1/{path}", _handler(answer))
        made.router.add_post("/api/v1/forward_backward", self._gradients)
        made.router.add_post("/api/v1/retrieve_future", self._retrieve)
        made.router.add_get("/api/v1/healthz", _handler(lambda body: {"status": "ok"}))
        made.router.add_get("/api/v1/get_server_capabilities", _handler(self._served))
        made.router.add_get("/api/v1/training_runs", self._listed)
        made.router.add_get("/api/v1/training_runs/{run}/checkpoints", self._checkpoints)
        return made

    def _served(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"supported_models": [{"model_name": "tiny"}]}

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        if len(self.loaded) >= self.room:
            raise _no(400, "Maximum number of LoRA adapters (4) reached")
        if body["base_model"] != "tiny":
            raise _no(404, f"no such model: {body['base_model']}")
        metadata = body.get("user_metadata") if self.keeps else None
        run = Run(f"run_{len(self.runs)}", body["base_model"], metadata)
        self.runs[run.id] = run
        self.loaded.add(run.id)
        return self._promise({"model_id": run.id, "type": "create_model"})

    async def _gradients(self, request: web.Request) -> web.Response:
        model, number, rows = wire.rows(await request.read())
        run = self._of(model)
        if number not in run.done:
            await asyncio.sleep(self.seconds)
            for tokens, targets, weights in rows:
                assert tokens[1:] == targets[:-1]
                assert len(weights) == len(targets)
            total = sum(sum(weights) for *_, weights in rows)
            assert abs(total - 1) < 1e-3, "a batch's weights sum to 1"
            run.rows += len(rows)
            self.batches += 1
            if self.batches == self.fails:
                run.spoilt = True
                no = {"error": "out of memory", "category": "server"}
                run.done[number] = self._promise(no)["request_id"]
                return web.json_response({"request_id": run.done[number], "model_id": model})
            logprobs = [[_likelihood(token, run.steps) for token in row[1]] for row in rows]
            run.done[number] = self._promise(wire.gradients(logprobs))["request_id"]
        return web.json_response({"request_id": run.done[number], "model_id": model})

    def _step(self, body: dict[str, Any]) -> dict[str, Any]:
        def step(run: Run) -> Any:
            assert body["adam_params"]["learning_rate"] > 0
            run.steps += 1
            return {"type": "optim_step", "metrics": {}}

        return self._once(body, step)

    def _save(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        run, name = self._of(body["model_id"]), body["path"]
        if (kind, name) in run.saved:
            raise _no(409, f"Checkpoint '{name}' already exists")
        run.saved[kind, name] = run.steps
        if run.spoilt:
            self.bad.add((run.id, name))
        sort = "save_weights" if kind == "weights" else "save_weights_for_sampler"
        return self._promise({"type": sort, "path": f"tinker://{run.id}/{kind}/{name}"})

    def _load(self, body: dict[str, Any]) -> dict[str, Any]:
        source, kind, name = body["path"].removeprefix("tinker://").split("/")

        def load(run: Run) -> Any:
            assert run.steps == 0
            run.spoilt = (source, name) in self.bad
            run.began = run.steps = self.runs[source].saved[kind, name]
            return {"type": "load_weights", "path": body["path"]}

        return self._once(body, load)

    def _info(self, body: dict[str, Any]) -> dict[str, Any]:
        source = body["tinker_path"].removeprefix("tinker://").split("/")[0]
        return {"base_model": self.runs[source].base, "is_lora": True, "lora_rank": 4}

    def _unload(self, body: dict[str, Any]) -> dict[str, Any]:
        self.loaded.discard(body["model_id"])
        return self._promise({"type": "unload_model", "model_id": body["model_id"]})

    def _session(self, body: dict[str, Any]) -> dict[str, Any]:
        path = body.get("model_path")
        if path is None and body["base_model"] != "tiny":
            raise _no(404, f"no such model: {body['base_model']}")
        name = f"sampling_{len(self._paths)}"
        self._paths[name] = path
        return {"sampling_session_id": name, "type": "create_sampling_session"}

    def _sample(self, body: dict[str, Any]) -> dict[str, Any]:
        path = self._paths[body["sampling_session_id"]]
        source = (path or "").removeprefix("tinker://").split("/")[0]
        if source and not self.keeps and source not in self.loaded:
            raise _no(400, f"Model {source} not loaded")
        steps = self._state(path)
        tokens = [token for chunk in body["prompt"]["chunks"] for token in chunk["tokens"]]
        given = None
        if body.get("prompt_logprobs"):
            if not self.scores:
                raise _no(400, "prompt_logprobs is not supported by this backend")
            given = [_likelihood(token, steps) for token in tokens[1:]]
            self.scored += 1
        else:
            self.sampled.append((path, body["num_samples"]))
        params = body["sampling_params"]
        assert params.get("stop") == [STOP] or given is not None
        drawn = [40 + (len(tokens) + index) % 40 for index in range(body["num_samples"])]
        answers = [([token, token, STOP], True) for token in drawn]
        return self._promise(wire.samples(answers, given))

    def _state(self, path: str | None) -> int:
        if path is None:
            return 0
        source, kind, name = path.removeprefix("tinker://").split("/")
        return self.runs[source].saved[kind, name]

    def _once(self, body: dict[str, Any], do: Callable[[Run], Any]) -> dict[str, Any]:
        run, number = self._of(body["model_id"]), body["seq_id"]
        if number not in run.done:
            run.done[number] = self._promise(do(run))["request_id"]
        return {"request_id": run.done[number], "model_id": run.id}

    def _of(self, model: str) -> Run:
        if model not in self.loaded:
            raise _no(404, "Model not found")
        return self.runs[model]

    def _promise(self, result: Any) -> dict[str, Any]:
        name = str(len(self.results))
        self.results[name] = result
        facts = result if isinstance(result, dict) else {}
        return {**facts, "request_id": name}

    async def _retrieve(self, request: web.Request) -> web.Response:
        found = self.results[(await request.json())["request_id"]]
        if isinstance(found, bytes):
            return web.Response(body=found, content_type=wire.BINARY)
        return web.json_response(found)

    async def _listed(self, request: web.Request) -> web.Response:
        limit, offset = int(request.query["limit"]), int(request.query["offset"])
        listed = [
            {
                "training_run_id": run.id,
                "base_model": run.base,
                "model_owner": "me",
                "is_lora": True,
                "last_request_time": STAMP,
                "user_metadata": run.metadata,
            }
            for run in self.runs.values()
        ]
        cursor = {"limit": limit, "offset": offset, "total_count": len(listed)}
        page = listed[offset : offset + limit]
        return web.json_response({"training_runs": page, "cursor": cursor})

    async def _checkpoints(self, request: web.Request) -> web.Response:
        run = self.runs[request.match_info["run"]]
        found = [
            {
                "checkpoint_id": f"{kind}/{name}",
                "checkpoint_type": "training" if kind == "weights" else "sampler",
                "time": STAMP,
                "tinker_path": f"tinker://{run.id}/{kind}/{name}",
            }
            for kind, name in run.saved
        ]
        return web.json_response({"checkpoints": found})

    def finished(self) -> dict[str, int]:
        """How many finished models there are of each unit, by its key."""
        found: dict[str, int] = {}
        for run in self.runs.values():
            for kind, name in run.saved:
                if kind == "sampler_weights" and name.endswith("-final"):
                    key = name.rpartition("-a")[0]
                    found[key] = found.get(key, 0) + 1
        return found


def _likelihood(token: int, steps: int) -> float:
    return -(1 + token * 7 % 13) / (4 + steps)


def _no(status: int, detail: str) -> web.HTTPException:
    kinds = {400: web.HTTPBadRequest, 404: web.HTTPNotFound, 409: web.HTTPConflict}
    return kinds[status](text=json.dumps({"detail": detail}), content_type="application/json")


def _handler(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    async def handle(request: web.Request) -> web.Response:
        raw = await request.read()
        return web.json_response(answer(json.loads(raw) if raw else {}))

    return handle
