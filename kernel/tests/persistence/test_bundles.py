"""Bundles: the data of a plugin in a folder, out of one database and into the same or the other one."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from pronaflow_kernel.assembly import CORE_CHAIN
from pronaflow_kernel.persistence import bundles, removal
from pronaflow_kernel.persistence.bundles import Bundle, BundleError
from pronaflow_kernel.persistence.chains import Chain, MigrationError
from pronaflow_kernel.persistence.engines import open_engines
from pronaflow_kernel.persistence.fulltext import FullText
from pronaflow_kernel.persistence.holdings import look
from pronaflow_kernel.persistence.migrations import status, upgrade
from pronaflow_kernel.persistence.removal import bring_back, take_out
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing.postgres import create_database

ABOUT = Bundle("shop", "pronaflow-shop", "0.3.0", None, "0.1.0", "2026-03-02T09:00:00Z", "")
ANN, HOME = "01956000-0000-7000-8000-000000000001", "01956000-0000-7000-8000-000000000002"
SHELF, EMPTY, BOX = (f"01956000-0000-7000-8000-00000000001{n}" for n in range(3))

SHOP = """
from pronaflow_kernel.api import FullText, IdType, Json, UtcDateTime
op.create_table(
    "shop__shelf",
    sa.Column("id", IdType(), primary_key=True),
    sa.Column("workspace_id", IdType(), sa.ForeignKey("core__workspace.id", ondelete="CASCADE")),
    sa.Column("lifecycle", sa.String(10)),
    sa.Column("made_at", UtcDateTime()),
    sa.Column("data", Json()),
    sa.Column("picture", sa.LargeBinary()),
    sa.Column("price", sa.Numeric(14, 2)),
    sa.Column("weight", sa.Float()),
    sa.Column("open", sa.Boolean()),
    sa.Column("day", sa.Date()),
    sa.Column("hour", sa.Time()),
    sa.Column("plain", sa.DateTime()),
    sa.Column("kind", sa.Enum("wood", "steel", name="shop__kind")),
    sa.Column("note", sa.Text()),
    sa.Column("above_id", IdType(), sa.ForeignKey("shop__shelf.id", ondelete="SET NULL")),
)
op.create_table(
    "shop__box",
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
    sa.Column("shelf_id", IdType(), sa.ForeignKey("shop__shelf.id", name="fk_box", ondelete="CASCADE")),
    sa.Column("owner_id", IdType(), sa.ForeignKey("core__user.id", name="fk_owner", ondelete="CASCADE")),
    sa.Column("twice", sa.Integer(), sa.Computed("number * 2")),
)
FullText("shop__search", sa.MetaData(), of="shop__shelf").create(op)
op.execute("CREATE VIEW shop__open AS SELECT id FROM shop__shelf")
"""

ROW = {
    "id": SHELF,
    "workspace_id": HOME,
    "lifecycle": "trashed",
    "made_at": "2026-03-02T09:00:00.000001Z",
    "data": '{"a":[1.5,"ü"],"b":null}',
    "picture": {"base64": "AP8="},
    "price": "12.50",
    "weight": 0.1,
    "open": True,
    "day": "2026-03-02",
    "hour": "23:59:59.000000",
    "plain": "2026-03-02 09:00:00.000000",
    "kind": "steel",
    "note": 'line\nbreak "ü" \\ 🐦 \u2028',
    "above_id": EMPTY,
}
NOTHING = {**dict.fromkeys(ROW), "id": EMPTY, "workspace_id": HOME}


class Place:
    """A database with the kernel's tables, a person and her workspace."""

    def __init__(self, url: str) -> None:
        self.engines = open_engines(url)
        self.write = self.engines.write
        upgrade(self.write, [CORE_CHAIN])
        user = {"version": 1, "token_epoch": 0, "mfa_enabled": False, "is_system_admin": False}
        names = dict.fromkeys(("email", "email_norm", "username", "username_norm", "status"), "ann")
        times = dict.fromkeys(("created_at", "updated_at"), "2026-03-02T09:00:00.000000Z")
        self.insert("core__user", {"id": ANN, **user, **names, **times})
        workspace = {"name": "Home", "workspace_type": "team", "plan": "free", "lifecycle": "active"}
        self.insert("core__workspace", {"id": HOME, "owner_id": ANN, "version": 1, **workspace, **times})

    def insert(self, name: str, *rows: dict[str, object]) -> None:
        columns = ", ".join(rows[0])
        marks = ", ".join(f":{column}" for column in rows[0])
        self.run(f"INSERT INTO {name} ({columns}) VALUES ({marks})", *rows)

    def run(self, statement: str, *params: dict[str, object]) -> None:
        binds = [sa.bindparam(name, type_=sa.types.NullType()) for name in (params[0] if params else {})]
        with self.write.begin() as connection:
            connection.execute(sa.text(statement).bindparams(*binds), list(params) or None)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self.write.begin() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def schema(self) -> list[tuple[str, object]]:
        """Every table with its columns, keys and indexes, as they are reflected."""
        inspector = sa.inspect(self.write)
        return [
            (name, repr((inspector.get_columns(name), inspector.get_foreign_keys(name))))
            for name in sorted(inspector.get_table_names())
        ]

    def found(self, text: str) -> list[str]:
        """Ids that a search in the workspace finds."""
        search = FullText("shop__search", sa.MetaData(), of="shop__shelf")
        binds = {"search": text, **Scope.system(HOME).binds()}
        with self.write.begin() as connection:
            return sorted(connection.scalars(search.matching(), binds))


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Place]]:
    """Makes places of either kind of database."""
    made: list[Place] = []

    def make(kind: str) -> Place:
        url = f"sqlite:///{tmp_path / f'{len(made)}.sqlite3'}"
        if kind == "postgresql":
            url = create_database(request.getfixturevalue("postgres_server"))
        made.append(Place(url))
        return made[-1]

    yield make
    for place in made:
        place.engines.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, make: Callable[[str], Place]) -> Place:
    return make(request.param)


@pytest.fixture
def shop(plugins) -> Chain:
    """A plugin with one column of each kind, a search index, a circle of keys and a view."""
    return plugins.chain("shop", SHOP)


def filled(place: Place, shop: Chain) -> None:
    """A shelf with everything, one with nothing but gaps, and a box."""
    upgrade(place.write, [shop])
    place.insert("shop__shelf", NOTHING, {**ROW, "picture": b"\x00\xff"})
    place.insert("shop__box", {"number": 7, "shelf_id": SHELF, "owner_id": ANN})
    search = FullText("shop__search", sa.MetaData(), of="shop__shelf")
    with place.write.begin() as connection:
        search.put(connection, HOME, SHELF, "An old oak shelf, größer than it looks")
    item = {"id": BOX, "workspace_id": HOME, "resource_type": "shelf", "title": "Shelf"}
    time = "2026-03-02T09:00:00.000000Z"
    life = {"lifecycle_before": "active", "deleted_at": time, "expires_at": time}
    place.insert("core__trash", {**item, **life, "resource_id": SHELF})


def dumped(folder: Path) -> dict[str, list[dict[str, object]]]:
    """What the files of a bundle hold, rows in order."""
    return {
        str(file.relative_to(folder).with_suffix("")): sorted(
            map(json.loads, file.read_bytes().splitlines()), key=repr
        )
        for file in sorted(folder.rglob("*.jsonl"))
    }


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
        assert _comparable(dumped(tmp_path / "again")) == _comparable(dumped(tmp_path / "out"))

    def test_what_refers_to_something_gone_stays_behind(self, here, there, make, shop, tmp_path) -> None:
        source, target = make(here), make(there)
        filled(source, shop)
        other = ANN.replace("1", "9")
        source.run(f"INSERT INTO core__user SELECT * FROM core__user WHERE id = '{other}'")
        source.insert("shop__shelf", {"id": BOX, "workspace_id": HOME, "above_id": SHELF})
        source.insert("shop__box", {"number": 8, "shelf_id": BOX, "owner_id": None})
        take_out(source.write, "shop", tmp_path / "out", ABOUT)
        file = tmp_path / "out" / "tables" / "shop__shelf.jsonl"
        rows = [json.loads(line) for line in file.read_bytes().splitlines()]
        for row in rows:  # the workspace of the full shelf is gone
            row["workspace_id"] = other if row["id"] == SHELF else row["workspace_id"]
            row["data"] = None
        _rewrite(tmp_path / "out", "shop__shelf", rows)
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
        _rewrite(bundle, "shop__box", [{"number": 1, "colour": "red", "shelf_id": None, "owner_id": None}])
        with pytest.raises(BundleError, match=r"shop__box and the table differ in their columns: colour"):
            bring_back(place.write, shop, bundle, bundles.read(bundle))
        with place.write.connect() as connection:
            assert look(connection, "shop").empty

    def test_tables_that_others_own_cannot_be_smuggled_in(self, place, shop, bundle) -> None:
        _rewrite(bundle, "shop__box", [], name="core__user")
        with pytest.raises(BundleError, match=r"there is no table core__user"):
            bring_back(place.write, shop, bundle, bundles.read(bundle))


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
    with pytest.raises(
        BundleError, match=r"nothing was changed: (?s:.*)view other depends on"
    ):
        take_out(place.write, "shop", tmp_path / "out", ABOUT)
    assert place.rows("SELECT count(*) FROM other") == [(2,)]


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


def _id(place: Place) -> str:
    return "Uuid()" if place.write.dialect.name == "postgresql" else "CHAR(36)"


def _raise(*_: object, **__: object) -> bytes:
    raise OSError(28, "No space left on device")


def _spoil(folder: Path) -> None:
    with (folder / "tables" / "shop__box.jsonl").open("a") as file:
        file.write("{}\n")


def _comparable(files: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Rows with what each database writes in its own way made alike."""
    for rows in files.values():
        for row in rows:
            if isinstance(row.get("data"), str):
                row["data"] = json.loads(str(row["data"]))
            if row.get("price") is not None:
                row["price"] = float(str(row["price"]))
            if isinstance(row.get("words"), str):
                row["words"] = sorted(str(row["words"]).split())
        rows.sort(key=repr)
    return files


def _rewrite(folder: Path, table: str, rows: list[dict[str, object]], name: str | None = None) -> None:
    """Put other rows into a bundle, as if they had always been there."""
    import hashlib

    content = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    index = json.loads((folder / "bundle.json").read_text())
    [part] = [part for part in index["parts"] if part["table"] == table]
    part |= {"table": name or table, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / part["file"]).write_bytes(content)
    (folder / "bundle.json").write_text(json.dumps(index))
