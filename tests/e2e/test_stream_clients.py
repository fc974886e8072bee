"""Two clients of other people go on with a stream where `pronaflow stream` was killed: httpx-sse for Python,
and `eventsource`, which does in Node what browsers do."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from .server import PATIENCE, PRONAFLOW, Caller, Site

HERE = Path(__file__).parent / "stream_client"
ADDRESS = "/api/v1/notifications/stream?types=project.*"
AGAIN = 0.2


class Streams:
    """`pronaflow stream` beside a server, on a port that stays its own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.server = site.server()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        with (self.site.folder / "stream.log").open("a") as log:
            self.process = subprocess.Popen(
                [str(PRONAFLOW), "stream", "--port", str(self.port)], env=self.site.environment, stderr=log
            )
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class PythonClient:
    """httpx-sse, which leaves it to its user to connect again."""

    def __init__(self, url: str, token: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}
        self._ended = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with httpx.Client(timeout=PATIENCE) as client:
            while not self._ended:
                try:
                    self._read(client)
                except httpx.TransportError:
                    time.sleep(AGAIN)

    def _read(self, client: httpx.Client) -> None:
        last = [each["id"] for each in self.heard if each["id"]][-1:]
        headers = {**self._headers, **({"Last-Event-ID": last[0]} if last else {})}
        with connect_sse(client, "GET", self._url, headers=headers) as source:
            for event in source.iter_sse():
                if event.data:
                    told = {"name": event.event, "id": event.id, "data": event.json()}
                    self.heard.append(told)

    def close(self) -> None:
        self._ended = True


class BrowserClient:
    """`eventsource` in Node, which connects again by itself."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            ["node", "client.js", url, token], cwd=folder, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):  # it was closed meanwhile
            for line in self._process.stdout:
                self.heard.append(json.loads(line))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def until(holds: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def names(client: Any) -> list[str]:
    """What was heard of the project, in order."""
    return [each["data"]["payload"]["name"] for each in client.heard if each["name"] == "domain_event"]


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory):
    """A folder with `eventsource`, of the version that package-lock.json names."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=PATIENCE)
    return folder


@pytest.fixture
def streams(tmp_path):
    site = Site(tmp_path)
    made = Streams(site)
    yield made
    made.kill()
    site.close()


def test_nothing_is_lost_or_told_twice_over_a_killed_process(streams, node_folder):
    with Caller(streams.server) as ann:
        ann.sign_up("stream_ann")
        project = ann.post("/api/v1/projects", {"name": "Site", "key": "SITE"}).data
        path = f"/api/v1/projects/{project['id']}"
        clients: list[Any] = [
            PythonClient(streams.url + ADDRESS, ann.token),
            BrowserClient(node_folder, streams.url + ADDRESS, ann.token),
        ]
        try:
            until(lambda: all(client.heard for client in clients))
            expected = [f"Site {number}" for number in range(12)]
            for number, name in enumerate(expected):
                assert ann.ask("PATCH", path, {"name": name}).status == 200
                if number == 3:
                    until(lambda: all("Site 2" in names(client) for client in clients))
                    streams.kill()
                if number == 7:
                    streams.start()
            until(lambda: all(expected[-1] in names(client) for client in clients))
        finally:
            for client in clients:
                client.close()

    for client in clients:
        assert [name for name in names(client) if name != "Site"] == expected
        ids = [each["id"] for each in client.heard if each["name"] == "domain_event"]
        assert len(set(ids)) == len(ids)
        assert "reset" not in {each["name"] for each in client.heard}
