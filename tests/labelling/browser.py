"""A browser without a window, driven through its debugging pipe: pointer, keys, script, pictures.

Messages are JSON, ended by a zero byte: on file descriptor 3 to the browser, on 4 from it.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "headless",
    "no-sandbox",
    "disable-gpu",
    "disable-dev-shm-usage",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "disable-extensions",
    "hide-scrollbars",
    "remote-debugging-pipe",
)
AS_3_AND_4 = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 50) for end in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts the ends of the pipes where the browser expects them, and becomes the browser."""
KEYS = {"Delete": 46, "ArrowLeft": 37, "ArrowRight": 39, "ArrowUp": 38, "ArrowDown": 40}
KEYS |= {"Tab": 9, "Escape": 27, "Enter": 13, " ": 32}


def find_browser() -> str | None:
    """Path of a browser of this family."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page in one browser, with a folder of its own for all that it keeps."""

    def __init__(self, path: str, folder: Path) -> None:
        self.requests: list[str] = []
        self.troubles: list[str] = []
        self._number = 0
        inward, to_browser = os.pipe()
        from_browser, outward = os.pipe()
        options = [f"--{name}" for name in OPTIONS]
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", AS_3_AND_4, str(inward), str(outward)),
                *(path, *options, f"--user-data-dir={folder}", "about:blank"),
            ],
            pass_fds=(inward, outward),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )
        os.close(inward)
        os.close(outward)
        self._out, self._in = os.fdopen(to_browser, "wb"), os.fdopen(from_browser, "rb")
        self._rest = b""
        self._session: str | None = None
        pages = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in pages if one["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for room in ("Page", "Runtime", "Network"):
            self.call(f"{room}.enable")
        self.resize(1280, 800)

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(30)
        self._out.close()
        self._in.close()

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """One command, and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": arguments}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while True:
            said = self._read()
            self._note(said)
            if said.get("id") == self._number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return said["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            block = os.read(self._in.fileno(), 1 << 16)
            if not block:
                raise RuntimeError("the browser ended")
            self._rest += block
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)

    def _note(self, said: dict[str, Any]) -> None:
        """Keep what was asked of the network, and what went wrong."""
        about = said.get("params", {})
        match said.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
            case "Runtime.exceptionThrown":
                self.troubles.append(json.dumps(about["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled" if about["type"] in ("error", "warning"):
                self.troubles.append(json.dumps(about["args"])[:500])
            case "Page.javascriptDialogOpening":
                self.troubles.append(about["message"])

    def resize(self, width: int, height: int) -> None:
        """Size of the window in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def open(self, address: str) -> None:
        """Go to a page."""
        self.call("Page.navigate", url=address)

    def run(self, script: str) -> Any:
        """The value of an expression in the page, awaited."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in done:
            raise RuntimeError(json.dumps(done["exceptionDetails"])[:500])
        return done["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait in the page until an expression is true, looked at whenever it is painted."""
        self.run(
            "new Promise((done, give) => { const end = performance.now() + 6e4; const look = () => "
            f"{{ try {{ if ({condition}) return done(true); }} catch (e) {{}} "
            "if (performance.now() > end) return give(new Error('never true')); "
            "setTimeout(look, 5); }; look(); })"
        )

    def key(self, key: str, modifiers: int = 0) -> None:
        """Press a key; modifiers: 2 control, 8 shift."""
        code = KEYS.get(key, ord(key[0].upper()))
        text = {"text": key} if len(key) == 1 and not modifiers & 2 else {}
        shared = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", **shared, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **shared)

    def drag(self, *places: tuple[float, float]) -> None:
        """Press at the first place, go through the others, let go at the last."""
        kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 1), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind, x=x, y=y, button="left", buttons=1, clickCount=1,
            )  # fmt: skip

    def picture(self, path: Path) -> None:
        """What is seen, as PNG."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))
