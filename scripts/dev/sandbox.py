"""A stand-in for the auth server and the API, on loopback: for the demo, and for tests.

As a main it runs until it is interrupted: .venv/bin/python -m scripts.dev.sandbox
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import secrets
import socket
import threading
from base64 import b64decode
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

SPEC = Path(__file__).parents[2] / "spec" / "openapi.json"
API_TOKEN = "sandbox-api-token"  # noqa: S105 - opens nothing but this sandbox
PROJECT = "sandboxproject"
INTEGRATION = "sandboxintegration"
_BASIC = "platform-api-user:"
_LIFETIME = 900  # seconds


class Sandbox:
    """Auth server, API and document in one server on 127.0.0.1; a context manager.

    Attributes:
        integrations: pairs of project and integration that exist.
        seen: method and path of each request, in order, as they came over the wire.
    """

    def __init__(self) -> None:
        self.integrations = {(PROJECT, INTEGRATION)}
        self.seen: list[tuple[str, str]] = []
        self._activities: dict[str, dict[str, object]] = {}
        self._bearers: dict[str, float] = {}  # access token -> when it expires
        app = Starlette(
            routes=[
                Route("/oauth2/token", self._token, methods=["POST"]),
                Route(
                    "/projects/{project}/integrations/{integration}",
                    self._delete,
                    methods=["DELETE"],
                ),
                Route("/projects/{project}/activities/{id}", self._activity, methods=["GET"]),
                Route("/openapi-spec", self._document, methods=["GET"]),
            ]
        )
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        )
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def token_url(self) -> str:
        """Where API tokens are exchanged."""
        return f"{self.url}/oauth2/token"

    @property
    def spec_url(self) -> str:
        """Where the OpenAPI document is."""
        return f"{self.url}/openapi-spec"

    def __enter__(self) -> Self:
        """Start the server, and wait until it takes connections."""
        self._socket.listen()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    async def _token(self, request: Request) -> Response:
        self._note(request)
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        try:
            user = b64decode(credentials, validate=True).decode()
        except ValueError:
            user = ""
        if scheme.lower() != "basic" or user != _BASIC:
            return _refusal(401, "invalid_client", "Basic authentication is required.")
        if form.get("grant_type") != "api_token":
            return _refusal(400, "unsupported_grant_type", "The grant type is not api_token.")
        if form.get("api_token") != API_TOKEN:
            return _refusal(400, "invalid_grant", "The API token is invalid.")
        bearer = secrets.token_urlsafe(32)
        self._bearers[bearer] = monotonic() + _LIFETIME
        return JSONResponse(
            {"access_token": bearer, "expires_in": _LIFETIME, "token_type": "bearer"}
        )

    async def _delete(self, request: Request) -> Response:
        self._note(request)
        if refusal := self._unauthorised(request):
            return refusal
        project, integration = request.path_params["project"], request.path_params["integration"]
        if (project, integration) not in self.integrations:
            return _not_found("Integration")
        self.integrations.remove((project, integration))
        activity_id = secrets.token_hex(8)
        activity: dict[str, object] = {
            "id": activity_id,
            "type": "integration.delete",
            "state": "pending",
            "result": None,
            "completion_percent": 0,
            "_links": {"self": {"href": f"/projects/{project}/activities/{activity_id}"}},
        }
        done = {"state": "complete", "result": "success", "completion_percent": 100}
        self._activities[activity_id] = activity | done
        return JSONResponse(
            {"status": "Accepted", "code": 202, "_embedded": {"activities": [activity]}}, 202
        )

    async def _activity(self, request: Request) -> Response:
        self._note(request)
        if refusal := self._unauthorised(request):
            return refusal
        activity = self._activities.get(request.path_params["id"])
        return JSONResponse(activity) if activity else _not_found("Activity")

    def _unauthorised(self, request: Request) -> Response | None:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer:
            return _refusal(401, "authentication_required", "Bearer authentication is required.")
        if self._bearers.get(bearer, 0) < monotonic():
            return _refusal(401, "invalid_token", "The access token is invalid.")
        return None

    async def _document(self, request: Request) -> Response:
        self._note(request)
        document = SPEC.read_bytes()
        etag = f'"{hashlib.sha256(document).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(document, media_type="application/json", headers={"ETag": etag})

    def _note(self, request: Request) -> None:
        self.seen.append((request.method, request.scope["raw_path"].decode("ascii")))


def _not_found(what: str) -> JSONResponse:
    return JSONResponse({"status": 404, "title": "Not Found", "message": f"{what} not found."}, 404)


def _refusal(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)


def main() -> int:
    """Run until interrupted, and say how to use it."""
    argparse.ArgumentParser(description=main.__doc__).parse_args()
    with Sandbox() as sandbox:
        print(f"The sandbox is at {sandbox.url}; Ctrl-C stops it. This works once per start:\n")
        print("from upsun_client import UpsunClient, delete_projects_integrations\n")
        print("with UpsunClient(")
        print(f'    "{API_TOKEN}", base_url="{sandbox.url}", token_url="{sandbox.token_url}"')
        print(") as client:")
        print(
            f'    print(delete_projects_integrations("{PROJECT}", "{INTEGRATION}", client=client))'
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")
    return 0
