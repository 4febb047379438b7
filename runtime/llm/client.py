"""One attempt at one chat completion, over the OpenAI protocol, at a server of any make."""

import re
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import aiohttp
import orjson

from musicc.diagnostics.codes import running
from musicc.plan.document import Model
from musicc.runtime.llm.answer import Refusal, read_answer
from musicc.runtime.llm.retry import UnreachableError
from musicc.runtime.llm.server import Server
from musicc.runtime.llm.types import LLMError, Rejected, Reply, Request, Transient, Unusable

FORMAT_REFUSED = re.compile(r"response.?format|json.?schema|structured|guided|grammar", re.IGNORECASE)
MODEL_REFUSED = re.compile(r"(invalid|unknown) model|model\b.{0,80}\bnot (exist|found)", re.IGNORECASE)

UNPROCESSABLE = {400, 413, 422}
KEY_REFUSED = {401, 403}
NO_MONEY = 402
NOT_FOUND = 404
NO_ENDPOINT = {301, 302, 303, 307, 308, 404, 405}
PASSING = {0, 408, 409, 425, 429}
QUOTA_CODES = {"insufficient_quota", "insufficient_balance"}

CONNECT_TIMEOUT = 30.0
MODELS_TIMEOUT = aiohttp.ClientTimeout(total=10.0)
SHORT = 300  # characters of a server's message that are passed on

OTHER_KEY = "see that the variable named in `key = env(…)` holds a key of this server"
MORE_QUOTA = "add to it and run the same command again; what was received is kept"
OTHER_URL = "`url` is what stands before `/chat/completions`, and often ends in `/v1`"

Secret = Callable[[], str | None]


class Client:
    """A model's servers, asked in turn. `secret` gives the API key at the moment of each call; it is kept nowhere."""

    def __init__(self, session: aiohttp.ClientSession, model: Model, servers: Sequence[Server], secret: Secret) -> None:
        self._session = session
        self._served = model.served
        self._seeded = model.seeded
        self._structured = model.structured
        self._timeout = aiohttp.ClientTimeout(total=model.access.timeout, sock_connect=CONNECT_TIMEOUT)
        self._servers = cycle(servers)
        self._secret = secret

    async def complete(self, request: Request) -> Reply:
        """The reply, or an LLMError that says why there is none. No second attempt is made, except that a server which
        does not know `response_format` is asked without it, now and from then on.
        """
        structured = self._structured and bool(request.fields)
        server, secret = next(self._servers), self._secret()
        answer = await self._post(server, self._body(request, structured), secret)
        if isinstance(answer, Reply):
            return answer
        if structured and answer.status in UNPROCESSABLE and FORMAT_REFUSED.search(answer.message):
            self._structured = False
            return await self.complete(request)
        raise await self._error(server, answer, secret)

    def _body(self, request: Request, structured: bool) -> bytes:
        body: dict[str, Any] = {
            "model": self._served,
            "messages": request.messages,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "max_tokens": request.max_tokens,
        }
        if request.stop:  # some servers refuse an empty list
            body["stop"] = request.stop
        if self._seeded:
            body["seed"] = request.seed
        if structured:
            body["response_format"] = _json_schema(request.fields)
        return orjson.dumps(body)

    async def _post(self, server: Server, body: bytes, secret: str | None) -> Reply | Refusal:
        try:
            async with self._session.post(
                server.chat,
                data=body,
                headers=_headers(secret),
                proxy=server.proxy,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return read_answer(response.status, response.headers, await response.read())
        except (aiohttp.ClientSSLError, aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as fault:
            raise _unreachable(server, fault) from None
        except TimeoutError:
            raise Transient(f"no answer within {self._timeout.total:g} s") from None
        except aiohttp.ClientResponseError as fault:
            raise Transient(f"the answer is not HTTP: {_shown(fault.message, secret)}") from None
        except aiohttp.ClientError as fault:
            raise Transient(f"the connection broke: {_shown(str(fault), secret)}") from None

    async def _error(self, server: Server, refusal: Refusal, secret: str | None) -> LLMError:
        """What a refusal means for the call, or for all calls."""
        status, said = refusal.status, _shown(refusal.message, secret)
        if status in KEY_REFUSED:
            message = f"the server refuses the API key of `{server.model}`: {status} {said}"
            return Unusable(server.fault(running.KEY_REFUSED, message, OTHER_KEY))
        if status == NO_MONEY or refusal.code in QUOTA_CODES:
            message = f"the quota of `{server.model}` is used up: {said}"
            return Unusable(server.fault(running.NO_QUOTA, message, MORE_QUOTA))
        if status == NOT_FOUND or (status in UNPROCESSABLE and MODEL_REFUSED.search(said)):
            offered = await self._offered(server, secret)
            if self._served not in offered and (offered or MODEL_REFUSED.search(said)):
                return Unusable(server.unknown(self._served, offered))
        if status in NO_ENDPOINT:
            message = f"there is no chat endpoint at the URL of `{server.model}`: {status} {said}"
            return Unusable(server.fault(running.NO_ENDPOINT, message, OTHER_URL))
        kind = Transient if status in PASSING or status >= 500 else Rejected
        return kind(f"{status} {said}" if status else said, status=status, retry_after=refusal.retry_after)

    async def _offered(self, server: Server, secret: str | None) -> set[str]:
        """The names of the server's models; empty if it does not tell."""
        try:
            async with self._session.get(
                server.models, headers=_headers(secret), proxy=server.proxy, timeout=MODELS_TIMEOUT
            ) as response:
                listed = orjson.loads(await response.read())
                return {model["id"] for model in listed["data"]}
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError):
            return set()


def _headers(secret: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "User-Agent": "musicc"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    return headers


def _json_schema(fields: Sequence[str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {field: {"type": "string"} for field in fields},
        "required": list(fields),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def _shown(said: str, secret: str | None) -> str:
    """A server's words on one line, cut to a bearable length, and without the key if it echoes that."""
    line = " ".join((said.replace(secret, "***") if secret else said).split())
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"


def _unreachable(server: Server, fault: Exception) -> LLMError:
    message = f"no connection to the server of `{server.model}`: {_reason(fault)}"
    diagnostic = server.fault(running.NO_SERVER, message, "start the server, or mend `url`")
    lasting = isinstance(fault, aiohttp.ClientSSLError)
    return Unusable(diagnostic) if lasting else UnreachableError(diagnostic)


def _reason(fault: Exception) -> str:
    if isinstance(fault, aiohttp.ClientConnectorCertificateError):
        return str(fault.certificate_error)
    if not isinstance(fault, aiohttp.ClientConnectorError):
        return f"nobody answered within {CONNECT_TIMEOUT:g} s"
    if isinstance(fault.os_error, ConnectionRefusedError):
        return "it is refused"
    return fault.strerror or str(fault.os_error)
