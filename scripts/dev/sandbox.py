"""A stand-in for the auth server and the API, on loopback: to rehearse jobs on, and for tests."""

import json
import sys
import threading
from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count, cycle, islice
from posixpath import normpath
from socketserver import ThreadingTCPServer
from time import monotonic
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from scripts.pipeline.repo import Repo

Record = dict[str, Any]
Answer = tuple[int, object]

API_TOKEN = "sandbox-api-token"  # noqa: S105 - opens nothing but this sandbox
PROJECT = "sandboxproj01"
INTEGRATION = "integration01"
_TYPES = ("github", "webhook", "gitlab", "script")
_BASIC = f"Basic {b64encode(b'platform-api-user:').decode()}"
_ACCESS_TOKEN = "sandbox-access-token"  # noqa: S105


class Sandbox(ThreadingTCPServer):
    """Auth server, API and document in one server on 127.0.0.1; a context manager.

    Args:
        port: To listen on; 0 lets the system pick one.
        projects: How many there are; the first is `PROJECT`.
        integrations: In each, of several types; the first of the first is `INTEGRATION`.
        work: Seconds that an activity takes: pending for the first third, then in progress.
        rate: Requests a second that the API takes, beyond which it answers 429; 0 is no limit.
        log: Is told each request and how it was answered.

    Attributes:
        url: Where it is.
        token_url: Where API tokens are exchanged.
        seen: Method and path of each request, in order, as they came over the wire.
        records: Projects, integrations and activities, by path.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def __init__(
        self,
        *,
        port: int = 0,
        projects: int = 5,
        integrations: int = 20,
        work: float = 1.0,
        rate: float = 0,
        log: Callable[[str], object] = lambda _: None,
    ) -> None:
        super().__init__(("127.0.0.1", port), Request)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.token_url = f"{self.url}/oauth2/token"
        self.seen: list[tuple[str, str]] = []
        self.records: dict[str, Record] = {}
        self.log = log
        self._work, self._rate = work, rate
        self._window, self._taken = monotonic(), 0  # the second that is counted, and what came
        self._began: dict[str, float] = {}  # path of an activity -> when
        self._numbers = count(1)
        self._lock = threading.Lock()
        for number in range(1, projects + 1):
            path = f"/projects/sandboxproj{number:02}"
            self.add(path)
            for kind in islice(cycle(_TYPES), integrations):
                self.add(self._new(f"{path}/integrations/integration"), type=kind)

    def add(self, path: str, /, **fields: Any) -> Record:
        """Add a record, and give it as the API does."""
        itself = {"id": path.rpartition("/")[2], "_links": {"self": {"href": self.url + path}}}
        self.records[path] = fields | itself
        return self.records[path]

    @property
    def integrations(self) -> list[Record]:
        """All integrations that there are."""
        return [each for path, each in self.records.items() if "/integrations/" in path]

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a mistake here; a client that has gone is none."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> Answer:
        """Give the status, and what JSON is to say."""
        with self._lock:
            self.seen.append((method, target))
            raw = target.partition("?")[0]
            # As a gateway does, so `..` for an integration is its project; nothing is at a `%2F`.
            path = normpath(unquote(raw)) if "%2f" not in raw.lower() else ""
            match method, path.split("/")[1:]:
                case "POST", ["oauth2", "token"]:
                    return self._exchange(authorization, body)
                case "GET", ["openapi-spec"]:
                    return 200, json.loads(Repo().contract.read_bytes())
                case _, ["projects", own, *rest]:
                    project = f"/projects/{own}"
                    refused = self._refuse(authorization, project)
                    return refused or self._serve(method, project, rest, body)
        return _problem(404, "No such path.")

    def _exchange(self, authorization: str, body: bytes) -> Answer:
        form = dict(parse_qsl(body.decode(errors="replace")))
        wanted = {"grant_type": "api_token", "api_token": API_TOKEN}
        if (authorization, form) != (_BASIC, wanted):
            return 400, {"error": "invalid_grant", "error_description": "Invalid API token."}
        return 200, {"access_token": _ACCESS_TOKEN, "expires_in": 900, "token_type": "bearer"}

    def _refuse(self, authorization: str, project: str) -> Answer | None:
        """Refuse a request that is one too many, has no access token, or is about no project."""
        if monotonic() - self._window >= 1:
            self._window, self._taken = monotonic(), 0
        self._taken += 1
        if 0 < self._rate < self._taken:
            return _problem(429, "Too many requests.")
        if authorization != f"Bearer {_ACCESS_TOKEN}":
            return 401, {"error": "invalid_token", "error_description": "Invalid access token."}
        return None if project in self.records else _problem(404, "Project not found.")

    def _serve(self, method: str, project: str, rest: list[str], body: bytes) -> Answer:
        """Answer what is asked of a project, or of what is below it."""
        path = "/".join([project, *rest])
        match method, rest:
            case "GET", _ if path in self.records:
                return 200, self._as_of_now(path)
            case "GET", ["integrations" | "activities"]:
                return 200, [self._as_of_now(each) for each in self._below(path)]
            case "POST", ["integrations"]:
                try:
                    fields = {**(sent := json.loads(body)), "type": str(sent["type"])}
                except (ValueError, TypeError, KeyError):
                    return _problem(400, "The body is no JSON object with a `type`.")
                created = self.add(self._new(f"{path}/integration"), **fields)
                return self._accept(project, "integration.create", created)
            case "DELETE", [] | ["integrations", _] if path in self.records:
                kind = "integration.delete" if rest else "project.delete"
                accepted = self._accept(project, kind, self.records[path])
                for each in [path, *self._below(path)]:
                    del self.records[each]
                return accepted
        return _problem(405 if path in self.records else 404, "No such path or method.")

    def _below(self, path: str) -> list[str]:
        return [each for each in self.records if each.startswith(f"{path}/")]

    def _accept(self, project: str, kind: str, entity: Record) -> Answer:
        """Begin the activity that does what was asked for."""
        path = self._new(f"{project}/activities/activity")
        self.add(path, type=kind, project=project.rpartition("/")[2])
        self._began[path] = monotonic()
        embedded = {"activities": [self._as_of_now(path)], "entity": entity}
        return 202, {"status": "Accepted", "code": 202, "_embedded": embedded}

    def _as_of_now(self, path: str) -> Record:
        record = self.records[path]
        if path not in self._began:
            return record
        passed = monotonic() - self._began[path]
        done = passed / self._work if passed < self._work else 1
        state = ("pending", "in_progress", "in_progress", "complete")[int(3 * done)]
        result = "success" if done == 1 else None
        return record | {"state": state, "result": result, "completion_percent": int(100 * done)}

    def _new(self, path: str) -> str:
        return f"{path}{next(self._numbers):02}"


class Request(BaseHTTPRequestHandler):
    """A connection to a sandbox, with the request that is being answered."""

    server: Sandbox
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together

    def answer(self) -> None:
        """Answer the request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        authorization = self.headers.get("Authorization", "")
        status, said = self.server.answer(self.command, self.path, authorization, body)
        content = json.dumps(said).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)
        self.server.log(f"{status} {self.command} {self.path}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - that is their names


def _problem(status: int, message: str) -> Answer:
    return status, {"status": status, "title": HTTPStatus(status).phrase, "message": message}
