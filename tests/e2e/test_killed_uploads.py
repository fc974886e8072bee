"""A server that is killed while a file comes leaves no row, and nothing on the disk for longer than a day."""

from __future__ import annotations

import os
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from .server import Caller, wait_for
from .test_production_servers import Production, site_of

DEATH = Path(__file__).parent / "death_before_commit"
BEGUN = 4 * 1024 * 1024
"""Bytes of a file that are sent before the server is killed."""


@pytest.fixture
def site(request, tmp_path_factory):
    """A site whose server can be told to die, by the runner that the test names."""
    made = site_of(tmp_path_factory.mktemp(request.param), request.param)
    made.settings |= {"PYTHONPATH": str(DEATH), "DIE_BEFORE_COMMIT": str(made.folder / "armed")}
    made.settings |= {"PRONAFLOW_SERVER__PROCESSES": "1", "PRONAFLOW_PUBLIC_URL": "http://localhost"}
    return made


@pytest.fixture
def server(site):
    """A server of its own for each test."""
    made = Production(site).wait()
    yield made
    made.close()


@pytest.fixture
def task(server):
    """Somebody's token, and where the files of their task are."""
    with Caller(server) as caller:
        caller.sign_up(f"ada_{time.monotonic_ns()}")
        project = caller.post("/api/v1/projects", {"name": "Website"}).data
        task = caller.post("/api/v1/tasks", {"project_id": project["id"], "title": "One"}).data
        return caller.token, f"/api/v1/tasks/{task['id']}/files"


def stored(site):
    """Everything in the store, finished or not."""
    return [path for path in (site.folder / "data" / "files").rglob("*") if path.is_file()]


def expect_nothing_after_a_day(site, task):
    """A new server knows of no file, and the daily job leaves none of those that it finds."""
    token, files = task
    server = Production(site).wait()
    try:
        with Caller(server, token) as caller:
            assert caller.get(files).data == []
            kept = caller.upload(files, "kept.txt", b"Still here")
            assert kept.status == 201
            for path in stored(site):
                os.utime(path, (0, 0))
            site.run("schedule", "run", "core.remove_orphaned_files")
            wait_for(lambda: len(stored(site)), lambda left: left == 1)
            assert caller.download(f"/api/v1/files/{kept.data['id']}") == b"Still here"
            assert caller.delete(f"{files}/{kept.data['id']}").status == 200
            wait_for(lambda: len(stored(site)), lambda left: left == 0)
    finally:
        server.close()


# waitress gives the application only what has come whole.
@pytest.mark.parametrize("site", ["granian"], indirect=True)
def test_in_the_middle_of_a_file(site, server, task):
    token, files = task
    with Caller(server, token) as caller:
        head = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "multipart/form-data; boundary=XX",
            "Content-Length": str(4 * BEGUN),
        }
        caller.connection.putrequest("POST", files)
        for name, value in head.items():
            caller.connection.putheader(name, value)
        begin = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        caller.connection.endheaders(begin + b"x" * BEGUN)
        wait_for(lambda: len(stored(site)), lambda begun: begun == 1)
        assert stored(site)[0].name.endswith(".part")
        server.close()
    expect_nothing_after_a_day(site, task)


@pytest.mark.parametrize("site", ["waitress"], indirect=True)
def test_between_the_file_and_its_row(site, server, task):
    token, files = task
    (site.folder / "armed").touch()
    with Caller(server, token) as caller, pytest.raises((HTTPException, OSError)):
        caller.upload(files, "a.txt", b"What was said")
    [orphan] = stored(site)
    assert orphan.read_bytes() == b"What was said"
    server.close()
    expect_nothing_after_a_day(site, task)
