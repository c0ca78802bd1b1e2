"""Serves the files of the web page from memory."""

import hashlib
import mimetypes
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from softphone_common.http.problem import ProblemError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_SERVED = (".html", ".js", ".css", ".svg")


class Page:
    """The routes of the page; each answer has an entity tag and a strict content policy."""

    def __init__(self) -> None:
        folder = files("softphone_notifier") / "web"
        self._files = {f.name: f.read_bytes() for f in folder.iterdir() if f.name.endswith(_SERVED)}
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/", self.index, methods=["GET"])
        self.router.add_api_route("/web/{name}", self.file, methods=["GET"])

    async def index(self, request: Request) -> Response:
        """Serves the HTML of the page."""
        return await self.file("index.html", request)

    async def file(self, name: str, request: Request) -> Response:
        """Serves one file of the page; 304 if the browser has it."""
        content = self._files.get(name)
        if content is None:
            raise ProblemError("file-unknown")
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {**_HEADERS, "ETag": tag}
        cached = request.headers.get("if-none-match", "")
        # a proxy that compresses the answer makes the tag a weak one (RFC 9110, section 8.8.1)
        if cached.removeprefix("W/") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_media_type(name), headers=headers)


def _media_type(name: str) -> str:
    return "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or ""
