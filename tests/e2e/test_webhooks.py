"""Webhooks end to end: a receiver that fails, processes that are killed, and other people's verifiers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import zlib
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from .server import PATIENCE, Caller, wait_for

HERE = Path(__file__).parent / "webhook_receiver"
HOOKS = "/api/v1/integration/webhooks"
KILLS = int(os.environ.get("FAULT_ROUNDS", "2"))
EACH = 4
"""Tasks between two kills."""


@dataclass(frozen=True)
class Message:
    """What arrived, and how it was answered."""

    headers: dict[str, str]
    body: str
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Answers three of ten messages with an error when it sees them first."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(outer.take(headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers: dict[str, str], body: str) -> int:
        with self._lock:
            seen = any(each.id == headers["webhook-id"] for each in self.messages)
            unlucky = zlib.crc32(headers["webhook-id"].encode()) % 10 < 3
            self.messages.append(Message(headers, body, 500 if unlucky and not seen else 200))
            return self.messages[-1].status

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def verifier(tmp_path_factory):
    """A folder with the npm package, of the version that package-lock.json names."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("verifier")
    for name in ("package.json", "package-lock.json", "verify.js"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=PATIENCE)
    return folder


def kill_all(pid: int) -> None:
    """SIGKILL for a process and all that it has started."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            kill_all(int(entry.parent.name))
    os.kill(pid, signal.SIGKILL)


def test_killed_senders_lose_nothing_and_keep_the_order(site, receiver, verifier):
    site.settings["PRONAFLOW_EGRESS__ALLOW"] = "127.0.0.1/32"
    with Caller(site.server()) as ann:
        ann.sign_up("webhook_ann")
        token = ann.token
        project = ann.post("/api/v1/projects", {"name": "Site"}).data["id"]
        events = {"task.created": True, "task.updated": True}
        body = {"url": receiver.url, "subscribed_events": events, "ordered": True, "timeout_seconds": 2}
        webhook = ann.post(HOOKS, body).data
    for number in range(KILLS + 1):
        with Caller(site.server(), token) as ann:
            for task in range(EACH):
                made = ann.post("/api/v1/tasks", {"project_id": project, "title": f"T{number}.{task}"}).data
                for word in ("one", "two"):
                    assert ann.ask("PATCH", f"/api/v1/tasks/{made['id']}", {"title": word}).status == 200
        if number < KILLS:
            if site.workers:
                kill_all(site._worker.pid)
                site._worker.wait()
                site._worker = site._work()
            else:
                site.server().kill()

    with Caller(site.server(), token) as ann:
        path, total = f"{HOOKS}/{webhook['id']}/deliveries", 3 * EACH * (KILLS + 1)
        wait_for(
            lambda: (
                ann.get(path).json["total"],
                sum(ann.get(path, status=each).json["total"] for each in ("pending", "retrying")),
            ),
            lambda seen: seen == (total, 0),
        )
        assert {row["status"] for row in ann.get(path, limit=200).data} == {"delivered"}

    taken = [message for message in receiver.messages if message.status == 200]
    assert len({message.id for message in taken}) == total
    assert len({(message.id, message.body) for message in receiver.messages}) == total
    assert any(message.status == 500 for message in receiver.messages)
    heard: dict[str, dict[str, int]] = defaultdict(dict)
    for message in taken:
        event = json.loads(message.body)
        heard[event["data"]["id"]].setdefault(message.id, event["sequence"])
    assert all(list(first.values()) == sorted(first.values()) for first in heard.values())
    verified(webhook["secret"], receiver.messages, verifier)


def verified(secret: str, messages: list[Message], folder: Path) -> None:
    """Both verifiers take every message, and none that was changed, or is old."""
    changed = [Message(each.headers, each.body.replace("task", "tusk"), 0) for each in messages]
    old = [
        Message(
            {**each.headers, "webhook-timestamp": str(int(each.headers["webhook-timestamp"]) - 600)},
            each.body,
            0,
        )
        for each in messages
    ]
    asked = [*messages, *changed, *old]
    expected = [True] * len(messages) + [False] * 2 * len(messages)
    assert [_genuine(secret, each) for each in asked] == expected
    wanted = {"secret": secret, "messages": [{"headers": each.headers, "body": each.body} for each in asked]}
    (folder / "messages.json").write_text(json.dumps(wanted))
    done = subprocess.run(
        ["node", "verify.js", "messages.json"], cwd=folder, capture_output=True, check=True, timeout=PATIENCE
    )
    assert json.loads(done.stdout) == expected


def _genuine(secret: str, message: Message) -> bool:
    try:
        Webhook(secret).verify(message.body, message.headers)
    except WebhookVerificationError:
        return False
    return True
