"""Restoring: a bundle comes back into the database that it came from, or into another one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from shop import ABOUT, ANN, BOX, EMPTY, HOME, SHELF, Place, comparable, dumped, filled, rewrite

from pronaflow_kernel.jobs.models import ScheduleRow
from pronaflow_kernel.jobs.schedules import row_of
from pronaflow_kernel.jobs.types import Schedule
from pronaflow_kernel.persistence import bundles
from pronaflow_kernel.persistence.bundles import BundleError
from pronaflow_kernel.persistence.chains import Chain, MigrationError
from pronaflow_kernel.persistence.holdings import look
from pronaflow_kernel.persistence.migrations import status, upgrade
from pronaflow_kernel.persistence.removal import bring_back, take_out

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("here", "there"),
    [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("sqlite", "postgresql"), ("postgresql", "sqlite")],
)
class TestRoundTrip:
    def test_everything_comes_back(self, here, there, make, shop, tmp_path) -> None:
        source, target = make(here), make(there)
        filled(source, shop)
        take_out(source.write, "shop", tmp_path / "out", ABOUT)
        upgrade(target.write, [shop])
        empty = target.schema()
        restored = bring_back(target.write, shop, tmp_path / "out", bundles.read(tmp_path / "out"))
        assert restored.rows == {"shop__shelf": 2, "shop__box": 1, "shop__search": 1, "core__trash": 1}
        assert restored.left_out == {}
        assert target.schema() == empty
        assert target.found("GRÖSSER oa*") == [SHELF]
        assert target.found("pine") == []
        take_out(target.write, "shop", tmp_path / "again", ABOUT)
        assert comparable(dumped(tmp_path / "again")) == comparable(dumped(tmp_path / "out"))

    def test_schedules_go_along_and_come_back(self, here, there, make, shop, tmp_path) -> None:
        source, target = make(here), make(there)
        filled(source, shop)
        report = row_of("shop.report:-:1", "shop.report", Schedule("0 8 * * *", args={"a": [1]}), OPENED)
        with source.write.begin() as connection:
            connection.execute(sa.insert(ScheduleRow), report)
        assert take_out(source.write, "shop", tmp_path / "out", ABOUT)["core__schedule"] == 1
        assert source.rows("SELECT name FROM core__schedule") == []
        upgrade(target.write, [shop])
        restored = bring_back(target.write, shop, tmp_path / "out", bundles.read(tmp_path / "out"))
        assert restored.rows["core__schedule"] == 1
        [(name, args)] = target.rows("SELECT name, args FROM core__schedule")
        assert (name, args if isinstance(args, dict) else json.loads(args)) == (report["name"], {"a": [1]})

    def test_what_refers_to_something_gone_stays_behind(self, here, there, make, shop, tmp_path) -> None:
        source, target = make(here), make(there)
        filled(source, shop)
        other = ANN.replace("1", "9")
        source.insert("shop__shelf", {"id": BOX, "workspace_id": HOME, "above_id": SHELF})
        source.insert("shop__box", {"number": 8, "shelf_id": BOX, "owner_id": None})
        take_out(source.write, "shop", tmp_path / "out", ABOUT)
        file = tmp_path / "out" / "tables" / "shop__shelf.jsonl"
        rows = [json.loads(line) for line in file.read_bytes().splitlines()]
        for row in rows:  # the workspace of the full shelf is gone
            row["workspace_id"] = other if row["id"] == SHELF else row["workspace_id"]
            row["data"] = None
        rewrite(tmp_path / "out", "shop__shelf", rows)
        restored = bring_back(target.write, shop, tmp_path / "out", bundles.read(tmp_path / "out"))
        assert restored.left_out == {"shop__shelf": 1, "shop__box": 1, "shop__search": 1, "core__trash": 1}
        assert target.rows("SELECT number FROM shop__box") == [(8,)]
        assert [
            (str(id_), above)
            for id_, above in target.rows("SELECT id, above_id FROM shop__shelf ORDER BY id")
        ] == [
            (EMPTY, None),
            (BOX, None),
        ]
        assert target.found("oak") == []


class TestBringingBack:
    @pytest.fixture
    def bundle(self, place: Place, shop: Chain, tmp_path: Path) -> Path:
        filled(place, shop)
        take_out(place.write, "shop", tmp_path / "out", ABOUT)
        return tmp_path / "out"

    def test_numbers_go_on_after_the_highest(self, place, shop, bundle) -> None:
        bring_back(place.write, shop, bundle, bundles.read(bundle))
        place.run("INSERT INTO shop__box (shelf_id) VALUES (NULL)")
        assert place.rows("SELECT number, twice FROM shop__box ORDER BY number") == [(7, 14), (8, 16)]

    def test_keys_are_as_strict_as_before(self, place, shop, bundle) -> None:
        bring_back(place.write, shop, bundle, bundles.read(bundle))
        with pytest.raises(sa.exc.IntegrityError):
            place.insert("shop__box", {"shelf_id": BOX})

    def test_newer_code_goes_on_to_its_head(self, place, shop, bundle, plugins) -> None:
        plugins.script(
            "shop", "0002_colour.py", 2, "op.add_column('shop__box', sa.Column('colour', sa.Text()))"
        )
        restored = bring_back(place.write, shop, bundle, bundles.read(bundle))
        assert [step.revision for step in restored.steps] == ["0002"]
        assert place.rows("SELECT number, colour FROM shop__box") == [(7, None)]
        assert status(place.engines.read, [shop])[0].current == "0002"

    def test_empty_tables_of_newer_code_are_no_obstacle(self, place, shop, bundle, plugins) -> None:
        up = "op.add_column('shop__box', sa.Column('colour', sa.Text()))"
        plugins.script("shop", "0002_colour.py", 2, up, "op.drop_column('shop__box', 'colour')")
        upgrade(place.write, [shop])
        bring_back(place.write, shop, bundle, bundles.read(bundle))
        assert place.rows("SELECT number, colour FROM shop__box") == [(7, None)]

    def test_older_code_is_told_what_it_lacks(self, place, shop, plugins, tmp_path) -> None:
        plugins.script("shop", "0002_more.py", 2, "pass")
        upgrade(place.write, [shop])
        take_out(place.write, "shop", tmp_path / "out", ABOUT)
        (plugins.folder / "shop_shop" / "migrations" / "0002_more.py").unlink()
        with pytest.raises(
            BundleError, match=r"revision 0002.* knows 0001 at most: install pronaflow-shop 0.3.0"
        ):
            bring_back(place.write, shop, tmp_path / "out", bundles.read(tmp_path / "out"))

    def test_data_that_is_there_is_not_touched(self, place, shop, bundle) -> None:
        bring_back(place.write, shop, bundle, bundles.read(bundle))
        with pytest.raises(BundleError, match=r"The plugin shop has data already, in shop__"):
            bring_back(place.write, shop, bundle, bundles.read(bundle))
        assert place.rows("SELECT number FROM shop__box") == [(7,)]

    def test_a_migration_that_fails_on_the_data_leaves_nothing_behind(
        self, place, shop, bundle, plugins
    ) -> None:
        before = place.schema()
        plugins.script("shop", "0002_wrong.py", 2, "raise RuntimeError('no')")
        with pytest.raises(MigrationError, match=r"RuntimeError: no"):
            bring_back(place.write, shop, bundle, bundles.read(bundle))
        assert place.schema() == before

    def test_columns_that_differ_are_named(self, place, shop, bundle) -> None:
        rewrite(bundle, "shop__box", [{"number": 1, "colour": "red", "shelf_id": None, "owner_id": None}])
        with pytest.raises(BundleError, match=r"shop__box and the table differ in their columns: colour"):
            bring_back(place.write, shop, bundle, bundles.read(bundle))
        with place.write.connect() as connection:
            assert look(connection, "shop").empty

    def test_tables_that_others_own_cannot_be_smuggled_in(self, place, shop, bundle) -> None:
        rewrite(bundle, "shop__box", [], name="core__user")
        with pytest.raises(BundleError, match=r"there is no table core__user"):
            bring_back(place.write, shop, bundle, bundles.read(bundle))


def test_a_row_that_the_other_database_cannot_store_is_told(make, shop, tmp_path) -> None:
    source, target = make("sqlite"), make("postgresql")
    filled(source, shop)
    source.run("UPDATE shop__shelf SET note = char(0)")
    take_out(source.write, "shop", tmp_path / "out", ABOUT)
    with pytest.raises(BundleError, match=r"The rows of shop__shelf cannot be stored in this database"):
        bring_back(target.write, shop, tmp_path / "out", bundles.read(tmp_path / "out"))


def test_types_of_postgresql_only_go_back_to_postgresql_only(make, plugins, tmp_path) -> None:
    net = plugins.chain("net", "op.execute('CREATE TABLE net__host (id int, ip inet, span interval)')")
    source = make("postgresql")
    upgrade(source.write, [net])
    source.run("INSERT INTO net__host VALUES (1, '10.0.0.0/8', '3 days')")
    take_out(source.write, "net", tmp_path / "out", ABOUT)
    bundle = bundles.read(tmp_path / "out")
    with pytest.raises(BundleError, match=r"net__host.ip \(INET\) is a type of postgresql only"):
        bring_back(make("sqlite").write, net, tmp_path / "out", bundle)
    bring_back(source.write, net, tmp_path / "out", bundle)
    assert source.rows("SELECT host(ip), span::text FROM net__host") == [("10.0.0.0", "3 days")]


def test_tables_whose_keys_go_in_a_circle(place: Place, plugins, tmp_path: Path) -> None:
    ring = """
    key = sa.ForeignKey("ring__b.id", name="fk_ab") if op.get_bind().dialect.name == "sqlite" else None
    op.create_table("ring__a", sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("b", sa.Integer, *([key] if key else [])))
    op.create_table("ring__b", sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("a", sa.Integer, sa.ForeignKey("ring__a.id", name="fk_ba")))
    if key is None:
        op.create_foreign_key("fk_ab", "ring__a", "ring__b", ["b"], ["id"])
    """
    chain = plugins.chain("ring", ring)
    upgrade(place.write, [chain])
    place.run("INSERT INTO ring__a VALUES (1, NULL)")
    place.run("INSERT INTO ring__b VALUES (1, 1)")
    place.run("UPDATE ring__a SET b = 1")
    take_out(place.write, "ring", tmp_path / "out", ABOUT)
    bring_back(place.write, chain, tmp_path / "out", bundles.read(tmp_path / "out"))
    assert place.rows("SELECT a.b, b.a FROM ring__a a, ring__b b") == [(1, 1)]
