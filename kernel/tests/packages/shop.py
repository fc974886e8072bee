"""A plugin with a column of each kind, a database to fill with it, and what its bundles hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import orjson
import sqlalchemy as sa

from pronaflow_kernel.assembly import CORE_CHAIN
from pronaflow_kernel.persistence.bundles import Bundle
from pronaflow_kernel.persistence.chains import Chain
from pronaflow_kernel.persistence.engines import open_engines
from pronaflow_kernel.persistence.fulltext import FullText
from pronaflow_kernel.persistence.migrations import upgrade
from pronaflow_kernel.persistence.scope import Scope

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


def comparable(files: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
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


def rewrite(folder: Path, table: str, rows: list[dict[str, object]], name: str | None = None) -> None:
    """Put other rows into a bundle, as if they had always been there."""
    content = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    index = json.loads((folder / "bundle.json").read_text())
    [part] = [part for part in index["parts"] if part["table"] == table]
    part |= {"table": name or table, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / part["file"]).write_bytes(content)
    (folder / "bundle.json").write_text(json.dumps(index))
