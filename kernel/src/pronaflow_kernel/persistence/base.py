"""Where tables are declared: one declarative base a distribution, and the columns that recur."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from .types import Id, Json, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


_SECRET = "secret"
"""Key of a column's `info`: it holds what the server's keys have encrypted."""


class ModelError(Exception):
    """A table breaks a rule of the house; the plugin that declares it fails."""


class Model:
    """What every table class is, so that `uow.insert(Task, ...)` can be type-checked."""

    __table__: ClassVar[Any]
    metadata: ClassVar[MetaData]


def model_base(plugin_id: str) -> type[Model]:
    """The declarative base of one distribution.

    Each distribution has its own registry and metadata, so that a bad mapping poisons nobody else.

    Arguments:
        plugin_id: the plugin's id, `core` for the kernel; tables must be called `<plugin_id>__<name>`.
    """

    class Base(Model, DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING, info={"plugin": plugin_id})
        type_annotation_map: ClassVar[dict[Any, Any]] = {
            datetime: UtcDateTime,
            dict[str, Any]: Json,
            list[Any]: Json,
        }

    Base.metadata.info["configure"] = Base.registry.configure
    return Base


def secret_column(**how: Any) -> MappedColumn[Any]:
    """A text column for secrets that the server must be able to read again, encrypted by `Keys.encrypt`.

    The mark is what `pronaflow secrets rotate` finds it by. The table needs `id` as its primary key, to which
    each value is bound:

        class Factor(Identified, CoreBase):
            secret: Mapped[str] = secret_column()

        row_id = new_id()
        hidden = keys.encrypt(seed, bound_to=secret_place(Factor, "secret", row_id))
        uow.insert(Factor, {"id": row_id, "secret": hidden})

    Arguments:
        how: further arguments of `mapped_column`; `Mapped[str | None]` makes it nullable.
    """
    return mapped_column(Text, info={_SECRET: True}, **how)


def secret_place(model: type[Model], column: str, row_id: str) -> str:
    """What a value of a `secret_column` is bound to: `core__mfa_factor.secret/<id>`."""
    return f"{model.__table__.name}.{column}/{row_id}"


def secret_columns(metadata: MetaData) -> list[Column[Any]]:
    """The columns of a distribution that are marked as `secret_column`."""
    return [column for table in metadata.sorted_tables for column in table.c if _SECRET in column.info]


def tenant_tables(metadata: MetaData) -> set[str]:
    """Names of the tables that have a `workspace_id`, for the tenant rule."""
    return {table.name for table in metadata.tables.values() if "workspace_id" in table.c}


def check_tables(plugin_id: str, metadata: MetaData) -> None:
    """Hold a distribution's tables to the rules on names and foreign keys (architecture.md 4).

    Raises:
        ModelError: a table without the prefix, or a foreign key that leaves the distribution without
            `ON DELETE CASCADE` (cleaning up must not need the owner's code to be active), or a secret in
            a row that has no `id` to bind it to.
        SQLAlchemyError: a mapping that cannot be.
    """
    if metadata.info.get("plugin") != plugin_id:
        raise ModelError(f"the tables are not those of model_base({plugin_id!r})")
    metadata.info["configure"]()
    for table in metadata.tables.values():
        if not table.name.startswith(f"{plugin_id}__"):
            raise ModelError(f"table {table.name!r} of plugin {plugin_id!r} must be named {plugin_id}__…")
        for key in table.foreign_key_constraints:
            _check_foreign_key(plugin_id, table, key)
    for column in secret_columns(metadata):
        if [key.name for key in column.table.primary_key] != ["id"]:
            raise ModelError(f"{column} is a secret_column: its table needs `id` as its primary key")


def _check_foreign_key(plugin_id: str, table: Table, key: ForeignKeyConstraint) -> None:
    target = key.elements[0].target_fullname.split(".")[0]
    if not target.startswith(f"{plugin_id}__") and key.ondelete != "CASCADE":
        raise ModelError(
            f"foreign key {table.name} -> {target} leaves plugin {plugin_id!r}: declare ondelete='CASCADE'"
        )


class Identified:
    """A primary key called `id`."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)


class InWorkspace:
    """A row that belongs to one workspace; the tenant rule holds every statement on such a table."""

    workspace_id: Mapped[str] = mapped_column(Id, index=False)


class Versioned:
    """`version` starts at 1 and grows with each update; concurrent updates are found by it."""

    version: Mapped[int] = mapped_column(Integer, default=1)


class Timestamped:
    """`created_at` and `updated_at`, written by the unit of work."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Lifecycle:
    """Where a record stands in its life, apart from any workflow status (modules.md 0.2.5).

    `lifecycle` is `active`, `archived` or `trashed`; a purged record has no row.
    """

    lifecycle: Mapped[str] = mapped_column(String(10), default="active")


class Record(Identified, InWorkspace, Versioned, Timestamped, Lifecycle):
    """The columns of a resource: id, workspace_id, version, created_at, updated_at, lifecycle."""
