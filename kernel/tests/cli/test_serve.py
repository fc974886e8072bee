"""`pronaflow quickstart` and `pronaflow serve` as processes, from the first line to SIGTERM."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from click.testing import Result

PRONAFLOW = [sys.executable, "-c", "from pronaflow_kernel.cli.main import main; main(prog_name='pronaflow')"]
PASSWORD = "Correct-Horse-7-Battery"


class Process:
    """`pronaflow` in a process of its own, killed by a watchdog where it hangs."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.popen = subprocess.Popen([*PRONAFLOW, *arguments], env=env, **pipes)
        self._watchdog = threading.Timer(60, self.popen.kill)
        self._watchdog.start()

    def until(self, stream: str, end: Callable[[str], bool]) -> str:
        """What the process writes up to and with the line that is the end."""
        lines: list[str] = []
        for line in getattr(self.popen, stream):
            lines.append(line)
            if end(line):
                return "".join(lines)
        raise AssertionError(f"{stream} ended early: {''.join(lines)}\n{self.popen.stderr.read()}")

    def facts(self) -> dict[str, Any]:
        """What `quickstart --json` tells."""
        return json.loads(self.until("stdout", lambda line: line == "}\n"))

    def stop(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait()

    def close(self) -> None:
        self._watchdog.cancel()
        self.popen.kill()
        self.popen.communicate()


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Process]]:
    """Start `pronaflow` with these arguments."""
    started: list[Process] = []

    def start(*arguments: str, **env: str) -> Process:
        started.append(Process({**environment, **env}, *arguments))
        return started[-1]

    yield start
    for process in started:
        process.close()


def get(url: str) -> Any:
    with urlopen(url, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def busy() -> Iterator[int]:
    """A port that another process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


class TestQuickstart:
    def test_it_makes_a_server_that_answers_and_stops(self, start: Callable[..., Process]) -> None:
        process = start("quickstart", "--port", "0", "--json")
        facts = process.facts()
        assert get(f"{facts['url']}/health")["status"] == "healthy"
        assert facts["data_dir"] == str(Path.cwd() / "instance")
        assert facts["docs"] == f"{facts['url']}/docs"
        assert facts["database"] == f"sqlite:///{Path.cwd()}/instance/pronaflow.sqlite3"
        assert process.stop() == 0

    def test_it_says_all_that_a_person_needs(self, start: Callable[..., Process]) -> None:
        process = start("quickstart", "--port", "0", "--data-dir", "things")
        shown = process.until("stdout", lambda line: "To stop" in line)
        assert "PronaFlow runs at http://127.0.0.1:" in shown
        assert "/setup#token=" in shown
        assert "works once, for 24 hours" in shown
        assert str(Path.cwd() / "things") in shown
        assert "/docs\n" in shown
        assert "Ctrl-C" in shown

    def test_only_its_owner_may_look_into_the_data_folder(self, start: Callable[..., Process]) -> None:
        start("quickstart", "--port", "0", "--json").facts()
        assert Path("instance").stat().st_mode & 0o777 == 0o700

    def test_the_link_leads_to_the_server_that_printed_it_and_each_start_makes_a_new_one(
        self, start: Callable[..., Process]
    ) -> None:
        links = []
        for _ in range(2):
            process = start("quickstart", "--port", "0", "--json")
            facts = process.facts()
            assert facts["admin_link"].startswith(f"{facts['url']}/setup#token=")
            links.append(facts["admin_link"])
            process.stop()
        assert links[0].rpartition("=")[2] != links[1].rpartition("=")[2]

    def test_a_second_run_keeps_everything_and_knows_the_administrator(
        self, start: Callable[..., Process]
    ) -> None:
        process = start("quickstart", "--port", "0", "--json")
        process.facts()
        process.stop()
        key = Path("instance/secret_key").read_text()
        Path("password").write_text(PASSWORD)
        ann = ("--email", "ann@example.com", "--username", "ann", "--password-file", "password")
        assert start("admin", "create", *ann).popen.wait() == 0
        process = start("quickstart", "--port", "0")
        assert "there is one, sign in" in process.until("stdout", lambda line: "Administrator" in line)
        assert Path("instance/secret_key").read_text() == key

    def test_a_busy_port_is_named_with_the_remedy(self, start: Callable[..., Process], busy: int) -> None:
        process = start("quickstart", "--port", str(busy))
        stderr = process.popen.communicate()[1]
        assert process.popen.returncode == 3
        assert f"Error: Port {busy} on 127.0.0.1 is in use by another process." in stderr
        assert f"--port {busy + 1}" in stderr
        assert "Traceback" not in stderr


class TestServe:
    def test_it_serves_as_the_settings_say_and_logs_where(self, start: Callable[..., Process]) -> None:
        process = start("serve", PRONAFLOW_SERVER__PORT="0")
        line = process.until("stderr", lambda line: "Serving at" in line).splitlines()[-1]
        assert get(f"{line.rpartition(' ')[2]}/health/ready")["status"] == "ready"
        assert process.stop() == 0
        assert process.popen.stdout.read() == ""

    def test_a_postgresql_database_that_is_behind_is_not_touched(
        self, start: Callable[..., Process], postgres_server: str
    ) -> None:
        from pronaflow_kernel.testing.postgres import create_database

        url = create_database(postgres_server)
        refused = start("serve", "--port", "0", PRONAFLOW_DATABASE_URL=url)
        stderr = refused.popen.communicate()[1]
        assert refused.popen.returncode == 5
        assert "pending: 0001" in stderr
        assert "pronaflow db upgrade" in stderr
        assert "Traceback" not in stderr
        assert start("db", "upgrade", PRONAFLOW_DATABASE_URL=url).popen.wait() == 0
        served = start("serve", "--port", "0", PRONAFLOW_DATABASE_URL=url)
        served.until("stderr", lambda line: "Serving at" in line)

    def test_production_demands_a_key(self, start: Callable[..., Process]) -> None:
        process = start("serve", PRONAFLOW_ENVIRONMENT="production")
        stderr = process.popen.communicate()[1]
        assert process.popen.returncode == 4
        assert "secret_key must be given in production" in stderr

    def test_production_demands_to_know_where_https_comes_from(self, start: Callable[..., Process]) -> None:
        key = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
        process = start("serve", PRONAFLOW_ENVIRONMENT="production", PRONAFLOW_SECRET_KEY=key)
        stderr = process.popen.communicate()[1]
        assert process.popen.returncode == 1
        assert "set it up and set server.trusted_proxies to 1" in stderr

    def test_the_settings_may_name_the_first_administrator(self, start: Callable[..., Process]) -> None:
        named = {
            "PRONAFLOW_BOOTSTRAP__ADMIN_EMAIL": "ann@example.com",
            "PRONAFLOW_BOOTSTRAP__ADMIN_PASSWORD": PASSWORD,
        }
        process = start("quickstart", "--port", "0", "--json", **named)
        assert process.facts()["admin_link"] is None

    def test_a_first_administrator_who_will_not_do_is_said_to_come_from_the_settings(
        self, start: Callable[..., Process]
    ) -> None:
        named = {
            "PRONAFLOW_BOOTSTRAP__ADMIN_EMAIL": "ann@example.com",
            "PRONAFLOW_BOOTSTRAP__ADMIN_PASSWORD": "short",
        }
        process = start("serve", "--port", "0", **named)
        stderr = process.popen.communicate()[1]
        assert process.popen.returncode == 1
        assert "bootstrap.admin_email" in stderr
        assert "  password: " in stderr


class TestAddressOfMails:
    """Links in mails follow the port where nobody gave `public_url`."""

    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({"PRONAFLOW_SERVER__PORT": "8123"}, {"public_url": "http://localhost:8123"}),
            ({"PRONAFLOW_SERVER__PORT": "8123", "PRONAFLOW_PUBLIC_URL": "https://flow.example"}, {}),
        ],
    )
    def test_address(
        self, settings: dict[str, str], expected: dict[str, str], run: Callable[..., Result]
    ) -> None:
        from pronaflow_kernel.cli.serve import address
        from pronaflow_kernel.settings import load

        assert address(load(env=settings)) == expected
