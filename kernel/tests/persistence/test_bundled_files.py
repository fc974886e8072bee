"""Files of a plugin whose data is in a bundle: nobody lets go of them, and they are named again with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from shop import ABOUT, Place, dumped

from pronaflow_kernel.persistence import bundles
from pronaflow_kernel.persistence.chains import Chain
from pronaflow_kernel.persistence.migrations import upgrade
from pronaflow_kernel.persistence.removal import Restored, bring_back, take_out

ALBUM = """
file = sa.ForeignKey("core__kept_file.key", name="fk_file", ondelete="CASCADE")
op.create_table("album__picture", sa.Column("file_key", sa.String(32), file, primary_key=True))
"""
FILES = "SELECT key, bundled FROM core__kept_file ORDER BY key"


@pytest.fixture
def album(plugins) -> Chain:
    """A plugin with a table of files."""
    return plugins.chain("album", ALBUM)


def put(place: Place, key: str, plugin: str = "album") -> None:
    """Keep a file, and have a picture refer to it where it is the album's."""
    time = "2026-03-02T09:00:00.000000Z"
    values = {"key": key, "plugin_id": plugin, "size": 1, "sha256": "0", "bundled": False, "created_at": time}
    place.insert("core__kept_file", values)
    if plugin == "album":
        place.insert("album__picture", {"file_key": key})


def marks(place: Place) -> dict[str, bool]:
    """Which files are kept, and whether a bundle names them."""
    return {str(key): bool(bundled) for key, bundled in place.rows(FILES)}


def taken(place: Place, folder: Path | None) -> None:
    take_out(place.write, "album", folder, replace(ABOUT, plugin="album"))


def back(place: Place, album: Chain, folder: Path) -> Restored:
    return bring_back(place.write, album, folder, bundles.read(folder))


@pytest.fixture
def filled(place: Place, album: Chain) -> Place:
    """A place with a picture, and a file of another plugin."""
    upgrade(place.write, [album])
    put(place, "a")
    put(place, "z", plugin="zoo")
    return place


def test_they_stay_marked_and_come_back_with_the_rows_that_refer_to_them(filled, album, tmp_path) -> None:
    taken(filled, tmp_path / "out")
    assert marks(filled) == {"a": True, "z": False}
    restored = back(filled, album, tmp_path / "out")
    assert (restored.rows, restored.left_out) == ({"album__picture": 1, "core__kept_file": 1}, {})
    assert marks(filled) == {"a": False, "z": False}
    assert filled.rows("SELECT file_key FROM album__picture") == [("a",)]


def test_without_a_bundle_they_are_let_go_and_those_of_earlier_bundles_too(filled, album, tmp_path) -> None:
    taken(filled, tmp_path / "out")
    upgrade(filled.write, [album])
    put(filled, "b")
    taken(filled, None)
    assert marks(filled) == {"z": False}


def test_who_throws_a_bundle_away_can_let_go_of_its_files(filled, tmp_path) -> None:
    taken(filled, tmp_path / "out")
    taken(filled, None)
    assert marks(filled) == {"z": False}


def test_each_bundle_brings_its_own(filled, album, tmp_path) -> None:
    taken(filled, tmp_path / "first")
    upgrade(filled.write, [album])
    put(filled, "b")
    taken(filled, tmp_path / "second")
    assert [row["key"] for row in dumped(tmp_path / "second")["kernel/core__kept_file"]] == ["b"]
    back(filled, album, tmp_path / "second")
    assert marks(filled) == {"a": True, "b": False, "z": False}
    taken(filled, tmp_path / "third")
    back(filled, album, tmp_path / "first")
    assert marks(filled) == {"a": False, "b": True, "z": False}


def test_a_file_that_is_another_plugin_s_by_now_is_not_touched(filled, album, tmp_path) -> None:
    taken(filled, tmp_path / "out")
    filled.run("UPDATE core__kept_file SET plugin_id = 'zoo' WHERE key = 'a'")
    assert back(filled, album, tmp_path / "out").left_out == {"core__kept_file": 1}
    assert marks(filled) == {"a": True, "z": False}


@pytest.mark.parametrize(
    ("here", "there"),
    [("sqlite", "postgresql"), ("postgresql", "sqlite")],
    ids=["to_postgresql", "to_sqlite"],
)
def test_another_database_gets_their_rows(
    here: str, there: str, make: Callable[[str], Place], album: Chain, tmp_path: Path
) -> None:
    source, target = make(here), make(there)
    upgrade(source.write, [album])
    put(source, "a")
    taken(source, tmp_path / "out")
    assert back(target, album, tmp_path / "out").left_out == {}
    assert marks(target) == {"a": False}
    with pytest.raises(sa.exc.IntegrityError):
        target.insert("album__picture", {"file_key": "unknown"})
