"""Repeated reads go to the driver, and nobody can tell from the answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from pronaflow_kernel.clock import SystemClock
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.engines import Engines, open_engines
from pronaflow_kernel.persistence.prepared import MOST_SHAPES, MOST_VALUES, PreparedReads
from pronaflow_kernel.persistence.reader import Reader
from pronaflow_kernel.persistence.scope import SCOPE_USER, SCOPE_WORKSPACE, Scope
from pronaflow_kernel.persistence.types import Id, Json, UtcDateTime
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.tenancy.rule import TenantViolation, install, unscoped

METADATA = sa.MetaData()
THING = sa.Table(
    "shop__thing",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    sa.Column("workspace_id", Id, nullable=False),
    sa.Column("name", sa.String(20)),
    sa.Column("size", sa.Integer),
    sa.Column("hours", sa.Numeric(8, 2, asdecimal=False)),
    sa.Column("price", sa.Numeric(8, 2)),
    sa.Column("sold", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("at", UtcDateTime),
    sa.Column("more", Json),
)
C, TWIN = THING.c, THING.alias("twin")
OURS = C.workspace_id == SCOPE_WORKSPACE
WORKSPACE, OTHER = new_id(), new_id()
ROWS = [
    {
        "id": new_id(),
        "workspace_id": WORKSPACE,
        "name": "spade",
        "size": 3,
        "hours": 1.5,
        "price": 9.99,
        "sold": True,
        "day": date(2026, 3, 2),
        "at": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "more": {"colours": ["red"]},
    },
    {"id": new_id(), "workspace_id": WORKSPACE, "name": "rake", "size": 5},
    {"id": new_id(), "workspace_id": OTHER, "name": "theirs", "size": 3},
]
NAMES = sa.select(C.name).where(OURS, C.name.in_(sa.bindparam("names", expanding=True))).order_by(C.name)
STATEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "every type": (sa.select(THING).where(OURS).order_by(C.size), {}),
    "a constant and a bind twice": (
        sa.select(C.id, sa.literal("x"), SCOPE_WORKSPACE).where(OURS, C.size > 3, SCOPE_WORKSPACE == OTHER),
        {},
    ),
    "columns without a name": (sa.select(sa.func.count(), sa.func.max(C.at)).where(OURS), {}),
    "two columns of one name": (
        sa.select(C.id, TWIN.c.id)
        .join(TWIN, sa.and_(TWIN.c.id == C.id, TWIN.c.workspace_id == C.workspace_id))
        .where(OURS)
        .order_by(C.id),
        {},
    ),
    "an instant": (sa.select(C.name).where(OURS, C.at == sa.bindparam("at")), {"at": ROWS[0]["at"]}),
    "a page": (
        sa.select(C.name).where(OURS).order_by(C.name).limit(sa.bindparam("n")).offset(sa.bindparam("o")),
        {"n": 1, "o": 1},
    ),
    "a union": (
        sa.union_all(sa.select(C.name, C.at).where(OURS), sa.select(C.name, C.at).where(OURS)).order_by(
            "name"
        ),
        {},
    ),
    "no value": (NAMES, {"names": []}),
    "one value": (NAMES, {"names": ["rake"]}),
    "several values": (NAMES, {"names": ["rake", "spade", "theirs"]}),
    "many values": (NAMES, {"names": ["rake"] * (MOST_VALUES + 1)}),
    "values in a tuple": (NAMES, {"names": ("rake", "spade")}),
    "values of a constant": (sa.select(C.name).where(OURS, C.size.in_([3, 4])), {}),
    "a value in the text": (sa.select(sa.func.aggregate_strings(C.name, "+")).where(OURS, C.size == 3), {}),
    "a given value in the text": (
        sa.select(C.name).where(OURS, C.size == sa.bindparam("size", literal_execute=True, type_=sa.Integer)),
        {"size": 5},
    ),
    "pairs of values": (
        sa.select(C.name).where(OURS, sa.tuple_(C.name, C.size).in_(sa.bindparam("pairs", expanding=True))),
        {"pairs": [("rake", 5), ("spade", 4)]},
    ),
    "a marked one": (unscoped("a test", sa.select(C.name).order_by(C.name)), {}),
}


LEFT_TO_SQLALCHEMY = {
    "many values",
    "values in a tuple",
    "pairs of values",
    "a given value in the text",
}


@pytest.fixture(scope="module")
def engines(new_database: Callable[[], str]) -> Iterator[Engines]:
    engines = open_engines(new_database())
    with engines.write.connect() as connection, connection.begin():
        prepare = unscoped("a test makes its tables", connection)
        METADATA.create_all(prepare)
        for row in ROWS:
            prepare.execute(THING.insert(), row)
    install(engines.read)
    install(engines.write)
    yield engines
    engines.dispose()


@pytest.fixture
def reader(engines: Engines) -> Iterator[Reader]:
    with engines.read.connect() as connection:
        yield Reader(connection, Scope.system(WORKSPACE), SystemClock(), PreparedReads(engines.read))


@contextmanager
def without_sqlalchemy() -> Iterator[None]:
    """SQLAlchemy executes nothing inside the block."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("SQLAlchemy was asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa.Connection, "execute", refuse)
        yield


@contextmanager
def driver_untouched() -> Iterator[None]:
    """No prepared statement runs inside the block."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a prepared statement ran")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pronaflow_kernel.persistence.prepared.Prepared.rows", refuse)
        yield


@pytest.mark.parametrize("what", STATEMENTS)
def test_every_execution_answers_the_same(reader: Reader, what: str) -> None:
    statement, params = STATEMENTS[what]
    first = reader.all(statement, **params)
    for _ in range(3):
        again = reader.all(statement, **params)
        assert again == first
        assert [[type(value) for value in row.values()] for row in again] == [
            [type(value) for value in row.values()] for row in first
        ]
        assert reader.one(statement, **params) == (first[0] if first else None)
        assert reader.value(statement, **params) == (next(iter(first[0].values())) if first else None)


def test_what_is_read_again_and_again_goes_to_the_driver(reader: Reader) -> None:
    for names in (["rake"], ["rake"], ["rake"]):
        reader.all(NAMES, names=names)
    with without_sqlalchemy():
        assert reader.all(NAMES, names=["spade"]) == [{"name": "spade"}]
        assert reader.one(NAMES, names=["nothing"]) is None
        assert reader.value(NAMES, names=["spade"]) == "spade"


@pytest.mark.parametrize("what", sorted(STATEMENTS.keys() - LEFT_TO_SQLALCHEMY))
def test_nearly_everything_can_be_prepared(reader: Reader, what: str) -> None:
    statement, params = STATEMENTS[what]
    first, _ = reader.all(statement, **params), reader.all(statement, **params)
    with without_sqlalchemy():
        assert reader.all(statement, **params) == first


@pytest.mark.parametrize("what", sorted(LEFT_TO_SQLALCHEMY))
def test_what_changes_the_text_is_left_to_sqlalchemy(reader: Reader, what: str) -> None:
    statement, params = STATEMENTS[what]
    with driver_untouched():
        for _ in range(3):
            reader.all(statement, **params)


def test_what_is_built_for_one_execution_stays_with_sqlalchemy(reader: Reader) -> None:
    with driver_untouched():
        for _ in range(3):
            assert reader.value(sa.select(sa.func.count()).select_from(THING).where(OURS)) == 2


def test_a_new_scope_counts_at_once(reader: Reader) -> None:
    statement = sa.select(C.name, SCOPE_USER).where(OURS).order_by(C.name)
    for _ in range(3):
        assert [row["name"] for row in reader.all(statement)] == ["rake", "spade"]
    reader.enter(Scope.system(OTHER))
    with without_sqlalchemy():
        assert [row["name"] for row in reader.all(statement)] == ["theirs"]


def test_the_tenant_rule_holds_at_each_execution(reader: Reader) -> None:
    workspace = sa.bindparam("workspace", type_=Id())
    pinned = sa.select(C.name).where(C.workspace_id == workspace)
    for _ in range(3):
        assert len(reader.all(pinned, workspace=WORKSPACE)) == 2
        with pytest.raises(TenantViolation):
            reader.all(pinned, workspace=OTHER)
    free = sa.select(C.name).where(C.size == 3)
    for _ in range(3):
        with pytest.raises(TenantViolation):
            reader.all(free)


def test_mistakes_are_reported_as_ever(reader: Reader) -> None:
    statement = sa.select(C.name).where(OURS, C.at > sa.bindparam("at"))
    for _ in range(3):
        reader.all(statement, at=ROWS[0]["at"])
    with pytest.raises(sa.exc.StatementError, match="value is required"):
        reader.all(statement)
    with pytest.raises(sa.exc.StatementError, match="naive"):
        reader.all(statement, at=datetime(2026, 3, 2))
    with pytest.raises(sa.exc.StatementError):
        reader.all(statement, at="yesterday")


def test_what_the_driver_refuses_is_reported_by_sqlalchemy(reader: Reader) -> None:
    gone = sa.Table("shop__gone", sa.MetaData(), sa.Column("name", sa.String))
    statement = sa.select(gone.c.name)
    for _ in range(3):
        with pytest.raises(sa.exc.DBAPIError, match="shop__gone"):
            reader.all(statement)
    large = sa.select(sa.cast(sa.bindparam("text", type_=sa.String), sa.Integer) + C.size).where(OURS)
    for _ in range(3):
        reader.all(large, text="1")
    if reader.dialect == "postgresql":
        with pytest.raises(sa.exc.DataError, match="invalid input syntax"):
            reader.all(large, text="one")
        assert len(reader.all(large, text="1")) == 2


def test_a_broken_connection_is_replaced(engines: Engines) -> None:
    if engines.read.dialect.name != "postgresql":
        return  # SQLite has no server that could go away
    prepared = PreparedReads(engines.read)
    with engines.read.connect() as connection:
        reader = Reader(connection, Scope.system(WORKSPACE), SystemClock(), prepared)
        for _ in range(3):
            reader.all(NAMES, names=["rake"])
        pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        with engines.write.connect() as other:
            ender = unscoped("a test ends a session", other)
            ender.execute(sa.select(sa.func.pg_terminate_backend(pid)))
        with pytest.raises(sa.exc.OperationalError) as caught:
            reader.all(NAMES, names=["rake"])
        assert caught.value.connection_invalidated
    with engines.read.connect() as connection:
        reader = Reader(connection, Scope.system(WORKSPACE), SystemClock(), prepared)
        assert reader.all(NAMES, names=["rake"]) == [{"name": "rake"}]


def test_who_listens_hears_every_execution(reader: Reader, engines: Engines) -> None:
    statement, _ = STATEMENTS["every type"]
    for _ in range(3):
        reader.all(statement)
    heard: list[str] = []

    def note(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        heard.append(text)

    sa.event.listen(engines.read, "before_cursor_execute", note)
    try:
        with driver_untouched():
            reader.all(statement)
            reader.all(statement)
    finally:
        sa.event.remove(engines.read, "before_cursor_execute", note)
    assert len(heard) == 2
    with without_sqlalchemy():
        reader.all(statement)


def test_who_reads_sqlalchemy_s_log_sees_every_execution(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    statement, _ = STATEMENTS["every type"]
    for _ in range(3):
        reader.all(statement)
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"), driver_untouched():
        reader.all(statement)


def test_a_unit_of_work_leaves_everything_to_sqlalchemy(engines: Engines) -> None:
    statement, _ = STATEMENTS["every type"]
    with engines.write.connect() as connection, connection.begin(), driver_untouched():
        uow = UnitOfWork(connection, Scope.system(WORKSPACE), SystemClock())
        for _ in range(3):
            assert len(uow.all(statement)) == 2


def test_few_texts_of_one_statement_are_kept(reader: Reader) -> None:
    two = NAMES.where(C.size.in_(sa.bindparam("sizes", expanding=True)))
    for n in range(1, MOST_SHAPES + 20):
        sizes, names = [5] * (n % 20 + 1), ["rake"] * (n // 20 + 1)
        assert reader.all(two, names=names, sizes=sizes) == [{"name": "rake"}]
    assert reader._prepared is not None
    assert len(reader._prepared._known[two]) == MOST_SHAPES
