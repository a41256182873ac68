"""The page's server: on this machine only, for whoever has the address with its token.

Other users of the machine can reach any port of it, and any page in the browser can send requests
to it. So: the address holds a token that cannot be guessed; requests for another host (a foreign
name that leads here) and changes that come from another page are refused; pictures are asked for by
number, never by path.
"""

import errno
import json
import os
import secrets
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, cast

from mien.errors import InputError, MienError
from mien.labelling.pages import page
from mien.labelling.shown import Viewer
from mien.labelling.work import Answer, Box, Work, is_box

__all__ = ["HOST", "Server", "Settings"]

HOST = "127.0.0.1"
LARGEST_BODY = 1_000_000
"""Bytes of a change: tens of thousands of boxes."""
TIMEOUT = 60.0
"""Seconds after which a silent connection is given up."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Settings(NamedTuple):
    """What the page is told besides the work."""

    goal: int = 20
    """Pictures of each class that are wanted."""


class Refused(Exception):
    """A request that is not answered.

    Args:
        status: of the answer.
        why: in words.
    """

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Server(ThreadingHTTPServer):
    """Serves the page of one folder until it is told that the work is done.

    Args:
        work: what is said of the pictures.
        viewer: the pictures.
        settings: what the page is told besides.
        port: 0 for any that is free.

    Raises:
        InputError: the port cannot be had.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would let others take the port over

    def __init__(
        self, work: Work, viewer: Viewer, settings: Settings | None = None, port: int = 0
    ) -> None:
        self.work, self.viewer, self.settings = work, viewer, settings or Settings()
        self.token = secrets.token_urlsafe(32)
        self.lock = threading.Lock()
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "is taken" if taken else f"cannot be had ({error})"
            raise InputError(
                f"port {port} {reason}; name another with --port, or leave it out"
            ) from error

    def server_bind(self) -> None:
        """Take the port, without asking for the name of the machine, which may go to a network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of browsers that go away; what else goes wrong is a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(cast(socket.socket, request), client_address)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def hosts(self) -> tuple[str, str]:
        """The names under which the page may be asked for."""
        return f"{HOST}:{self.server_port}", f"localhost:{self.server_port}"

    def end(self) -> None:
        """Stop serving; from any thread."""
        threading.Thread(target=self.shutdown, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    """Answers one request after the other of a connection."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT

    def version_string(self) -> str:
        """Name of the server in its answers."""
        return "mien"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: names of pictures belong into no log."""

    def do_GET(self) -> None:
        """The page, the state of the work, a picture."""
        self._answered(self._get)

    def do_POST(self) -> None:
        """A change, or that the work is done."""
        self._answered(self._post)

    def _answered(self, answer: Callable[[], None]) -> None:
        """Answer, and refuse in words what cannot be answered."""
        try:
            answer()
        except Refused as refused:
            self._refuse(refused.status, str(refused))
        except MienError as error:
            self._refuse(HTTPStatus.CONFLICT, str(error))
        except ConnectionError:
            self.close_connection = True  # the browser went away

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True  # what was sent besides is not read
        self._send(status, "application/json", json.dumps({"fault": why}).encode())

    @property
    def _server(self) -> Server:
        return cast(Server, self.server)

    def _place(self) -> list[str]:
        """The parts of the address after the token.

        Raises:
            Refused: the request is meant for another host, or has not the token.
        """
        if self.headers.get("Host") not in self._server.hosts():
            raise Refused(HTTPStatus.FORBIDDEN, "this page has another address")
        first, *rest = self.path.partition("?")[0].removeprefix("/").split("/")
        if not secrets.compare_digest(first.encode(), self._server.token.encode()):
            raise Refused(HTTPStatus.FORBIDDEN, "the address lacks its token; open it as printed")
        return rest

    def _number(self, text: str) -> int:
        """The number of a picture."""
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
        if 0 <= number < len(self._server.work.places):
            return number
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such picture")

    def _get(self) -> None:
        server = self._server
        match self._place():
            case [""]:
                text, policy = page()
                self._send(HTTPStatus.OK, "text/html; charset=utf-8", text, policy)
            case ["state"]:
                with server.lock:
                    self._send_json(_state(server))
            case ["look", number]:
                self._send_json(_look(server, self._number(number)))
            case ["picture", number]:
                shown = server.viewer.show(server.work.places[self._number(number)].picture)
                if shown.fault:
                    raise Refused(HTTPStatus.NOT_FOUND, shown.fault)
                self._send(HTTPStatus.OK, "image/jpeg", shown.jpeg)
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _post(self) -> None:
        server, place = self._server, self._place()
        if self.headers.get("Origin") not in {f"http://{host}" for host in server.hosts()}:
            raise Refused(HTTPStatus.FORBIDDEN, "this comes from another page")
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Refused(HTTPStatus.FORBIDDEN, "this comes from another page")
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected application/json")
        said = self._body()
        match place:
            case ["save", number]:
                answer = _answer(said)
                with server.lock:
                    server.work.save(self._number(number), answer)
                    self._send_json({"state": answer.state, "tally": _tally(server)})
            case ["done"]:
                self.close_connection = True
                with server.lock:
                    self._send_json({"tally": _tally(server)})
                server.end()
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _body(self) -> Any:  # noqa: ANN401 - JSON
        """What was sent, as JSON."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "expected a length")
        if len(length) > 9 or int(length) > LARGEST_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is too long")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Refused(HTTPStatus.BAD_REQUEST, "expected JSON") from None

    def _send_json(self, value: object) -> None:
        self._send(HTTPStatus.OK, "application/json", json.dumps(value).encode())

    def _send(
        self, status: HTTPStatus, kind: str, body: bytes, policy: str = "default-src 'none'"
    ) -> None:
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Security-Policy": policy}
        for name, value in {**_HEADERS, **own, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _tally(server: Server) -> dict[str, object]:
    """How far the work is, for the page."""
    tally = server.work.tally()
    numbers = range(len(server.work.names))
    return {
        **{state: tally.states[state] for state in ("open", "labelled", "none", "skipped")},
        "pictures": [tally.pictures[number] for number in numbers],
        "boxes": [tally.boxes[number] for number in numbers],
        "train": tally.train,
        "val": tally.val,
    }


def _state(server: Server) -> dict[str, object]:
    """All that the page needs to begin."""
    work = server.work
    return {
        "folder": str(work.root),
        "classes": work.names,
        "goal": server.settings.goal,
        "names": [place.name for place in work.places],
        "states": [work.answer(number).state for number in range(len(work.places))],
        "tally": _tally(server),
    }


def _look(server: Server, number: int) -> dict[str, object]:
    """One picture: its size, what was said of it, and the faces that were found."""
    shown = server.viewer.show(server.work.places[number].picture)
    with server.lock:
        answer = server.work.answer(number)
    return {
        "size": shown.size,
        "fault": shown.fault,
        "faces": shown.faces,
        "boxes": answer.boxes,
        "skipped": answer.skipped,
    }


def _answer(said: Any) -> Answer:  # noqa: ANN401 - JSON
    """What was said of a picture, from JSON."""
    wrong = Refused(HTTPStatus.BAD_REQUEST, "expected boxes and skipped")
    if not isinstance(said, dict) or not isinstance(said.get("skipped"), bool):
        raise wrong
    boxes = said.get("boxes")
    if boxes is None:
        return Answer(None, said["skipped"])
    if not isinstance(boxes, list) or not all(map(is_box, boxes)):
        raise wrong
    return Answer(tuple(_box(*box) for box in boxes), said["skipped"])


def _box(number: int | None, *values: float) -> Box:
    x, y, width, height = map(float, values)
    return number, x, y, width, height
