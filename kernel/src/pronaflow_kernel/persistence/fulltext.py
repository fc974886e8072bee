"""Full-text search by exact words and prefixes, with the same answers on SQLite and PostgreSQL.

The two databases split and fold text differently, so neither is asked to: `words` decides what a word is,
and both only index the result (SQLite in an FTS5 table, PostgreSQL in a `tsvector`). A query matches a text
that holds all its words; a word of the query is a whole word unless `*` ends it, which makes it a prefix.
Everything else in a query (quotes, AND, OR, parentheses, …) is plain text.

    SEARCH = FullText("tasks__search", Base.metadata, of="tasks__task")     # models.py
    FullText("tasks__search", sa.MetaData(), of="tasks__task").create(op)   # migrations/0001_initial.py
    SEARCH.put(uow, task["workspace_id"], task["id"], f"{title} {description}")
    FOUND = select(Task.id).where(Task.workspace_id == SCOPE_WORKSPACE, Task.id.in_(SEARCH.matching()))
    if not terms(query): raise invalid("search", "…")
    reader.all(FOUND, search=query)

Every indexed text and every query also holds one token that stands for the workspace, so that a search costs
what its own workspace costs, however many others share the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from unicodedata import normalize

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    event,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from .scope import SCOPE_WORKSPACE
from .types import Id

if TYPE_CHECKING:
    from .uow import UnitOfWork

WORD_BYTES = 2046
"""Where a word is cut, in UTF-8 bytes: the longest lexeme of a `tsvector`."""
TEXT_BYTES = 1_000_000
"""How many bytes of different words of one text are indexed, from its start: a `tsvector` holds 1 MiB."""

_WORD = re.compile(r"\w+")
_TERM = re.compile(r"(\w+)(\*(?!\w))?")
_WORKSPACE = "\N{PILCROW SIGN}"
"""Starts the workspace's token; no word does, since `\\w` does not match it."""


def words(text: str) -> list[str]:
    """The different words of `text` in order: runs of `\\w`, case-folded and composed (NFC)."""
    return list(dict.fromkeys(_cut(word) for word in _WORD.findall(_fold(text))))


def terms(query: str) -> list[str]:
    """The words a query asks for, each that is meant as a prefix with a `*` at its end."""
    found = _TERM.findall(_fold(query))
    return list(dict.fromkeys(_cut(word) + star for word, star in found))


def _fold(text: str) -> str:
    """The same for texts that differ only in case or in how accents are written (Unicode 3.13, D145)."""
    return normalize("NFC", normalize("NFD", text).casefold())


def _cut(word: str) -> str:
    if len(word) * 4 <= WORD_BYTES:
        return word
    return word.encode()[:WORD_BYTES].decode(errors="ignore")


class FullText:
    """A search index over one text for each record.

    Arguments:
        name: of its table, e.g. `tasks__search`. It has the columns doc, id, workspace_id and words, and on
            SQLite a companion `<name>_fts` that triggers keep up to date.
        metadata: where the table is declared.
        of: the table of the records in the same metadata; removing a record then removes its text. None for
            records of several tables, whose texts are taken out by `remove`.
    """

    def __init__(self, name: str, metadata: MetaData, of: str | None = None) -> None:
        self.table = Table(
            name,
            metadata,
            Column("doc", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
            Column("id", Id, *_owner(name, metadata, of), nullable=False),
            Column("workspace_id", Id, nullable=False),
            Column("words", _Words, nullable=False),
            UniqueConstraint("id", name=f"uq_{name}_id"),
            info={"fulltext": of},
        )
        Index(f"ix_{name}_words", self.table.c.words, postgresql_using="gin").ddl_if("postgresql")
        _keep_companion(self.table)
        self._put = {module.dialect.name: _put(self.table, module) for module in (sqlite, postgresql)}
        self._remove = _remove(self.table)

    def create(self, op: Operations | Connection) -> None:
        """Create the table and what belongs to it, in a migration's `upgrade`."""
        self.table.create(_bind(op))

    def drop(self, op: Operations | Connection) -> None:
        """Drop the table and what belongs to it, in a migration's `downgrade`."""
        self.table.drop(_bind(op))

    def put(self, uow: UnitOfWork | Connection, workspace_id: str, id: str, text: str) -> None:
        """Index `text` for the record `id`, in place of an earlier text; one statement.

        A record of another workspace is left as it is.
        """
        self.put_many(uow, workspace_id, [(id, text)])

    def put_many(
        self, uow: UnitOfWork | Connection, workspace_id: str, texts: Iterable[tuple[str, str]]
    ) -> None:
        """`put` for many pairs of id and text, in one statement."""
        rows = [
            {"id": id_, "workspace_id": workspace_id, "words": _tokens(workspace_id, text)}
            for id_, text in texts
        ]
        if rows:
            connection = _connection(uow)
            connection.execute(self._put[connection.dialect.name], rows)

    def remove(self, uow: UnitOfWork | Connection, workspace_id: str, *ids: str) -> None:
        """Take the texts of these records out; ids without a text are passed over."""
        _connection(uow).execute(self._remove, {"workspace_id": workspace_id, "ids": ids})

    def matching(self, param: str = "search") -> Select[str]:
        """A SELECT of the ids that match, for `column.in_(…)` or a join in a prebuilt statement.

        Arguments:
            param: name of the bind that takes the user's query as it was typed. Refuse a query without
                `terms` beforehand: executed, it is a ValueError. The workspace is the scope's.
        """
        table = self.table
        query = bindparam(param, type_=_Query())
        found = _Matches(table.c.doc, table.c.words, SCOPE_WORKSPACE, query)
        return select(table.c.id).where(table.c.workspace_id == SCOPE_WORKSPACE, found)


class Operations(Protocol):
    """`alembic.op`."""

    def get_bind(self) -> Connection:
        """The connection of the migration."""
        ...


def _bind(op: Operations | Connection) -> Connection:
    return op if isinstance(op, Connection) else op.get_bind()


def _connection(uow: UnitOfWork | Connection) -> Connection:
    return uow if isinstance(uow, Connection) else uow.connection


def _owner(name: str, metadata: MetaData, of: str | None) -> list[ForeignKey]:
    if of is None:
        return []
    if of not in metadata.tables:  # in a migration, where no models are
        Table(of, metadata, Column("id", Id, primary_key=True))
    return [ForeignKey(f"{of}.id", name=f"fk_{name}_id", ondelete="CASCADE")]


def _keep_companion(table: Table) -> None:
    """On SQLite, have an FTS5 table created, fed by triggers, and dropped together with `table`.

    Triggers, so that rows which a foreign key takes along leave the index too. The tokenizer `ascii` takes
    every letter that is not ASCII as it is; with `_` added, each of our words is one token.
    """
    name, fts = table.name, f"{table.name}_fts"
    add = f"INSERT INTO {fts}(rowid, words) VALUES (new.doc, new.words);"
    take = f"INSERT INTO {fts}({fts}, rowid, words) VALUES ('delete', old.doc, old.words);"
    created = [
        f"CREATE VIRTUAL TABLE {fts} USING fts5(words, content='{name}', content_rowid='doc',"
        " tokenize=\"ascii tokenchars '_'\", detail=none)",
        f"CREATE TRIGGER {name}_insert AFTER INSERT ON {name} BEGIN {add} END",
        f"CREATE TRIGGER {name}_update AFTER UPDATE ON {name} BEGIN {take} {add} END",
        f"CREATE TRIGGER {name}_delete AFTER DELETE ON {name} BEGIN {take} END",
    ]
    for statement in created:
        event.listen(table, "after_create", _on_sqlite(statement))
    event.listen(table, "after_drop", _on_sqlite(f"DROP TABLE {fts}"))


def _on_sqlite(statement: str) -> Any:
    return DDL(statement).execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]


def _put(table: Table, dialect: ModuleType) -> Any:
    statement = dialect.insert(table)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[table.c.id],
        set_={"words": new.words},
        where=(table.c.workspace_id == new.workspace_id) & (table.c.words != new.words),
    )


def _remove(table: Table) -> Any:
    return delete(table).where(
        table.c.workspace_id == bindparam("workspace_id", type_=Id()),
        table.c.id.in_(bindparam("ids", type_=Id(), expanding=True)),
    )


def _tokens(workspace_id: str, text: str) -> list[str]:
    """What is indexed for a text: the workspace's token and the first words that fit."""
    found = words(text)
    ends = accumulate(len(word.encode()) for word in found)
    fitting = [word for word, end in zip(found, ends, strict=True) if end <= TEXT_BYTES]
    return [_WORKSPACE + workspace_id.replace("-", ""), *fitting]


class _Words(TypeDecorator[list[str]]):
    """The indexed words: `tsvector`, or text with one space between words. No word needs an escape."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        on_postgresql = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.TSVECTOR() if on_postgresql else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str:
        mark = "'" if dialect.name == "postgresql" else ""
        return " ".join(f"{mark}{word}{mark}" for word in value or ())


class _Query(TypeDecorator[str]):
    """A user's query, turned into the database's syntax. No word needs an escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        asked = terms(value or "")
        if not asked:
            raise ValueError("a search needs a word to look for")
        mark, star, conjunction = ("'", ":*", " & ") if dialect.name == "postgresql" else ('"', "*", " AND ")
        return conjunction.join(
            f"{mark}{term.removesuffix('*')}{mark}{star if term.endswith('*') else ''}" for term in asked
        )


class _Matches(FunctionElement[Any]):
    """Whether a row's words match; arguments: doc, words, workspace, query.

    Not typed as Boolean: SQLite would be asked for `… = 1` then, which no index answers.
    """

    inherit_cache = True


@compiles(_Matches, "sqlite")
def _matches_sqlite(element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    doc, _, workspace, query = element.clauses
    fts = f"{doc.table.name}_fts"
    token = f"""'"{_WORKSPACE}' || replace({compiler.process(workspace, **kw)}, '-', '') || '"'"""
    asked = f"{token} || ' AND ' || {compiler.process(query, **kw)}"
    return f"{compiler.process(doc, **kw)} IN (SELECT rowid FROM {fts} WHERE {fts} MATCH ({asked}))"


@compiles(_Matches, "postgresql")
def _matches_postgresql(element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    _, vector, workspace, query = element.clauses
    token = f"'''{_WORKSPACE}' || replace(({compiler.process(workspace, **kw)})::text, '-', '') || ''''"
    asked = f"{token} || ' & ' || {compiler.process(query, **kw)}"
    return f"{compiler.process(vector, **kw)} @@ ({asked})::tsquery"
