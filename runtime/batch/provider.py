"""One server's batches, over the protocol of https://platform.openai.com/docs/api-reference/batch."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from yarl import URL

from musicc.diagnostics.codes import batches
from musicc.runtime.batch.lines import ENDPOINT
from musicc.runtime.llm.answer import OK, Refusal, read_answer
from musicc.runtime.llm.client import CONNECT_TIMEOUT, NOT_FOUND, Client, Secret, headers, wire_faults
from musicc.runtime.llm.server import Server
from musicc.runtime.llm.types import LLMError, Transient, Unusable

ENDED = {"completed", "failed", "expired", "cancelled"}
NOT_OFFERED = {404, 405, 501}
QUEUE_FULL = "token_limit_exceeded"
TIMEOUT = aiohttp.ClientTimeout(total=900.0, sock_connect=CONNECT_TIMEOUT)
PAGE, MOST_PAGES = 100, 200
LOST = "use the key of the account that started it, or delete the file: the calls of the batch are then made again"


@dataclass(frozen=True, slots=True)
class State:
    """How far a batch is. `results` are ids of files; `faults` say why it failed as a whole, `code: message`."""

    id: str
    file: str
    status: str
    results: tuple[str, ...]
    total: int
    done: int
    faults: tuple[str, ...]
    queue_full: bool

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @classmethod
    def read(cls, found: Any) -> "State":
        """Raises Transient where the answer is no batch."""
        try:
            counts = found.get("request_counts") or {}
            errors = (found.get("errors") or {}).get("data") or []
            files = (found.get(f"{kind}_file_id") for kind in ("output", "error"))
            return cls(
                id=found["id"],
                file=found["input_file_id"],
                status=found["status"].lower(),
                results=tuple(file for file in files if file),
                total=counts.get("total") or 0,
                done=(counts.get("completed") or 0) + (counts.get("failed") or 0),
                faults=tuple(f"{error.get('code')}: {error.get('message')}" for error in errors),
                queue_full=any(error.get("code") == QUEUE_FULL for error in errors),
            )
        except (AttributeError, LookupError, TypeError):
            raise Transient("the answer is no batch") from None


class Provider:
    """Files and batches at a model's server. Each method makes one attempt, and raises LLMError where it fails."""

    def __init__(self, session: aiohttp.ClientSession, server: Server, client: Client, secret: Secret) -> None:
        self._session, self._server, self._client, self._secret = session, server, client, secret
        base = server.models.parent.with_query(server.models.query)
        self._files, self._batches = _below(base, "files"), _below(base, "batches")

    async def offers(self) -> bool:
        """Whether there are batches at this server at all."""
        found = await self._ask("GET", self._batches.update_query(limit=1))
        if isinstance(found, Refusal) and found.status in NOT_OFFERED:
            return False
        await self._granted(found)
        return True

    async def upload(self, content: bytes) -> str:
        """The id of a new file with these requests."""
        form = aiohttp.FormData({"purpose": "batch"})
        form.add_field("file", content, filename="musicc.jsonl", content_type="application/jsonl")
        found = await self._granted(await self._ask("POST", self._files, form))
        if not isinstance(found.get("id"), str):
            raise Transient("the answer is no file")
        return str(found["id"])

    async def start(self, file: str) -> State:
        """A new batch. It may have been started although this raises Transient: `find` tells."""
        wanted = {"input_file_id": file, "endpoint": ENDPOINT, "completion_window": "24h"}
        return State.read(await self._granted(await self._ask("POST", self._batches, orjson.dumps(wanted))))

    async def find(self, file: str) -> State | None:
        """The batch that was started from a file, if one was."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = await self._granted(await self._ask("GET", self._batches.update_query(limit=PAGE, **after)))
            states = [State.read(found) for found in page.get("data") or ()]
            for state in states:
                if state.file == file:
                    return state
            if not states or not page.get("has_more"):
                break
            after = {"after": states[-1].id}
        return None

    async def look(self, batch: str, note: str) -> State:
        """How far the batch is; `note` is what the user knows it by. Raises Unusable where the server does not know it."""
        found = await self._ask("GET", _below(self._batches, batch))
        if isinstance(found, Refusal) and found.status == NOT_FOUND:
            fault = f"the server of `{self._server.model}` does not know the batch `{batch}` that {note} tells of"
            raise Unusable(self._server.fault(batches.BATCH_LOST, fault, LOST))
        return State.read(await self._granted(found))

    async def meaning(self, refusal: Refusal) -> LLMError:
        """What the refusal of a call means for it, or for all calls. One whose form the server does not know is asked in
        another.
        """
        if self._client.learn(refusal):
            return Transient(refusal.message, status=refusal.status)
        return await self._client.error(refusal, self._secret())

    async def lines(self, file: str) -> AsyncIterator[bytes]:
        """The lines of a file, as they come; none is empty."""
        secret = self._secret()
        with wire_faults(self._server, TIMEOUT, secret):
            async with self._session.get(
                _below(self._files, file) / "content",
                headers=headers(secret),
                proxy=self._server.proxy,
                timeout=TIMEOUT,
            ) as response:
                if response.status != OK:
                    await self._granted(_refused(response, await response.read()))
                rest = b""
                async for chunk in response.content.iter_any():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        if line.strip():
                            yield line
                if rest.strip():
                    yield rest

    async def _ask(self, method: str, url: URL, data: Any = None) -> dict[str, Any] | Refusal:
        secret = self._secret()
        typed = {"Content-Type": "application/json"} if isinstance(data, bytes) else {}
        with wire_faults(self._server, TIMEOUT, secret):
            async with self._session.request(
                method,
                url,
                data=data,
                headers={**headers(secret), **typed},
                proxy=self._server.proxy,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                body = await response.read()
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if response.status != OK or not isinstance(found, dict) or found.get("error"):
            return _refused(response, body)
        return found

    async def _granted(self, found: dict[str, Any] | Refusal) -> dict[str, Any]:
        if isinstance(found, Refusal):
            raise await self._client.error(found, self._secret())
        return found


def _refused(response: aiohttp.ClientResponse, body: bytes) -> Refusal:
    answer = read_answer(response.status, response.headers, body)
    return answer if isinstance(answer, Refusal) else Refusal(0, "the answer is none to what was asked")


def _below(url: URL, name: str) -> URL:
    """A longer path with the same query."""
    return (url / name).with_query(url.query)
