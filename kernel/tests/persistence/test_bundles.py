"""Bundles: the data of a plugin in a folder, and no longer in the database."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from shop import ABOUT, NOTHING, ROW, SHELF, Place, dumped, filled

from pronaflow_kernel.persistence import bundles, removal
from pronaflow_kernel.persistence.bundles import BundleError
from pronaflow_kernel.persistence.chains import Chain
from pronaflow_kernel.persistence.holdings import look
from pronaflow_kernel.persistence.migrations import upgrade
from pronaflow_kernel.persistence.removal import take_out


class TestTakingOut:
    def test_every_row_is_in_the_bundle_and_nothing_is_in_the_database(
        self, place: Place, shop: Chain, tmp_path: Path
    ) -> None:
        before = place.schema()
        filled(place, shop)
        counts = take_out(place.write, "shop", tmp_path / "out", ABOUT, 'id = "shop"')
        assert counts == {"shop__shelf": 2, "shop__box": 1, "shop__search": 1, "core__trash": 1}
        assert place.schema() == before
        assert place.rows("SELECT id FROM core__trash") == []
        with place.write.connect() as connection:
            assert look(connection, "shop").empty
        files = dumped(tmp_path / "out")
        assert {name: len(rows) for name, rows in files.items() if rows} == {
            "tables/shop__shelf": 2,
            "tables/shop__box": 1,
            "tables/shop__search": 1,
            "kernel/core__trash": 1,
        }
        assert (tmp_path / "out" / "plugin.toml").read_text() == 'id = "shop"'

    def test_values_read_the_same_whichever_database_they_come_from(
        self, place: Place, shop: Chain, tmp_path: Path
    ) -> None:
        filled(place, shop)
        take_out(place.write, "shop", tmp_path / "out", ABOUT)
        shelves = dumped(tmp_path / "out")["tables/shop__shelf"]
        [row] = [each for each in shelves if each["id"] == SHELF]
        assert NOTHING in shelves
        data = json.loads(row.pop("data"))
        assert data["b"] is None
        assert data["a"][0] == 1.5
        price = row.pop("price")
        assert float(price) == 12.5
        assert row == {name: value for name, value in ROW.items() if name not in ("data", "price")}

    def test_the_index_says_what_it_is(self, place: Place, shop: Chain, tmp_path: Path) -> None:
        filled(place, shop)
        take_out(place.write, "shop", tmp_path / "out", replace(ABOUT, settings={"shop.key": "***"}))
        index = json.loads((tmp_path / "out" / "bundle.json").read_text())
        assert (index["format"], index["plugin"], index["version"]) == (1, "shop", "0.3.0")
        assert (index["revision"], index["database"]) == ("0001", place.write.dialect.name)
        assert index["settings"] == {"shop.key": "***"}
        [box] = [part for part in index["parts"] if part["table"] == "shop__box"]
        assert (box["rows"], len(box["sha256"])) == (1, 64)

    def test_others_cannot_read_it(self, place: Place, shop: Chain, tmp_path: Path) -> None:
        filled(place, shop)
        take_out(place.write, "shop", tmp_path / "out", ABOUT)
        modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (tmp_path / "out").rglob("*")}
        assert modes == {0}
        assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700

    def test_others_that_refer_to_it_are_named(self, place, shop, plugins, tmp_path) -> None:
        filled(place, shop)
        key = "sa.ForeignKey('shop__shelf.id', ondelete='CASCADE')"
        customs = plugins.chain(
            "customs", f"op.create_table('customs__duty', sa.Column('id', sa.{_id(place)}, {key}))"
        )
        upgrade(place.write, [customs])
        with pytest.raises(
            BundleError, match=r"Tables of customs refer to those of shop .*customs__duty -> shop__shelf"
        ):
            take_out(place.write, "shop", tmp_path / "out", ABOUT)
        assert not (tmp_path / "out").exists()
        take_out(place.write, "customs", tmp_path / "first", ABOUT)
        take_out(place.write, "shop", tmp_path / "out", ABOUT)

    def test_a_folder_with_something_in_it_is_refused(self, place, shop, tmp_path) -> None:
        filled(place, shop)
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(BundleError, match=r"is not an empty folder"):
            take_out(place.write, "shop", tmp_path, ABOUT)
        assert (tmp_path / "mine.txt").read_text() == "mine"
        assert place.rows("SELECT count(*) FROM shop__shelf") == [(2,)]

    @pytest.mark.parametrize("broken", ["write", "read", "lost", "drop"])
    def test_nothing_is_dropped_when_anything_fails(
        self, place, shop, tmp_path, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        filled(place, shop)
        before = place.schema()
        if broken == "write":
            monkeypatch.setattr(orjson, "dumps", _raise)
        elif broken == "read":
            monkeypatch.setattr(bundles, "_sync", lambda _folder: _spoil(tmp_path / "out"))
        elif broken == "lost":
            monkeypatch.setattr(bundles, "batches", lambda rows: [list(rows)[:1]])
        else:
            drop = removal._drop
            monkeypatch.setattr(removal, "_drop", lambda *given: (drop(*given), _raise()))
        with pytest.raises((BundleError, OSError)):
            take_out(place.write, "shop", tmp_path / "out", ABOUT)
        assert place.schema() == before
        assert place.rows("SELECT count(*) FROM shop__shelf") == [(2,)]
        assert place.rows("SELECT count(*) FROM core__trash") == [(1,)]
        assert (tmp_path / "out" / "bundle.json").exists() == (broken in ("lost", "drop"))

    def test_a_table_of_many_rows_is_streamed(self, place, plugins, tmp_path) -> None:
        upgrade(place.write, [plugins.numbered("long", 1)])
        place.insert("long__1", *({"id": number} for number in range(5_003)))
        told: list[int] = []
        take_out(place.write, "long", tmp_path / "out", ABOUT, None, told.append)
        assert told == [1000] * 5 + [3]
        [part] = bundles.read(tmp_path / "out").of("tables").values()
        assert part.rows == 5_003


class TestReading:
    @pytest.fixture
    def bundle(self, make, plugins, tmp_path: Path) -> Path:
        place = make("sqlite")
        upgrade(place.write, [plugins.numbered("long", 1)])
        place.insert("long__1", {"id": 1}, {"id": 2})
        take_out(place.write, "long", tmp_path / "out", ABOUT)
        return tmp_path / "out"

    def test_a_changed_file_is_noticed(self, bundle: Path) -> None:
        (bundle / "tables" / "long__1.jsonl").write_text('{"id":1}\n{"id":3}\n')
        with pytest.raises(BundleError, match=r"tables/long__1.jsonl has changed since it was written"):
            bundles.read(bundle)

    def test_a_missing_file_is_noticed(self, bundle: Path) -> None:
        (bundle / "tables" / "long__1.jsonl").unlink()
        with pytest.raises(BundleError, match=r"long__1.jsonl cannot be read: No such file"):
            bundles.read(bundle)

    def test_another_folder_is_no_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(BundleError, match=r"is no bundle: it has no bundle.json"):
            bundles.read(tmp_path)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (
                {"format": 2, "kernel": "0.9"},
                "format 2, this kernel reads 1 at most: install pronaflow-kernel 0.9",
            ),
            ({"format": "1"}, "says nothing of its format"),
            ({"parts": [{"file": "../../etc/passwd", "sha256": "", "native": []}]}, "is damaged"),
            ({"parts": 7}, "is damaged"),
            ({"surplus": 1}, "is damaged"),
        ],
    )
    def test_an_index_that_is_not_ours_is_refused(self, bundle: Path, change, words) -> None:
        index = json.loads((bundle / "bundle.json").read_text())
        (bundle / "bundle.json").write_text(json.dumps({**index, **change}))
        with pytest.raises(BundleError, match=words):
            bundles.read(bundle)

    @pytest.mark.parametrize("text", ["{", "[]", "7"])
    def test_an_index_that_cannot_be_read_is_refused(self, bundle: Path, text: str) -> None:
        (bundle / "bundle.json").write_text(text)
        with pytest.raises(BundleError):
            bundles.read(bundle)


def test_what_depends_on_its_tables_unseen_is_told(make, shop, tmp_path) -> None:
    place = make("postgresql")
    filled(place, shop)
    place.run("CREATE VIEW other AS SELECT id FROM shop__shelf")
    with pytest.raises(BundleError, match=r"nothing was changed: (?s:.*)view other depends on"):
        take_out(place.write, "shop", tmp_path / "out", ABOUT)
    assert place.rows("SELECT count(*) FROM other") == [(2,)]


def _id(place: Place) -> str:
    return "Uuid()" if place.write.dialect.name == "postgresql" else "CHAR(36)"


def _raise(*_: object, **__: object) -> bytes:
    raise OSError(28, "No space left on device")


def _spoil(folder: Path) -> None:
    with (folder / "tables" / "shop__box.jsonl").open("a") as file:
        file.write("{}\n")
