"""The fake server with batches: files, states over time, and all the ways in which a batch can end.

Its replies are those of the same server asked one by one. `python -m tests.servers.batches --pace 0.1` prints its URL and
serves until it is killed; `--handed-in FILE` gets a line for every call of every batch that was started.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from aiohttp import web

from tests.servers.faults import answer_fault, refusal_of
from tests.servers.openai import Behaviour, Body, FakeServer, digest_of

STAGES = ("validating", "in_progress", "finalizing")


@dataclass(frozen=True)
class Course:
    """How batches go. Each of the stages before the end takes `pace` seconds.

    `ends`: how the first batches end, in the order that they were started: a status, of which `expired` and `cancelled`
    come with half of the replies, and `failed` with none; `full` fails for the length of the queue; `silent` is
    completed without the last reply, `garbled` with lines that make no sense. `lost`: so many answers to a start get
    lost. `cut`: so many downloads break off. `room`: no more calls may be in open batches. `offered`: whether there are
    batches at all.
    """

    pace: float = 0.0
    ends: tuple[str, ...] = ()
    lost: int = 0
    cut: int = 0
    room: int | None = None
    page: int = 100
    offered: bool = True
    handed_in: Path | None = None


@dataclass
class Started:
    """A batch. `end` is what its course says; `results` are made when it ends."""

    id: str
    file: str
    calls: list[Body]
    end: str
    since: float
    authorization: str | None
    results: dict[str, str] = field(default_factory=dict)
    status: str = "validating"


class BatchServer(FakeServer):
    """`handed_in` counts the calls of all batches that were started, by `custom_id`."""

    def __init__(self, behaviour: Behaviour, course: Course) -> None:
        super().__init__(behaviour)
        self.course = course
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Started] = {}
        self.handed_in: Counter[str] = Counter()
        self.lost = self.cut = self.looks = self.chats = 0

    def app(self) -> web.Application:
        app = super().app()
        app.middlewares.append(self._guarded)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        if self.course.offered:
            app.router.add_post("/v1/batches", self._start)
            app.router.add_get("/v1/batches", self._list)
            app.router.add_get("/v1/batches/{id}", self._look)
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: "web.typedefs.Handler") -> web.StreamResponse:
        token = self.behaviour.token
        if token is not None and request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"error": {"message": "Incorrect API key provided"}}, status=401)
        self.chats += request.path.endswith("/chat/completions")
        return await handler(request)

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        sent = form["file"]
        assert form["purpose"] == "batch" and isinstance(sent, web.FileField)
        file = f"file-{len(self.files) + 1}"
        self.files[file] = sent.file.read()
        return web.json_response({"id": file, "object": "file", "purpose": "batch", "bytes": len(self.files[file])})

    async def _start(self, request: web.Request) -> web.StreamResponse:
        wanted = orjson.loads(await request.read())
        assert wanted["endpoint"] == "/v1/chat/completions" and wanted["completion_window"] == "24h"
        calls = [orjson.loads(line) for line in self.files[wanted["input_file_id"]].splitlines()]
        assert all(call["method"] == "POST" and call["url"] == wanted["endpoint"] for call in calls)
        number = len(self.batches)
        end = self.course.ends[number] if number < len(self.course.ends) else "completed"
        if self.course.room is not None and self._queued() + len(calls) > self.course.room:
            end = "full"
        batch = Started(
            f"batch_{number + 1}",
            wanted["input_file_id"],
            calls,
            end,
            time.monotonic(),
            request.headers.get("Authorization"),
        )
        self.batches[batch.id] = batch
        if end != "full":
            self._note(batch)
        if self.lost < self.course.lost and request.transport:
            self.lost += 1
            request.transport.abort()
        return web.json_response(self._shown(batch))

    def _note(self, batch: Started) -> None:
        names = [call["custom_id"] for call in batch.calls]
        self.handed_in.update(names)
        if self.course.handed_in:
            with self.course.handed_in.open("a") as log:
                log.write("".join(f"{name}\n" for name in names))

    def _queued(self) -> int:
        for batch in self.batches.values():
            self._advance(batch)
        return sum(len(batch.calls) for batch in self.batches.values() if batch.status in STAGES)

    async def _list(self, request: web.Request) -> web.Response:
        newest = [self._shown(batch) for batch in reversed(self.batches.values())]
        after = request.query.get("after")
        begin = next((n + 1 for n, batch in enumerate(newest) if batch["id"] == after), 0)
        size = min(int(request.query.get("limit", 20)), self.course.page)
        page = newest[begin : begin + size]
        return web.json_response({"object": "list", "data": page, "has_more": begin + size < len(newest)})

    async def _look(self, request: web.Request) -> web.Response:
        self.looks += 1
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return web.json_response({"error": {"message": "No batch found"}}, status=404)
        return web.json_response(self._shown(batch))

    async def _content(self, request: web.Request) -> web.StreamResponse:
        content = self.files[request.match_info["id"]]
        if self.cut < self.course.cut:
            self.cut += 1
            response = web.StreamResponse(headers={"Content-Length": str(len(content))})
            await response.prepare(request)
            await response.write(content[: len(content) * 2 // 3])
            await asyncio.sleep(0.01)
            if request.transport:
                request.transport.abort()
            return response
        return web.Response(body=content)

    def _shown(self, batch: Started) -> Body:
        self._advance(batch)
        code, message = ("token_limit_exceeded", "Enqueued token limit reached") if batch.end == "full" else (
            "server_error", "something broke"
        )  # fmt: skip
        errors = {"object": "list", "data": [{"code": code, "message": message, "line": None}]}
        ended = batch.status not in STAGES
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": batch.file,
            "status": batch.status,
            "errors": errors if batch.status == "failed" else None,
            "output_file_id": batch.results.get("output"),
            "error_file_id": batch.results.get("error"),
            "request_counts": {"total": len(batch.calls), "completed": len(batch.calls) if ended else 0, "failed": 0},
        }

    def _advance(self, batch: Started) -> None:
        if batch.status not in STAGES:
            return
        passed = (time.monotonic() - batch.since) / self.course.pace if self.course.pace else len(STAGES)
        if passed < (1 if batch.end in {"failed", "full"} else len(STAGES)):
            batch.status = STAGES[int(passed)]
            return
        batch.status = {"full": "failed", "silent": "completed", "garbled": "completed"}.get(batch.end, batch.end)
        if batch.status != "failed":
            self._answer(batch)

    def _answer(self, batch: Started) -> None:
        """Makes the files of results; the calls are answered in another order than they came."""
        half = len(batch.calls) // 2
        answered = {"expired": half, "cancelled": half, "silent": len(batch.calls) - 1}.get(batch.end, len(batch.calls))
        lines = [self._line(call, batch) for call in batch.calls[:answered]]
        if batch.end in {"expired", "cancelled"}:
            error = {"code": f"batch_{batch.end}", "message": "not executed"}
            lines += [{"custom_id": call["custom_id"], "response": None, "error": error} for call in batch.calls[half:]]
        good = [line for line in lines if line["response"] and line["response"]["status_code"] == 200]
        bad = [line for line in lines if line not in good]
        for name, some in (("output", good), ("error", bad)):
            if some:
                batch.results[name] = f"file-{len(self.files) + 1}"
                self.files[batch.results[name]] = self._content_of(some, garbled=batch.end == "garbled")

    def _content_of(self, lines: list[Body], *, garbled: bool) -> bytes:
        made = [orjson.dumps(line) for line in reversed(lines)]
        if garbled:
            made[:2] = [made[0][:40], b'{"custom_id": "00ff", "response": {"status_code": 200, "body": {}}}']
        return b"\n".join(made) + b"\n"

    def _line(self, call: Body, batch: Started) -> Body:
        body, digest = call["body"], digest_of(call["body"])
        self.counts[digest] += 1
        self.requests.append(body)
        self.authorizations.append(batch.authorization)
        fault = self._fault(body, digest)
        early = refusal_of(body, self.behaviour.refused) or answer_fault(fault, None)  # type: ignore[arg-type]
        self._log(digest, early.status if early else 200)
        answer = orjson.loads(early.body or b"{}") if early else self._completion(body, digest)  # type: ignore[arg-type]
        response = {"status_code": early.status if early else 200, "request_id": "r", "body": answer}
        return {"id": f"r-{digest}", "custom_id": call["custom_id"], "response": response, "error": None}


@asynccontextmanager
async def serving_batches(behaviour: Behaviour, course: Course = Course(), port: int = 0) -> AsyncIterator[BatchServer]:
    """A server on a free loopback port, gone when the block ends."""
    server = BatchServer(behaviour, course)
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.batches")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pace", type=float, default=0.0, help="seconds")
    parser.add_argument("--ends", default="", metavar="STATUS,STATUS,…")
    parser.add_argument("--mark", action="append", default=[], metavar="TEXT=FAULT")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--handed-in", type=Path)
    given = parser.parse_args()
    marks = dict(mark.rpartition("=")[::2] for mark in given.mark)
    course = Course(given.pace, tuple(filter(None, given.ends.split(","))), handed_in=given.handed_in)
    async with serving_batches(Behaviour(marks=marks, log=given.log), course, given.port) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
