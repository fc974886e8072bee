"""Comparing models with a migrated database: for tests, and to draft the next migration.

Both look at nothing but the tables `<id>__…` of one distribution. The table of a `FullText` is compared by
its presence only, since its shape belongs to the kernel.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import DowngradeOps, MigrationScript, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, Engine, Index, MetaData, Table, column, inspect, select, table
from sqlalchemy.schema import CreateIndex

from .chains import Chain
from .types import Id, Json, UtcDateTime

_NAMES = {Id: "IdType", Json: "Json", UtcDateTime: "UtcDateTime"}
"""What a migration calls the kernel's column types: their names in `pronaflow_kernel.api`."""


def drift(engine: Engine, metadata: MetaData, plugin_id: str) -> list[str]:
    """How a migrated database differs from the models; empty when they agree.

    Compared are tables, columns with type and nullability, indexes (on SQLite as a whole, on PostgreSQL
    whether they are partial too), unique constraints and foreign keys; not defaults and CHECK constraints.

    Arguments:
        engine: of either kind, over a database at the head of the chain.
        metadata: of the models, `Base.metadata`.
        plugin_id: the plugin whose tables are compared.

    Returns:
        Lines of Python: what a further migration would have to say.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(unscoped="migration")
        script, context = _compare(connection, metadata, plugin_id)
        lines = [] if _up(script).is_empty() else _render(_up(script), context).splitlines()
        lines += [_create(missing) for missing in _missing_texts(connection, metadata)]
        return [line.strip() for line in lines] + list(_differing_indexes(connection, metadata))


def draft(engine: Engine, chain: Chain, metadata: MetaData) -> str:
    """The text of the migration that would bring a database to the models, for its author to read and mend.

    Arguments:
        engine: of either kind, over a database at the head of the chain.
        chain: whose next script it is.
        metadata: of the models, `Base.metadata`.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(unscoped="migration")
        script, context = _compare(connection, metadata, chain.id)
        texts = [_create(missing) for missing in _missing_texts(connection, metadata)]
        up, down = _render(_up(script), context), _render(_down(script), context)
    head = chain.head
    lines = [*_imports("\n".join([up, down, *texts])), f'revision = "{int(head or 0) + 1:04}"']
    lines += [f'down_revision = "{head}"' if head else "down_revision = None"]
    lines += ["", "", "def upgrade() -> None:", up, *(f"    {text}.create(op)" for text in texts)]
    lines += ["", "", "def downgrade() -> None:", *(f"    {text}.drop(op)" for text in texts), down, ""]
    return "\n".join(lines)


def _compare(
    connection: Connection, metadata: MetaData, plugin_id: str
) -> tuple[MigrationScript, MigrationContext]:
    texts = {name for name, found in metadata.tables.items() if "fulltext" in found.info}
    ours = re.compile(f"{re.escape(plugin_id)}__(?!version$)")
    shadows = tuple(f"{name}_fts" for name in texts)

    def include_name(name: str | None, kind: str, _parents: Any) -> bool:
        if kind != "table" or name is None:
            return True
        return bool(ours.match(name)) and name not in texts and not name.startswith(shadows)

    def include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or name not in texts

    options = {"include_name": include_name, "include_object": include_object}
    context = MigrationContext.configure(connection, opts=options)
    with warnings.catch_warnings():
        # On SQLite no index over an expression can be reflected; `_sqlite_index` looks for those itself.
        warnings.filterwarnings("ignore", ".*expression-based index")
        return produce_migrations(context, metadata), context


def _up(script: MigrationScript) -> UpgradeOps:
    assert script.upgrade_ops is not None
    return script.upgrade_ops


def _down(script: MigrationScript) -> DowngradeOps:
    assert script.downgrade_ops is not None
    return script.downgrade_ops


def _render(operations: UpgradeOps | DowngradeOps, context: MigrationContext) -> str:
    code = render_python_code(
        operations, render_as_batch=True, render_item=_render_item, migration_context=context
    )
    return "\n".join(line for line in code.splitlines() if not line.strip().startswith("# ###"))


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """The kernel's column types as they are imported in a migration."""
    if kind == "type" and type(item) in _NAMES:
        return f"{_NAMES[type(item)]}()"
    return False


def _imports(code: str) -> list[str]:
    names = sorted(set(re.findall(r"(?<![.\w])(FullText|IdType|Json|UtcDateTime)\(", code)))
    lines = ["import sqlalchemy as sa", "from alembic import op", ""]
    return [*lines, f"from pronaflow_kernel.api import {', '.join(names)}", ""] if names else lines


def _missing_texts(connection: Connection, metadata: MetaData) -> list[Table]:
    existing = set(inspect(connection).get_table_names())
    texts = (found for found in metadata.tables.values() if "fulltext" in found.info)
    return [found for found in texts if found.name not in existing]


def _create(text: Table) -> str:
    of = text.info["fulltext"]
    owner = f', of="{of}"' if of else ""
    return f'FullText("{text.name}", sa.MetaData(){owner})'


def _differing_indexes(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """Indexes by the same name that are not the same, which Alembic does not see."""
    for found in metadata.tables.values():
        if "fulltext" not in found.info and inspect(connection).has_table(found.name):
            for index in sorted(found.indexes, key=lambda index: str(index.name)):
                compare = _sqlite_index if connection.dialect.name == "sqlite" else _postgresql_index
                yield from compare(connection, index)


def _sqlite_index(connection: Connection, index: Index) -> Iterator[str]:
    master = table("sqlite_master", column("sql"), column("name"))
    actual = connection.scalar(select(master.c.sql).where(master.c.name == index.name))
    expected = " ".join(str(CreateIndex(index).compile(dialect=connection.dialect)).split())
    unseen = any(not isinstance(part, Column) for part in index.expressions)
    if (actual is None and unseen) or (actual is not None and " ".join(actual.split()) != expected):
        yield f"{expected}  # is: {actual}"


def _postgresql_index(connection: Connection, index: Index) -> Iterator[str]:
    assert index.table is not None
    wanted = index.dialect_options["postgresql"]["where"]
    for actual in inspect(connection).get_indexes(index.table.name):
        where = actual.get("dialect_options", {}).get("postgresql_where")
        if actual["name"] == index.name and (where is None) != (wanted is None):
            yield f"{CreateIndex(index).compile(dialect=connection.dialect)}  # is: WHERE {where}"
