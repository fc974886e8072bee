"""Comparing models with a migrated database, and drafting the migration between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from pronaflow_kernel.models import CoreBase
from pronaflow_kernel.persistence.autogenerate import draft, drift
from pronaflow_kernel.persistence.base import model_base
from pronaflow_kernel.persistence.fulltext import FullText
from pronaflow_kernel.persistence.migrations import Chain, downgrade, upgrade
from pronaflow_kernel.persistence.types import Id, Json, UtcDateTime

if TYPE_CHECKING:
    from conftest import Database, Plugins


class Shop:
    """Models of a plugin, as it would declare them."""

    def __init__(self) -> None:
        base = model_base("alpha")
        self.metadata: sa.MetaData = base.metadata  # type: ignore[attr-defined]
        self.item = sa.Table(
            "alpha__item",
            self.metadata,
            sa.Column("id", Id, primary_key=True),
            sa.Column("workspace_id", Id, nullable=False),
            sa.Column("made_at", UtcDateTime, nullable=False),
            sa.Column("data", Json),
            sa.Column("gone", sa.Boolean, nullable=False),
        )
        gone = self.item.c.gone == sa.false()
        self.index = sa.Index(
            "ix_alpha__item_made", self.item.c.made_at.desc(), sqlite_where=gone, postgresql_where=gone
        )
        self.search = FullText("alpha__search", self.metadata, of="alpha__item")


class TestDrift:
    def test_is_none_after_the_migration_that_was_drafted_from_the_models(
        self, database: Database, plugins: Plugins
    ) -> None:
        shop, chain = Shop(), plugins.chain("alpha")
        text = draft(database.read, chain, shop.metadata)
        assert "from pronaflow_kernel.api import FullText, IdType, Json, UtcDateTime\n" in text
        (plugins.folder / "shop_alpha/migrations/0001_initial.py").write_text(text)
        assert drift(database.read, shop.metadata, "alpha") != []
        upgrade(database.write, [chain, plugins.numbered("beta", 1)])
        assert drift(database.read, shop.metadata, "alpha") == []
        downgrade(database.write, chain)
        assert database.tables == {"beta__1", "beta__version"}

    def test_names_what_the_migrations_have_forgotten(self, database: Database, plugins: Plugins) -> None:
        migrated = Shop()
        chain = plugins.chain("alpha")
        text = draft(database.read, chain, migrated.metadata)
        (plugins.folder / "shop_alpha/migrations/0001_initial.py").write_text(text)
        upgrade(database.write, [chain])

        shop = Shop()
        shop.item.append_column(sa.Column("price", sa.Integer))
        sa.Table("alpha__order", shop.metadata, sa.Column("id", Id, primary_key=True))
        FullText("alpha__text", shop.metadata)
        found = "\n".join(drift(database.read, shop.metadata, "alpha"))
        assert "sa.Column('price', sa.Integer(), nullable=True)" in found
        assert "op.create_table('alpha__order'" in found
        assert 'FullText("alpha__text", sa.MetaData())' in found
        assert "alpha__search" not in found

    def test_names_a_partial_index_that_was_migrated_whole(
        self, database: Database, plugins: Plugins
    ) -> None:
        whole = Shop()
        whole.item.indexes.clear()
        sa.Index("ix_alpha__item_made", whole.item.c.made_at.desc())
        chain = plugins.chain("alpha")
        text = draft(database.read, chain, whole.metadata)
        (plugins.folder / "shop_alpha/migrations/0001_initial.py").write_text(text)
        upgrade(database.write, [chain])
        [line] = drift(database.read, Shop().metadata, "alpha")
        assert "CREATE INDEX ix_alpha__item_made" in line
        assert "WHERE" in line

    def test_of_the_kernel_is_none(self, database: Database) -> None:
        import pronaflow_kernel.api  # noqa: F401 declares all tables of the kernel

        upgrade(database.write, [Chain("core", "pronaflow_kernel")])
        assert drift(database.read, CoreBase.metadata, "core") == []  # type: ignore[attr-defined]
