"""A stand-in for the auth server and the API, on loopback: to rehearse jobs on, and for tests."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import signal
import socket
import threading
from base64 import b64encode
from functools import partial
from http import HTTPStatus
from pathlib import Path
from posixpath import normpath
from time import monotonic
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.dev.projects import INTEGRATION, PROJECT, Project, Projects, Record
from scripts.pipeline.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["API_TOKEN", "INTEGRATION", "PROJECT", "SPEC", "Sandbox"]

SPEC = Path(__file__).parents[2] / "spec" / "openapi.json"
API_TOKEN = "sandbox-api-token"  # noqa: S105 - opens nothing but this sandbox
_BASIC = b64encode(b"platform-api-user:").decode()
_LIFETIME = 900  # seconds
_SETTINGS: dict[str, type[int | float]] = {
    **dict.fromkeys(("port", "projects", "integrations", "retry_after", "busy"), int),
    **dict.fromkeys(("work", "rate", "latency"), float),
}
_HIGHEST = 65535
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Sandbox:
    """Auth server, API and document in one server on 127.0.0.1; a context manager.

    Args:
        port: To listen on; 0 lets the system pick one.
        projects: How many there are; the first is `PROJECT`.
        integrations: In each, of several types; the first of the first is `INTEGRATION`.
        work: Seconds that an activity takes.
        rate: Requests a second that the API takes, beyond which it answers 429; 0 is no limit.
        retry_after: Whether a 429 says when to come back.
        latency: Seconds that the API waits before it answers.
        busy: Whether a project refuses changes (409) while one of its activities runs.
        clock: Gives seconds.
        log: Is told each request and how it was answered.

    Attributes:
        url: Where it is.
        seen: Method and path of each request, in order, as they came over the wire.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        projects: int = 5,
        integrations: int = 20,
        work: float = 1.0,
        rate: float = 0,
        retry_after: bool = True,
        latency: float = 0,
        busy: bool = False,
        clock: Callable[[], float] = monotonic,
        log: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.projects = Projects(work, clock)
        self.projects.fill(projects, integrations)
        self.seen: list[tuple[str, str]] = []
        self._rate, self._told, self._latency, self._busy = rate, retry_after, latency, busy
        self._clock, self._log = clock, log
        self._window, self._taken = clock(), 0  # the second that is counted, and what came in it
        self._bearers: dict[str, float] = {}  # access token -> when it expires
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = Starlette(
            routes=[
                Route("/oauth2/token", self._token, methods=["POST"]),
                Route("/openapi-spec", self._document, methods=["GET"]),
                *(
                    Route(f"/projects/{{project}}{rest}", self._project, methods=_METHODS)
                    for rest in ("", "/{kind:str}", "/{kind:str}/{id:str}")
                ),
            ],
            exception_handlers={HTTPException: _refuse},
        )
        app.router.redirect_slashes = False
        self._app = app
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._answer, interface="asgi3", log_config=None, lifespan="off", ws="none"
            )
        )
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def integrations(self) -> frozenset[tuple[str, str]]:
        """Pairs of project and integration that exist; assign some to have no other ones."""
        projects = self.projects.by_id.values()
        return frozenset(
            (project.id, each) for project in projects for each in project.integrations
        )

    @integrations.setter
    def integrations(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.projects.by_id.clear()
        for project, integration in pairs:
            self.projects.add(project, {"type": "github"}, integration)

    @property
    def token_url(self) -> str:
        """Where API tokens are exchanged."""
        return f"{self.url}/oauth2/token"

    def __enter__(self) -> Self:
        """Start the server; connections wait for it already."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer any request, and note it."""
        raw = scope["raw_path"].decode("ascii", "backslashreplace")
        self.seen.append((scope["method"], raw))

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log(f"{message['status']} {scope['method']} {raw}")
            await send(message)

        answer: ASGIApp = self._app
        if "%2f" in raw.lower():
            answer = _problem(404, "No such path.")
        elif raw.startswith("/projects/"):
            # As a gateway does; so `..` for an integration is its project.
            scope["path"] = normpath(scope["path"])
            await asyncio.sleep(self._latency)
            answer = self._limit() or answer
        await answer(scope, receive, noted)

    def _limit(self) -> Response | None:
        if self._clock() - self._window >= 1:
            self._window, self._taken = self._clock(), 0
        self._taken += 1
        if not self._rate or self._taken <= self._rate:
            return None
        return _problem(429, "Too many requests.", {"Retry-After": "1"} if self._told else None)

    async def _project(self, request: Request) -> Response:
        """Answer whatever is below a project, for who has an access token."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer:
            return _refusal(401, "authentication_required", "Bearer authentication is required.")
        if self._bearers.get(bearer, 0) <= self._clock():
            return _refusal(401, "invalid_token", "The access token is invalid.")
        project = self.projects.by_id.get(request.path_params["project"])
        if not project:
            return _problem(404, "Project not found.")
        if self._busy and request.method != "GET" and self.projects.is_busy(project):
            return _problem(409, "An activity of the project is running.")
        try:
            return await self._serve(request, project)
        except KeyError:
            what = str(request.path_params["kind"]).replace("ies", "y").rstrip("s").title()
            return _problem(404, f"{what} not found.")

    async def _serve(self, request: Request, project: Project) -> Response:
        link, projects = partial(_linked, str(request.base_url)), self.projects
        kind, own = (request.path_params.get(name) for name in ("kind", "id"))
        answer: object = None
        match request.method, kind, own:
            case "GET", None, None:
                answer = link(projects.describe(project))
            case "GET", "integrations", None:
                answer = [link(each) for each in project.integrations.values()]
            case "GET", "integrations", str():
                answer = link(project.integrations[own])
            case "GET", "activities", None:
                answer = [link(projects.activity(project, each)) for each in project.activities]
            case "GET", "activities", str():
                answer = link(projects.activity(project, own))
            case "DELETE", None, None:
                del projects.by_id[project.id]
                answer = _accepted(link(projects.begin(project, "project.delete", {})))
            case "DELETE", "integrations", str():
                about = {"integration": project.integrations.pop(own)}
                answer = _accepted(link(projects.begin(project, "integration.delete", about)))
            case "POST", "integrations", None:
                created = projects.add(project.id, _integration(await request.body()))
                activity = projects.begin(project, "integration.create", {"integration": created})
                answer = _accepted(link(activity), entity=link(created))
        if answer is None:
            status = 405 if kind in {None, "integrations", "activities"} else 404
            return _problem(status, "No such path or method.")
        return JSONResponse(answer, 200 if request.method == "GET" else 202)

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if (scheme.lower(), credentials) != ("basic", _BASIC):
            return _refusal(401, "invalid_client", "Basic authentication is required.")
        if form.get("grant_type") != "api_token":
            return _refusal(400, "unsupported_grant_type", "The grant type is not api_token.")
        if form.get("api_token") != API_TOKEN:
            return _refusal(400, "invalid_grant", "The API token is invalid.")
        bearer = secrets.token_urlsafe(32)
        self._bearers[bearer] = self._clock() + _LIFETIME
        return JSONResponse(
            {"access_token": bearer, "expires_in": _LIFETIME, "token_type": "bearer"}
        )

    async def _document(self, request: Request) -> Response:
        document = SPEC.read_bytes()
        etag = f'"{hashlib.sha256(document).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(document, media_type="application/json", headers={"ETag": etag})


def _integration(body: bytes) -> Record:
    try:
        return {**(sent := json.loads(body)), "type": str(sent["type"])}
    except (ValueError, TypeError, KeyError):
        raise HTTPException(400, "The body is no JSON object with a `type`.") from None


def _accepted(activity: Record, **embedded: Record) -> Record:
    return {"status": "Accepted", "code": 202, "_embedded": {"activities": [activity], **embedded}}


def _linked(base: str, record: Record) -> Record:
    href = base + record["_links"]["self"]["href"]
    return record | {"_links": {"self": {"href": href}}}


def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # registered for nothing else
    return _problem(error.status_code, error.detail)


def _problem(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    title = HTTPStatus(status).phrase
    return JSONResponse({"status": status, "title": title, "message": message}, status, headers)


def _refusal(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)


def main() -> int:
    """Run until interrupted, and say how to use it; its settings are environment variables."""
    # The system gives a shell's background jobs no SIGINT; whoever sends one means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sandbox = Sandbox(log=partial(print, flush=True), **_settings(os.environ))
    except OSError as error:
        port = os.environ.get("PORT") or 0
        why = os.strerror(error.errno or 0)
        raise PipelineError(f"PORT={port}: {why}; choose another") from error
    try:
        with sandbox:
            print(_usage(sandbox), flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _settings(environ: Mapping[str, str]) -> dict[str, Any]:
    settings = {}
    for name, kind in _SETTINGS.items():
        if text := environ.get(name.upper()):
            try:
                settings[name] = kind(text)
                valid = 0 <= settings[name] <= _HIGHEST
            except ValueError:
                valid = False
            if not valid:
                what = "a whole number" if kind is int else "a number"
                raise PipelineError(
                    f"{name.upper()} has to be {what} from 0 to {_HIGHEST}, not {text!r}"
                )
    return settings


def _usage(sandbox: Sandbox) -> str:
    first = next(iter(sandbox.projects.by_id.values()), None)
    integrations = " ".join(first.integrations) if first else "none"
    return f"""\
The sandbox is at {sandbox.url} until Ctrl-C; each request gets a line. In a shell:

export UPSUN_CLI_TOKEN={API_TOKEN} SANDBOX={sandbox.url}
export SANDBOX_PROJECTS="{" ".join(sandbox.projects.by_id)}"

In Python (integrations of {PROJECT}: {integrations}):

from upsun_client import UpsunClient, delete_projects_integrations
client = UpsunClient("{API_TOKEN}", base_url="{sandbox.url}", token_url="{sandbox.token_url}")
print(delete_projects_integrations("{PROJECT}", "{INTEGRATION}", client=client))
"""
