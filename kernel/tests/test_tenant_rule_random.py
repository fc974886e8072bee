"""Whatever the tenant rule lets pass, rows of others make no difference to it and it makes none to them.

Statements are put together at random from joins, conditions, subqueries and CTEs over two tenant tables. Each
one that is accepted runs twice in one transaction, with and without the rows of other workspaces, and must
have the same effect. That covers more than the rows it shows: counts, anti-joins and outer joins too.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from pronaflow_kernel.persistence.engines import open_engines
from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.tenancy.rule import TenantViolation, install, unscoped

OURS, THEIRS = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"
W = bindparam("scope_workspace", type_=Id())


def make(name: str) -> Table:
    columns = (Column("workspace_id", Id), Column("a", Integer), Column("b", Integer))
    return Table(name, MetaData(), Column("id", Integer, primary_key=True), *columns)


TABLES = make("tasks__task"), make("notes__note")
SPACES = Table("core__space", MetaData(), Column("id", Integer, primary_key=True), Column("space", Id))
ROWS = [
    {"id": number, "workspace_id": workspace, "a": number % 3, "b": number % 2}
    for number, workspace in enumerate([OURS, OURS, OURS, THEIRS, THEIRS, THEIRS, None])
]


@pytest.fixture(scope="session")
def engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    made = open_engines(new_database()).write
    install(made)
    with made.begin() as plain:
        connection = unscoped("the tests make their tables", plain)
        for table in TABLES:
            table.create(connection)
            connection.execute(insert(table), ROWS)
        SPACES.create(connection)
        connection.execute(insert(SPACES), [{"id": 0, "space": OURS}, {"id": 1, "space": THEIRS}])
    yield made
    made.dispose()


class Draws:
    """Puts one statement together; `outer` are the tables of the queries around the part in hand."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.names = iter(f"n{number}" for number in range(100))
        self.care = self.one_of(10, 40, 70)

    def one_of(self, *choices: Any) -> Any:
        return self.data.draw(st.sampled_from(choices))

    def chance(self, percent: int) -> bool:
        return bool(self.data.draw(st.integers(0, 99)) < percent)

    def leaf(self, depth: int, outer: list[Any]) -> Any:
        if self.chance(15):
            columns = (
                SPACES.c.id,
                SPACES.c.space.label("workspace_id"),
                SPACES.c.id.label("a"),
                SPACES.c.id.label("b"),
            )
            return select(*columns).subquery(next(self.names))
        if depth and self.chance(25):
            inner = self.query(depth - 1, [])
            return inner.subquery(next(self.names)) if self.chance(50) else inner.cte(next(self.names))
        table = self.one_of(*TABLES)
        return table if self.chance(20) else table.alias("same" if self.chance(20) else next(self.names))

    def comparison(self, near: list[Any], outer: list[Any], depth: int) -> Any:
        table, other = self.one_of(*near), self.one_of(*near, *near, *outer)
        kind = self.one_of(*["pin"] * 4, *["same"] * 3, "number", "pair", "null", "in", "exists", "other")
        if kind == "pin":
            return table.c.workspace_id == W
        if kind == "same":
            return table.c.workspace_id == other.c.workspace_id
        if kind == "number":
            return table.c.a == self.one_of(0, 1, 2)
        if kind == "pair":
            return table.c.a == other.c.b
        if kind == "null":
            return other.c.id.is_(None)
        if kind == "other":
            return table.c.workspace_id != other.c.workspace_id
        if not depth:
            return table.c.b == 1
        inner = self.query(depth - 1, [*near, *outer])
        if kind == "in":
            return table.c.id.in_(inner.with_only_columns(inner.selected_columns.id))
        return exists(inner.subquery(next(self.names)).select()) if self.chance(20) else inner.exists()

    def condition(self, near: list[Any], outer: list[Any], depth: int, size: int = 2) -> Any:
        kind = self.one_of(*["one"] * 3, *["and"] * 4, "or", "not") if size else "one"
        if kind == "one":
            return self.comparison(near, outer, depth)
        parts = [self.condition(near, outer, depth, size - 1) for _ in range(1 if kind == "not" else 2)]
        return {"and": and_, "or": or_, "not": not_}[kind](*parts)

    def tree(self, depth: int, outer: list[Any], size: int) -> tuple[Any, list[Any]]:
        """Something to read from, and the tables in it."""
        if not size:
            leaf = self.leaf(depth, outer)
            return leaf, [leaf]
        left, lefts = self.tree(depth, outer, self.one_of(0, size - 1))
        right, rights = self.tree(depth, outer, self.one_of(0, size - 1))
        near = [*lefts, *rights]
        on = self.condition(near, outer, depth if self.chance(30) else 0)
        if self.chance(self.care):
            on = and_(on, self.one_of(*near).c.workspace_id == W)
        kind = self.one_of({}, {"isouter": True})
        return left.join(right, on, **kind), near

    def query(self, depth: int, outer: list[Any]) -> Any:
        source, near = self.tree(depth, outer, self.one_of(0, 1, 1, 2))
        first = self.one_of(*near)
        made = select(first.c.id, first.c.workspace_id, self.one_of(*near).c.a, self.one_of(*near).c.b)
        made = made.select_from(source)
        if outer and self.chance(50):  # else SQLAlchemy finds out by itself
            made = made.correlate(*outer)
        for table in near:
            if self.chance(self.care):
                made = made.where(table.c.workspace_id == W)
        if self.chance(70):
            made = made.where(self.condition(near, outer, depth))
        if depth and self.chance(15):
            made = made.union_all(self.query(depth - 1, outer)).subquery(next(self.names)).select()
        return made

    def statement(self) -> Any:
        kind = self.one_of("rows", "rows", "rows", "count", "scalar", "update", "delete", "insert")
        if kind in ("update", "delete"):
            target = self.one_of(*TABLES)
            condition = self.condition([target], [], 2)
            if self.chance(self.care):
                condition = and_(condition, target.c.workspace_id == W)
            made = update(target).values(a=target.c.a + 10) if kind == "update" else delete(target)
            return made.where(condition)
        query = self.query(2, [])
        if kind == "insert":
            copy = query.subquery()
            return insert(self.one_of(*TABLES)).from_select(
                ["id", "workspace_id"],
                select(func.coalesce(func.max(copy.c.id), 0) + 100, W).group_by(copy.c.workspace_id),
            )
        if kind == "count":
            counted = query.subquery("counted")
            return select(func.count(), func.sum(counted.c.a)).select_from(counted)
        if kind == "scalar":
            target = self.one_of(*TABLES)
            inner = self.query(1, [target])
            value = inner.with_only_columns(func.count(inner.selected_columns.id)).scalar_subquery()
            return select(target.c.id, value).where(target.c.workspace_id == W)
        return query


def effect(connection: Connection, statement: Any) -> tuple[list[str], list[str], list[str]]:
    """What a statement answers, and our rows and those of others after it."""
    result = connection.execute(statement, {"scope_workspace": OURS})
    answer = [repr(tuple(row)) for row in result] if result.returns_rows else []
    found = [
        (table.name, *row)
        for table in TABLES
        for row in connection.execute(unscoped("the test looks at everything", select(table)))
    ]
    ours = [repr(row) for row in found if row[2] == OURS]
    return sorted(answer), sorted(ours), sorted(repr(row) for row in found if row[2] != OURS)


def drop_others(connection: Connection) -> None:
    for table in TABLES:
        others = or_(table.c.workspace_id != OURS, table.c.workspace_id.is_(None))
        connection.execute(unscoped("the test takes the rows of others away", delete(table).where(others)))


@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")
@pytest.mark.filterwarnings("ignore:UPDATE statement has a cartesian product")
def test_an_accepted_statement_neither_sees_nor_touches_others(engine: Engine) -> None:
    seen = {"accepted": 0, "refused": 0, "broken": 0}

    @settings(
        max_examples=400 if engine.dialect.name == "sqlite" else 150,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # making a failing statement smaller takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def check(data: Any) -> None:
        statement = Draws(data).statement()
        try:
            with engine.connect() as plain:
                connection = plain.execution_options(scope=SimpleNamespace(workspace_id=OURS))
                untouched = effect(connection, select(true()))[2]
                among_others = effect(connection, statement)
                connection.rollback()
                drop_others(connection)
                alone = effect(connection, statement)
        except TenantViolation:
            seen["refused"] += 1
            return
        except (DBAPIError, InvalidRequestError):  # a name is used twice, or nothing is left to read from
            seen["broken"] += 1
            return
        seen["accepted"] += 1
        note(str(statement.compile(engine)))
        assert among_others[2] == untouched
        assert among_others[:2] == alone[:2]

    check()
    assert min(seen["accepted"], seen["refused"]) > 3 * seen["broken"]
