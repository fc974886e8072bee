"""What the benchmarks of the bus share: a server in a process of its own that listens to facts, and its disk.

The plugin `listeners_plugin` is installed for them alone, in a folder that the process finds on its path.
PostgreSQL waits for the disk here, unlike in tests, because that is what a bus is made of.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Any

from measure import Options
from place import database
from sqlalchemy import Engine, text

from pronaflow_kernel.api import new_id
from pronaflow_kernel.kernel import Kernel
from pronaflow_kernel.persistence.engines import open_bare

PATIENCE = 120.0
PLUGIN = Path(__file__).parent / "listeners_plugin"
LEFT = {
    "events without a position": "SELECT 1 FROM core__event WHERE position IS NULL LIMIT 1",
    "jobs": "SELECT 1 FROM core__job LIMIT 1",
    "batches": "SELECT 1 FROM core__reading WHERE position < (SELECT max(position) FROM core__event) LIMIT 1",
}


@dataclass
class Site:
    """A database, a folder on the same disk where it is SQLite, and the settings of the servers over them.

    Arguments:
        kind: of the database; url: of it; folder: for everything else; settings: environment variables.
    """

    kind: str
    url: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> Path:
        """What the listeners note."""
        return self.folder / "notes.txt"

    def noted(self) -> list[str]:
        """The lines of the notes."""
        return self.notes.read_text().splitlines()

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRONAFLOW_")}
        return {
            **kept,
            "PYTHONPATH": str(self.folder / "packages"),
            "PRONAFLOW_DATABASE_URL": self.url,
            "PRONAFLOW_DATA_DIR": str(self.folder / "data"),
            "PRONAFLOW_RATE_LIMIT__ENABLED": "false",
            "PRONAFLOW_LOGS__LEVEL": "warning",
            "PRONAFLOW_LISTENERS__NOTES": str(self.notes),
            **self.settings,
        }

    def run(self, *arguments: str) -> None:
        """Run a command of `pronaflow` to its end."""
        subprocess.run(_command(*arguments), env=self.environment, check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command of `pronaflow` that runs until the block ends."""
        process = subprocess.Popen(_command(*arguments), env=self.environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()

    @contextmanager
    def server(self) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
        """`pronaflow serve`: its process and address, as soon as it answers."""
        with closing(socket()) as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        with self.process("serve", "--port", str(port)) as process:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(process, f"{url}/health"), PATIENCE)
            yield process, url

    def worker(self, asked: Options) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """`pronaflow worker`, of as many processes as it has by itself, or of one where it is only to run."""
        return self.process("worker", *(["--processes", "1"] if asked.quick else []))

    @contextmanager
    def kernel(self, **overrides: Any) -> Iterator[Kernel]:
        """The kernel in this process, with no thread that works yet."""
        from pronaflow_kernel.web.app import start

        settings = {
            "environment": "test",
            "database_url": self.url,
            "data_dir": str(self.folder / "data"),
            **overrides,
        }
        kernel, _ = start(env={}, overrides=settings)
        try:
            yield kernel
        finally:
            kernel.close()

    @contextmanager
    def backlog(self) -> Iterator[Callable[[], list[str]]]:
        """Tells what is left to be done, without counting it."""
        engine = open_bare(self.url)
        with engine.connect() as connection:
            yield lambda: _left(connection)
        engine.dispose()


def _left(connection: Any) -> list[str]:
    left = [name for name, statement in LEFT.items() if connection.execute(text(statement)).first()]
    connection.rollback()  # the next look must see what was done since
    return left


@contextmanager
def site(kind: str, **settings: str) -> Iterator[Site]:
    """An empty database, with the listeners installed, here as in the processes.

    One on PostgreSQL is at its head; one on SQLite is brought there by whoever opens it first.
    """
    with database(kind) as (url, folder):
        packages = folder / "packages"
        shutil.copytree(PLUGIN, packages / PLUGIN.name)
        info = packages / "pronaflow_listeners-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pronaflow-listeners\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            f"[pronaflow.plugins]\nlisteners = {PLUGIN.name}.plugin:ListenersPlugin\n"
        )
        sys.path.insert(0, str(packages))
        made = Site(kind, url, folder, settings)
        try:
            if kind == "postgresql":
                durable(url)
                made.run("db", "upgrade")
            yield made
        finally:
            sys.path.remove(str(packages))


def durable(url: str) -> None:
    """Let a server made for tests store as one in production does; one of your own stays as it is."""
    if "PRONAFLOW_TEST_DATABASE_URL" in os.environ:
        return
    engine: Engine = open_bare(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = on"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def conditions(folder: Path) -> str:
    """What the figures depend on: how often a second the disk stores something, and what else runs."""
    return f"{fdatasyncs(folder):,.0f} fdatasync/s, load average {os.getloadavg()[0]:.1f}"


class Stolen:
    """How much of the processors the host gives to other machines, from when it was made on."""

    def __init__(self) -> None:
        self._stolen, self._all = self._ticks()

    def __str__(self) -> str:
        stolen, all_ = self._ticks()
        return f"{100 * (stolen - self._stolen) / max(1, all_ - self._all):.0f} % stolen by the host"

    @staticmethod
    def _ticks() -> tuple[int, int]:
        ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return ticks[7], sum(ticks)


def fdatasyncs(folder: Path, seconds: float = 0.5) -> float:
    """How often a second a page of 4 KiB can be stored for good on the disk of a folder."""
    path = folder / "fdatasync"
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        begin, count = time.perf_counter(), 0
        while (passed := time.perf_counter() - begin) < seconds:
            os.pwrite(file, os.urandom(4096), count % 256 * 4096)
            os.fdatasync(file)
            count += 1
        return count / passed
    finally:
        os.close(file)
        path.unlink()


def wait_until(done: Callable[[], Any], seconds: float, every: float = 0.02) -> None:
    """Wait for something.

    Raises:
        TimeoutError: it did not happen.
    """
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing after {seconds:g} seconds")
        time.sleep(every)


def things(number: int) -> list[str]:
    """Ids of things that facts are about."""
    return [new_id() for _ in range(number)]


def percentiles(values: list[float]) -> str:
    """The middle, the twentieth from above, and the most of milliseconds."""
    ordered = sorted(values)
    return f"p50 {at(ordered, 0.5):.1f} ms, p95 {at(ordered, 0.95):.1f} ms, max {ordered[-1]:.1f} ms"


def at(ordered: list[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from pronaflow_kernel.cli.main import main; main()", *arguments]


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "the server ended"
    try:
        with urllib.request.urlopen(url) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False
