"""Serves the files of the web page from memory, as they were compressed when the page was built."""

import hashlib
import mimetypes
import re
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request, Response

from softphone_common.http.problem import ProblemError
from softphone_common.process.telemetry import log

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_UNUSED = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid",
    "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get",
    "screen-wake-lock", "serial", "usb",
)  # fmt: skip
"""Features of browsers that this page never uses."""

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}
_ENDINGS = {"br": ".br", "gzip": ".gz", "identity": ""}
"""The encodings, the best first, and the endings of the files that have them."""

_FOR_A_YEAR = "public, max-age=31536000, immutable"
_HASHED = re.compile(r".+-[\w-]{8}\.\w+")
_METHODS = ["GET", "HEAD"]


class Page:
    """The routes of the page; each answer has an entity tag and a strict content policy.

    Browsers keep a file with a hash in its name for a year. They ask for `index.html`, which names
    these files, each time.
    """

    def __init__(self, folder: Path | None = None) -> None:
        built = folder or files("softphone_notifier") / "web"
        self._files = {f.name: f.read_bytes() for f in built.iterdir()} if built.is_dir() else {}
        if "index.html" not in self._files:
            log.error("the page is not built", remedy="run make run, or npm run build in libs/web")
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/", self.index, methods=_METHODS)
        self.router.add_api_route("/pop", self.index, methods=_METHODS)
        self.router.add_api_route("/setup", self.index, methods=_METHODS)
        self.router.add_api_route("/favicon.ico", self.icon, methods=_METHODS)
        self.router.add_api_route("/web/not-found", self.not_found, methods=_METHODS)
        self.router.add_api_route("/web/{name}", self.file, methods=_METHODS)

    async def index(self, request: Request) -> Response:
        """Serves the HTML of the page; at `/pop` it shows a number, at `/setup` the first start."""
        return self._answer("index.html", request)

    async def icon(self, request: Request) -> Response:
        """Serves the icon to browsers that look for it where icons used to be."""
        return self._answer("favicon.ico", request)

    async def not_found(self, request: Request) -> Response:
        """Says that nothing has this address. The gateway asks for it when a browser asks it."""
        return self.unknown(request)

    async def file(self, name: str, request: Request) -> Response:
        """Serves one file that the page names; 304 if the browser has it."""
        if _HASHED.fullmatch(name) is None:
            raise ProblemError("file-unknown")
        return self._answer(name, request)

    def unknown(self, request: Request) -> Response:
        """The page for an address that nothing has, with the status 404."""
        return self._answer("404.html", request, status=404)

    def _answer(self, name: str, request: Request, status: int = 200) -> Response:
        encoding, content = self._encoded(name, request.headers.get("accept-encoding", ""))
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {**_HEADERS, "ETag": tag, "Cache-Control": _caching(name)}
        cached = request.headers.get("if-none-match", "")
        # a proxy that compresses the answer makes the tag a weak one (RFC 9110, section 8.8.1)
        if status == 200 and cached.removeprefix("W/") == tag:
            return Response(status_code=304, headers=headers)
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        return Response(content, status, headers, media_type=_media_type(name))

    def _encoded(self, name: str, accepted: str) -> tuple[str, bytes]:
        """The smallest form of a file that the browser accepts. Raises ProblemError without one."""
        for encoding, ending in _ENDINGS.items():
            content = self._files.get(name + ending)
            if content is not None and (ending == "" or _accepts(encoding, accepted)):
                return encoding, content
        raise ProblemError("file-unknown")


def _accepts(encoding: str, accepted: str) -> bool:
    """Whether a list of encodings has this one, and not with a weight of zero."""
    weights = dict(part.partition(";")[::2] for part in accepted.replace(" ", "").split(","))
    return encoding in weights and not re.fullmatch(r"q=0(\.0*)?", weights[encoding])


def _caching(name: str) -> str:
    return _FOR_A_YEAR if _HASHED.fullmatch(name) else "no-cache"


def _media_type(name: str) -> str:
    return "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or ""
