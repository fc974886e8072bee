"""No file without a row: what is forgotten goes at once, what is left behind after a day, nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from shelf_plugin.plugin import Paper
from sqlalchemy import Column, ForeignKey, MetaData, Table, bindparam, delete, func, select, update

from pronaflow_kernel import api
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.storage.work import file_jobs

ALL = api.unscoped("of all workspaces", delete(Paper))
KEPT = api.unscoped("of all workspaces", select(func.count()).select_from(api.KeptFile))
_FILES = api.KeptFile.__table__
NEWEST = api.unscoped("of all workspaces", select(_FILES).order_by(_FILES.c.created_at.desc()).limit(1))
BUNDLED = api.unscoped(
    "of all workspaces", update(_FILES).where(_FILES.c.key == bindparam("file")).values(bundled=True)
)


@pytest.fixture
def clean(world: Any, stored: Callable[[], set[Path]]) -> Callable[..., None]:
    """Runs the daily job, `hours` after what is in the store was put there."""
    jobs = {job.name: job for job in file_jobs(world.kernel)}

    def run(hours: float = 25) -> None:
        put = world.clock.now().timestamp()
        for path in stored():
            os.utime(path, (put, put))
        world.clock.advance(hours * 3600)
        with world.kernel.db.read(Scope.system()) as reader:
            jobs["remove_orphaned_files"].run(reader, {})

    return run


@pytest.fixture
def kept(world: Any) -> Callable[[], int]:
    """How many files have a row of the kernel."""

    def count() -> int:
        with world.kernel.db.read(Scope.system()) as reader:
            return int(reader.value(KEPT))

    return count


def test_what_is_thrown_away_goes_at_once(world, ann, shelf, stored, kept):
    world.drain()
    before, rows = stored(), kept()
    made = ann.upload(shelf, "a", b"x").data
    assert len(stored() - before) == 1

    assert ann.delete(f"/api/v1/shelf/{made['id']}").status == 200
    world.drain()

    assert (stored(), kept()) == (before, rows)


def test_what_a_row_names_stays(ann, shelf, clean):
    paper = ann.upload(shelf, "a", b"content").data
    clean(hours=1000)
    assert ann.get(f"/api/v1/shelf/{paper['id']}").body == b"content"


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (25, 0)])
def test_what_no_row_names_goes_after_a_day(world, stored, clean, hours, left):
    clean(100)
    before = stored()
    world.kernel.store.put(BytesIO(b"its process was killed before the commit"))
    clean(hours)
    assert len(stored() - before) == left
    clean(100)


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (25, 0)])
def test_what_was_never_finished_goes_after_a_day(world, stored, clean, hours, left):
    clean(100)
    before = stored()
    folder = world.kernel.settings.data_dir / "files" / "ab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".half.part").write_bytes(b"its process was killed while it came")
    clean(hours)
    assert len(stored() - before) == left
    clean(100)


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (25, 0)])
def test_what_lost_its_row_with_what_it_belonged_to_goes_after_a_day(
    world, ann, shelf, stored, kept, clean, hours, left
):
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(ALL)
    clean(100)
    before, rows = stored(), kept()
    ann.upload(shelf, "a", b"x")
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(ALL)
    clean(hours)
    assert (len(stored() - before), kept() - rows) == (left, left)
    clean(100)


def test_files_of_a_plugin_that_does_not_run_stay(world, ann, stored, clean):
    stored_file = world.kernel.store.put(BytesIO(b"of a plugin that failed"))
    values = {"key": stored_file.key, "size": stored_file.size, "sha256": stored_file.sha256}
    with world.kernel.db.write(Scope.system()) as uow:
        uow.insert(api.KeptFile, {**values, "plugin_id": "gone"})
    clean(1000)
    with world.kernel.store.open(stored_file.key) as stream:
        assert stream.read() == b"of a plugin that failed"


@pytest.fixture
def loose(world, ann, shelf) -> str:
    """A file that the kernel keeps and no paper names any more; its key."""
    ann.upload(shelf, "a", b"x")
    with world.kernel.db.write(Scope.system()) as uow:
        key = str(uow.one(NEWEST)["key"])
        uow.execute(ALL)
    return key


def is_there(world, key: str) -> bool:
    try:
        world.kernel.store.open(key).close()
    except FileNotFoundError:
        return False
    return True


def test_files_of_a_plugin_that_is_switched_off_stay_until_it_is_on_again(world, loose, clean):
    world.kernel.switches.set("shelf", False)
    try:
        clean(1000)
        assert is_there(world, loose)
    finally:
        world.kernel.switches.set("shelf", True)
    clean()
    assert not is_there(world, loose)


def test_a_plugin_that_is_off_and_has_no_tables_any_more_does_not_stop_the_job(world, clean, monkeypatch):
    missing = MetaData()
    Table("shelf__none", missing, Column("file_key", ForeignKey(api.KeptFile.key)))
    brought = {"shelf": replace(world.kernel.contributions["shelf"], models=missing)}
    monkeypatch.setattr(world.kernel, "contributions", brought)
    lost = world.kernel.store.put(BytesIO(b"left behind"))
    world.kernel.switches.set("shelf", False)
    try:
        clean()
    finally:
        world.kernel.switches.set("shelf", True)
    assert not is_there(world, lost.key)


def test_files_that_a_bundle_names_stay_although_the_plugin_runs_and_names_them_not(world, loose, clean):
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(BUNDLED, file=loose)
    clean(1000)
    assert is_there(world, loose)


def test_more_than_are_looked_at_together(world, stored, clean, monkeypatch):
    clean(100)
    before = stored()
    monkeypatch.setattr("pronaflow_kernel.storage.work.AT_ONCE", 2)
    for _ in range(5):
        world.kernel.store.put(BytesIO(b"x"))
    clean()
    assert stored() == before
