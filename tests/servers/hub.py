"""A hub on this machine: what the clients of huggingface.co ask about data sets, answered from a folder of repositories.

    with Hub(folder) as hub:  # data sets are folder/OWNER/NAME/…
        subprocess.run(…, env=os.environ | hub.environment)

The branch `main` is at `commit`, the others are `tags`; at whatever commit, a repository's files are the same.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha1
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

_ASKED = re.compile(r"/(?:api/)?datasets/(?P<name>[^/]+/[^/?]+)(?:/(?P<what>\w+)/(?P<revision>\w+)/?(?P<path>[^?]*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Hub(ThreadingHTTPServer):
    """`asked`: the paths that were asked for. `gated`: repositories that are only told about.

    `refusal`: the status that reads of data get from byte `refused_from` on, if any.
    """

    daemon_threads = True

    def __init__(self, folder: Path, commit: str = "c" * 40, tags: Mapping[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.folder, self.commit, self.tags = folder, commit, tags or {}
        self.asked: list[str] = []
        self.gated: set[str] = set()
        self.refusal: HTTPStatus | None = None
        self.refused_from = 0

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process ask this hub, and keep nothing of the user's."""
        return {
            "HF_ENDPOINT": f"http://127.0.0.1:{self.server_port}",
            "NO_PROXY": "127.0.0.1",
            "HF_HOME": str(self.folder.parent / "hf"),
        }

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Answers(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.path.partition("?")[0])
        asked = _ASKED.match(self.path)
        if asked is None or not (self.server.folder / asked["name"]).is_dir():
            self._say(404, error="RepoNotFound")
        elif asked["what"] == "resolve":
            self._file(asked["name"], asked["path"])
        elif asked["what"] == "tree":
            self._tree(self.server.folder / asked["name"], asked["path"])
        else:
            self._commit(asked["name"], asked["revision"] or "main")

    do_HEAD = do_GET

    def _commit(self, name: str, revision: str) -> None:
        known = {"main": self.server.commit, **self.server.tags}
        if sha := known.get(revision, revision if _COMMIT.fullmatch(revision) else None):
            self._say(200, json.dumps({"id": name, "sha": sha}).encode())
        else:
            self._say(404, error="RevisionNotFound")

    def _tree(self, repository: Path, path: str) -> None:
        folder = repository / path
        if not folder.is_dir():
            self._say(404, error="EntryNotFound")
            return
        self._say(200, json.dumps([_entry(one, repository) for one in sorted(folder.iterdir())]).encode())

    def _file(self, name: str, path: str) -> None:
        file, part = self.server.folder / name / path, _RANGE.match(self.headers.get("Range") or "")
        if name in self.server.gated:
            self._say(403, error="GatedRepo")
        elif not file.is_file():
            self._say(404, error="EntryNotFound")
        elif self.server.refusal and part and int(part[1]) >= self.server.refused_from:
            self._say(self.server.refusal)
        else:
            self._bytes(file.read_bytes(), part)

    def _bytes(self, whole: bytes, part: re.Match[str] | None) -> None:
        headers = {"ETag": f'"{sha1(whole).hexdigest()}"', "X-Repo-Commit": self.server.commit}
        if part is None:
            self._say(200, whole, **headers)
            return
        first = int(part[1])
        read = whole[first : int(part[2] or len(whole)) + 1]
        told = f"bytes {first}-{first + len(read) - 1}/{len(whole)}"
        self._say(206, read, **headers, **{"Content-Range": told})

    def _say(self, status: int, body: bytes = b"", error: str | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "X-Error-Code": error or "", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _entry(path: Path, repository: Path) -> dict[str, Any]:
    name = path.relative_to(repository).as_posix()
    if path.is_dir():
        return {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
    return {"type": "file", "path": name, "oid": sha1(path.read_bytes()).hexdigest(), "size": path.stat().st_size}
