"""An installation that a test may harm: a database, a data folder, and the processes over them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from pronaflow_kernel.persistence.engines import open_bare

from .processes import PATIENCE, PLUGIN, PRONAFLOW, Client, Process, Web, Worker, environment, until
from .records import Record

LEASE = 3
"""Seconds of silence after which others take the jobs of a worker."""

THREADS = 4
"""Most calls of others that one process makes at a time."""

TRACKS = 4
"""So many tracks are written to."""

PASSWORD = "Quiet-Meadow7!x"
_ACCOUNT = {"email": "ann@example.com", "password": PASSWORD}
_SETTLED = text(
    """SELECT (SELECT count(*) FROM core__job) + (SELECT count(*) FROM core__event WHERE position IS NULL)
    + (SELECT count(*) FROM core__reading r WHERE subscriber = 'faults.batch'
       AND r.position < (SELECT max(position) FROM core__event))"""
)


@dataclass
class Installation:
    """A server and, in a deployment with Redis, two workers.

    Arguments:
        folder: for everything that is not in the database.
        database_url: of a database that is ready, with somebody signed in.
        token: hers; tracks: ids of what she may write to.
        settings: further environment variables.
        workers: processes of `pronaflow worker`; with none the threads of the server work.
    """

    folder: Path
    database_url: str
    token: str = ""
    tracks: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    workers: int = 0
    webs: list[Web] = field(default_factory=list)
    at_work: list[Worker] = field(default_factory=list)
    port: int = 0
    started: int = 0
    acknowledged: list[str] = field(default_factory=list)
    refused: list[tuple[int, Any]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Of its processes."""
        places = (str(PLUGIN), str(self.folder / "packages"), os.environ.get("PYTHONPATH"))
        settings = {
            "PYTHONPATH": os.pathsep.join(filter(None, places)),
            "FAULTS_FOLDER": str(self.folder),
            "PRONAFLOW_DATA_DIR": str(self.folder / "data"),
            "PRONAFLOW_DATABASE_URL": self.database_url,
            "PRONAFLOW_JOBS__THREADS": "0" if self.workers else "3",
            "PRONAFLOW_PUBLIC_URL": "http://localhost",  # tokens name it, and the port differs
            "PRONAFLOW_RATE_LIMIT__ENABLED": "false",
            "PRONAFLOW_JOBS__LEASE_SECONDS": str(LEASE),
            "PRONAFLOW_AUTH__ACCESS_TOKEN_TTL": "86400",
        }
        return environment(**{**settings, **self.settings})

    def start(self) -> None:
        """Start whatever of it does not run."""
        for process in (*self.webs, *self.at_work):
            if not process.whole:
                process.kill()
        self.webs = [web for web in self.webs if web.alive]
        self.at_work = [worker for worker in self.at_work if worker.alive]
        while len(self.at_work) < self.workers:
            self.started += 1
            self.at_work.append(Worker(self.environment, self.folder / f"worker-{self.started}.log"))
        if not self.webs:
            self.another_web(self.port)
            self.port = self.web.port
        for worker in self.at_work:
            until(lambda worker=worker: worker.whole, "no worker")  # type: ignore[misc]

    def another_web(self, port: int = 0) -> Web:
        """Start one more server over the same database."""
        self.webs.append(Web(self.environment, self.folder / "web.log", port))
        return self.webs[-1]

    @property
    def web(self) -> Web:
        """The server."""
        return self.webs[0]

    @property
    def workhorse(self) -> Process:
        """A process that does jobs."""
        return self.at_work[0] if self.workers else self.web

    def close(self) -> None:
        """Leave nothing of it behind."""
        for process in (*self.webs, *self.at_work):
            process.kill()

    def arm(self, point: str) -> Callable[[], bool]:
        """Let whoever comes to a point of the work first die there.

        Returns:
            Tells whether somebody died.
        """
        file = self.folder / f"die-{point}"
        file.touch()
        return lambda: not file.exists()

    def until_dead(self, died: Callable[[], bool]) -> None:
        """Wait until somebody came to a point that was armed, and is gone."""
        until(died, "nobody came by")
        until(lambda: not all(each.whole for each in (*self.webs, *self.at_work)), "nobody died")

    def disarm(self) -> None:
        """Let nobody die any more."""
        for file in self.folder.glob("die-*"):
            file.unlink(missing_ok=True)

    def ask(self, client: Client, act: str = "plain", track: int = 0) -> int | None:
        """Ask for a mark; answers the status, or None where there was no answer."""
        body = {"track_id": self.tracks[track % TRACKS], "act": act}
        answer = client.post("/api/v1/faults/marks", body)
        if answer is None:
            return None
        status, content = answer
        if status == 201:
            self.acknowledged.append(content["data"]["id"])
        else:
            self.refused.append(answer)
        return status

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Somebody who calls the server."""
        made = Client(self.port, self.token)
        try:
            yield made
        finally:
            made.close()

    def make_marks(self, count: int, act: str = "plain") -> None:
        """Make marks, each of which must be acknowledged."""
        with self.client() as client:
            for number in range(count):
                assert self.ask(client, act, number) == 201, self.refused[-1:]

    @contextmanager
    def load(self, writers: int = TRACKS, act: str = "plain") -> Iterator[None]:
        """People who make marks all the time, whether they are answered or not."""
        enough = threading.Event()

        def write(number: int) -> None:
            with self.client() as client:
                while not enough.is_set():
                    if self.ask(client, act, number) != 201:
                        enough.wait(0.05)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()

    def acknowledge(self, count: int) -> None:
        """Wait until so many more marks are acknowledged."""
        goal = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= goal, f"not {count} more marks acknowledged")

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection to the database, in a transaction."""
        engine: Engine = open_bare(self.database_url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def settle(self, patience: float = PATIENCE) -> None:
        """Wait until nothing is left to be done; whoever is dead is started again."""
        self.disarm()

        def settled() -> bool:
            if not all(process.alive for process in (*self.webs, *self.at_work)):
                self.start()
            with self.connection() as connection:
                return bool(connection.scalar(_SETTLED) == 0)

        self.start()
        until(settled, "work is left", patience)

    def record(self) -> Record:
        """What is in the database, and what was sent out."""
        calls = self.folder / "calls"
        with self.connection() as connection:
            sent = calls.read_text().splitlines() if calls.exists() else []
            return Record.of(connection, list(self.acknowledged), [tuple(line.split()) for line in sent])

    def run(self, *arguments: str) -> str:
        """What a command of `pronaflow` prints; fails the test where it fails."""
        import subprocess

        done = subprocess.run(
            [str(PRONAFLOW), *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout


def prepare(folder: Path, database_url: str) -> Installation:
    """An installation out of nothing, with somebody who has tracks; it does not run."""
    info = folder / "packages" / "pronaflow_faults-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pronaflow-faults\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[pronaflow.plugins]\nfaults = faults_plugin.plugin:FaultsPlugin\n"
    )
    made = Installation(folder, database_url)
    if not database_url.startswith("sqlite"):
        made.run("db", "upgrade")
    made.start()
    try:
        client = Client(made.port)
        api = "/api/v1"
        registered = client.post(f"{api}/auth/register", {**_ACCOUNT, "username": "ann"})
        assert registered is not None and registered[0] == 201, registered
        signed_in = client.post(f"{api}/auth/login", _ACCOUNT)
        assert signed_in is not None
        made.token = client.token = signed_in[1]["data"]["access_token"]
        for _ in range(TRACKS):
            track = client.post(f"{api}/faults/tracks", {})
            assert track is not None and track[0] == 201, track
            made.tracks.append(track[1]["data"]["id"])
        client.close()
        made.settle()
        assert made.web.stop() == 0
    finally:
        made.close()
    return made


def copied(template: Installation, folder: Path, database_url: str, **changes: Any) -> Installation:
    """The same once more, in a folder of its own and over a copy of the database that is there already."""
    shutil.copytree(template.folder, folder, dirs_exist_ok=True)
    return replace(
        template,
        folder=folder,
        database_url=database_url,
        webs=[],
        at_work=[],
        port=0,
        acknowledged=[],
        refused=[],
        started=0,
        settings={},
        **changes,
    )
