"""Animals whose tables, mappings or migrations are broken."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

from .animal import Animal, implements, source

_IMPORTS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

Base = api.model_base("{id}")
"""

MIGRATION = '''\
"""{title}."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", {before}


def upgrade():
    {up}


def downgrade():
    {down}
'''


def models(id: str, tables: str) -> str:
    """Source of a plugin with these tables."""
    return source(
        implements("provide_models", "return Base.metadata"),
        head=_IMPORTS.format(id=id) + "\n\n" + dedent(tables).strip("\n").format(id=id) + "\n",
    )


def migration(table: str, revision: str = "0001", before: str = "None", then: str = "pass") -> str:
    """Source of a migration that makes a table with an id and a text, and then does something more."""
    columns = 'sa.Column("id", sa.String(36), primary_key=True), sa.Column("text", sa.String())'
    up = f'op.create_table("{table}", {columns})\n    {then}'
    down = f'op.drop_table("{table}")'
    return MIGRATION.format(title=table, revision=revision, before=before, up=up, down=down)


def with_trace(animal: Animal, *members: str, head: str = "") -> Animal:
    """The animal with these members, and with a table `Trace` in which they can leave a text."""
    trace = f"""
class Trace(Base, api.Identified):
    __tablename__ = "{animal.id}__trace"
    text: Mapped[str]
"""
    lines = _IMPORTS.format(id=animal.id) + f"\n{trace}\n" + head
    return replace(
        animal,
        plugin=source(implements("provide_models", "return Base.metadata"), *members, head=lines),
        files={**animal.files, "migrations/0001_trace.py": migration(f"{animal.id}__trace")},
    )


def _table(id: str, wrong: str, words: tuple[str, ...], tables: str) -> Animal:
    return Animal(id, wrong, words=words, traced=True, plugin=models(id, tables))


TABLES = (
    _table(
        "trespasser",
        "Its table does not have its prefix.",
        ("table 'neighbour__toys'", "must be named trespasser__"),
        """
        class Toy(Base, api.Identified):
            __tablename__ = "neighbour__toys"
        """,
    ),
    _table(
        "clinging",
        "A foreign key leaves its distribution and forbids the deletion there.",
        ("clinging__toy", "core__user", "ondelete='CASCADE'"),
        """
        class Toy(Base, api.Identified):
            __tablename__ = "clinging__toy"
            owner: Mapped[str] = mapped_column(ForeignKey(api.User.id))
        """,
    ),
    _table(
        "broken_mapping",
        "Its mapping refers to a class that is not there.",
        ("Unicorn",),
        """
        class Toy(Base, api.Identified):
            __tablename__ = "broken_mapping__toy"
            owner: Mapped["Unicorn"] = relationship("Unicorn")
        """,
    ),
    _table(
        "keyless_mapping",
        "Its table has no primary key, so that SQLAlchemy cannot map it.",
        ("import", "primary key", "keyless_mapping__toy"),
        """
        class Toy(Base):
            __tablename__ = "keyless_mapping__toy"
            text: Mapped[str]
        """,
    ),
    _table(
        "foreign_base",
        "It answers the metadata of somebody else's base.",
        ("provide_models", "foreign_base"),
        """
        Base = api.model_base("neighbour")


        class Toy(Base, api.Identified):
            __tablename__ = "neighbour__toys"
        """,
    ),
)

MIGRATIONS = (
    Animal(
        "raising_migration",
        "Its migration raises after it has made a table.",
        words=("raising_migration: 0001", "rolled back", "RuntimeError: out of order"),
        traced=True,
        pending=True,
        files={
            "migrations/0001_toys.py": migration(
                "raising_migration__toy", then='raise RuntimeError("out of order")'
            )
        },
    ),
    Animal(
        "exiting_migration",
        "Its migration ends the process after it has made a table.",
        words=("exiting_migration: 0001", "rolled back", "SystemExit"),
        traced=True,
        pending=True,
        files={"migrations/0001_toys.py": migration("exiting_migration__toy", then="raise SystemExit(3)")},
    ),
    Animal(
        "garbled_migration",
        "Its migration is no Python.",
        words=("garbled_migration: 0001", "SyntaxError"),
        traced=True,
        pending=True,
        files={"migrations/0001_toys.py": "def\n"},
    ),
    Animal(
        "mislabelled_migration",
        "Its migration says another revision than its file name.",
        words=("mislabelled_migration: 0001", "revision = '0001'"),
        traced=True,
        pending=True,
        files={"migrations/0001_toys.py": migration("mislabelled_migration__toy", revision="0009")},
    ),
    Animal(
        "gap_in_chain",
        "Its migrations jump from 0001 to 0003.",
        words=("migrations", "0003_more.py", "must be called 0002"),
        traced=True,
        files={
            "migrations/0001_toys.py": migration("gap_in_chain__toy"),
            "migrations/0003_more.py": migration("gap_in_chain__more", "0003", "'0001'"),
        },
    ),
    Animal(
        "two_heads",
        "Two of its migrations follow on the same one.",
        words=("migrations", "0002_", "must be called 0003"),
        traced=True,
        files={
            "migrations/0001_toys.py": migration("two_heads__toy"),
            "migrations/0002_left.py": migration("two_heads__left", "0002", "'0001'"),
            "migrations/0002_right.py": migration("two_heads__right", "0002", "'0001'"),
        },
    ),
)

BEHIND = Animal(
    "behind",
    "Nothing: nobody has run its migration yet, as every plugin is on PostgreSQL before `db upgrade`.",
    state="pending",
    words=("behind: the database is at revision none", "pending: 0001", "pronaflow db upgrade"),
    files={"migrations/0001_toys.py": migration("behind__toy")},
)

ANIMALS = (*TABLES, *MIGRATIONS)
