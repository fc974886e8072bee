"""A headless Chromium for tests of pages, driven over its DevTools pipe; needs no package beside the browser.

    with Browser() as browser:
        browser.open(url)
        browser.wait_for("document.title === 'PronaFlow API'")
        assert browser.requested == {url}

The pipe carries JSON messages that end with NUL (Chromium, `--remote-debugging-pipe`).
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 60.0
"""Seconds after which a browser that still works at something is ended, so that its test fails."""


def find_chromium() -> str | None:
    """Path of an installed Chromium or Chrome, or None."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


class Browser:
    """One browser with one page.

    Arguments:
        width, height: of the window, in pixels.
        dark: whether the person prefers dark colours.

    `requested` holds every address that the page asked for, without `data:`, `blob:` and what its
    Content-Security-Policy blocked; `complaints` what the browser logged: uncaught errors, failed loads,
    violations of that policy.
    """

    def __init__(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        self._window = (width, height)
        self._dark = dark
        self._last_id = 0
        self._session: dict[str, str] = {}
        self._requests: dict[str, str] = {}
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        chromium = find_chromium()
        if chromium is None:
            raise FileNotFoundError("No Chromium on this machine")
        self._profile = tempfile.TemporaryDirectory(prefix="pronaflow-browser-", ignore_cleanup_errors=True)
        self._process = _launch(chromium, self._profile.name, self._window)
        self._watchdog = threading.Timer(PATIENCE, self._process.kill)
        self._watchdog.start()
        self._messages = self._receive()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Network", "Log", "Runtime", "Page"):
            self.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if self._dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watchdog.cancel()
        self._process.kill()
        self._process.communicate()
        self._profile.cleanup()

    @property
    def requested(self) -> set[str]:
        """Every address that was asked for."""
        return {url for url in self._requests.values() if not url.startswith(("data:", "blob:"))}

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask something of the DevTools protocol and return its result.

        Raises:
            RuntimeError: the browser refused, or has gone.
        """
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params, **self._session}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        for answer in self._messages:
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._note(answer.get("method"), answer.get("params", {}))
        raise RuntimeError(f"The browser ended before it answered {method}")

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)

    def run(self, expression: str) -> Any:
        """The JSON value of a JavaScript expression in the page; a promise is waited for.

        Raises:
            RuntimeError: the expression threw.
        """
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails'].get('exception')}")
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true, asked at every frame that the page draws.

        Raises:
            RuntimeError: it did not become true in time.
        """
        while not self.run(f"new Promise(done => requestAnimationFrame(() => done(Boolean({expression}))))"):
            pass

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _receive(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout
        waiting = b""
        while chunk := self._process.stdout.read(65536):
            *complete, waiting = (waiting + chunk).split(b"\0")
            yield from map(json.loads, complete)

    def _note(self, method: str | None, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self._requests[params["requestId"]] = params["request"]["url"]
        elif method == "Network.loadingFailed" and params.get("blockedReason") == "csp":
            self._requests.pop(params["requestId"], None)
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"].get("exception", params)))


def _launch(chromium: str, profile: str, window: tuple[int, int]) -> subprocess.Popen[bytes]:
    """Start the browser with our pipes as its descriptors 3 and 4, where it expects them."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        f"--window-size={window[0]},{window[1]}",
    ]
    return subprocess.Popen(
        ["sh", "-c", 'exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null', chromium, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
