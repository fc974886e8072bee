"""What the tenant rule says to writes, and to the values that statements come with.

Tables of two plugins, each on its own metadata. Workspace OURS is the scope of every connection; THEIRS holds
rows that look the same.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.tenancy.rule import TenantViolation, install, unscoped

OURS, THEIRS = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"
W = bindparam("scope_workspace", type_=Id())

TASKS, NOTES = MetaData(), MetaData()
T = Table(
    "tasks__task",
    TASKS,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("workspace_id", Id, nullable=False),
    Column("title", String),
)
S = Table(
    "tasks__star",
    TASKS,
    Column("workspace_id", Id, primary_key=True),
    Column("name", String, primary_key=True),
    Column("count", Integer),
)
C = Table("tasks__colour", TASKS, Column("id", Integer, primary_key=True))
N = Table(
    "notes__note",
    NOTES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("workspace_id", Id),
    Column("task_id", Integer),
)
ROWS: dict[Table, list[dict[str, Any]]] = {
    T: [
        {"id": 1, "workspace_id": OURS, "title": "ours"},
        {"id": 2, "workspace_id": OURS, "title": "ours too"},
        {"id": 11, "workspace_id": THEIRS, "title": "theirs"},
    ],
    S: [
        {"workspace_id": OURS, "name": "gold", "count": 1},
        {"workspace_id": THEIRS, "name": "gold", "count": 1},
    ],
    N: [
        {"id": 21, "workspace_id": OURS, "task_id": 1},
        {"id": 31, "workspace_id": THEIRS, "task_id": 1},
        {"id": 32, "workspace_id": None, "task_id": 1},
    ],
    C: [{"id": 41}],
}


@pytest.fixture(scope="session")
def url(new_database: Callable[[], str]) -> Any:
    made = make_url(new_database())
    return made.set(drivername="postgresql+psycopg") if made.drivername == "postgresql" else made


@pytest.fixture(scope="session")
def engine(url: Any) -> Iterator[Engine]:
    made = create_engine(url, enable_from_linting=False)
    install(made)
    with made.begin() as plain:
        connection = unscoped("the tests make their tables", plain)
        for metadata in (TASKS, NOTES):
            metadata.create_all(connection)
        for table_, rows in ROWS.items():
            connection.execute(insert(table_), rows)
    yield made
    made.dispose()


def scope(workspace: str | None = OURS) -> Any:
    return SimpleNamespace(workspace_id=workspace)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """In a transaction that is rolled back."""
    with engine.connect() as plain:
        yield plain.execution_options(scope=scope())


def stored(connection: Connection) -> dict[str, Any]:
    """All rows, by table; those of others apart."""
    look = "the test looks at everything"
    rows = [
        (row.get("workspace_id"), each.name, *row.values())
        for each in (T, S, N)
        for row in connection.execute(unscoped(look, select(each))).mappings()
    ]
    return {
        "ours": sorted(map(repr, (row for row in rows if row[0] == OURS))),
        "others": sorted(map(repr, (row for row in rows if row[0] != OURS))),
    }


def upsert(connection: Connection, target: Table) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(target)


def own(*tables: Any) -> Any:
    return [each.c.workspace_id == W for each in tables]


def task(number: int, workspace: Any = OURS) -> dict[str, Any]:
    return {"id": number, "workspace_id": workspace, "title": "new"}


def accepted(connection: Connection, statement: Any, params: Any = None) -> None:
    """The statement runs and does something, to us alone."""
    before = stored(connection)
    connection.execute(statement, {"scope_workspace": OURS} if params is None else params)
    after = stored(connection)
    assert after["ours"] != before["ours"]
    assert after["others"] == before["others"]


def refused(
    connection: Connection, statement: Any, params: Any = None, why: str = "breaks the tenant rule"
) -> None:
    """The statement does not reach the database."""
    before = stored(connection)
    with pytest.raises(TenantViolation, match=why):
        connection.execute(statement, {"scope_workspace": OURS} if params is None else params)
    assert stored(connection) == before


# --- inserting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(lambda w: (insert(T), task(3, w)), id="parameters"),
        pytest.param(lambda w: (insert(T), [task(3), task(4, w)]), id="many rows of parameters"),
        pytest.param(lambda w: (insert(T).values(**task(3, w)), {}), id="values"),
        pytest.param(
            lambda w: (insert(T).values({T.c.id: 3, T.c.workspace_id: w, T.c.title: ""}), {}), id="columns"
        ),
        pytest.param(lambda w: (insert(T).values([task(3), task(4, w)]), {}), id="many rows of values"),
        pytest.param(lambda w: (insert(T).values(task(3, bindparam("space"))), {"space": w}), id="a bind"),
        pytest.param(
            lambda w: (
                insert(T).values([task(3, bindparam("one")), task(4, bindparam("two"))]),
                {"one": OURS, "two": w},
            ),
            id="many rows of binds",
        ),
        pytest.param(
            lambda w: (insert(T).returning(T.c.id), [task(n, w) for n in range(3, 9)]), id="returning"
        ),
        pytest.param(
            lambda w: (
                insert(T).from_select(
                    list(task(0)), select(C.c.id, bindparam("space", w, Id()), bindparam("t", "x"))
                ),
                {},
            ),
            id="a bind in a select",
        ),
    ],
)
def test_every_inserted_row_is_ours(connection: Connection, values: Callable[[Any], tuple[Any, Any]]) -> None:
    for other in (THEIRS, None):
        refused(connection, *values(other))
    accepted(connection, *values(OURS))


def test_a_row_without_a_workspace_or_with_a_computed_one_is_refused(connection: Connection) -> None:
    row = task(3)
    any_space = select(func.max(T.c.workspace_id)).where(*own(T)).scalar_subquery()
    for statement, params in (
        (insert(N), {"id": 3, "task_id": 1}),
        (insert(N).values(id=3, task_id=1), {}),
        (insert(N).values([{"id": 3, "task_id": 1}, {"id": 4, "task_id": 1}]), {}),
        (insert(T).values({**row, "workspace_id": any_space}), {"scope_workspace": OURS}),
        (insert(T).values([row, {**row, "workspace_id": any_space}]), {"scope_workspace": OURS}),
        (insert(N).from_select(["id", "task_id"], select(C.c.id, C.c.id)), {}),
        (
            insert(T).from_select(list(row), select(T.c.id + 9, T.c.title, T.c.title).where(*own(T))),
            {"scope_workspace": OURS},
        ),
    ):
        refused(connection, statement, params, "must be given its workspace_id")


def test_a_default_made_in_python_is_held_like_a_value(connection: Connection) -> None:
    made = iter([OURS, THEIRS])
    target = Table(
        "tasks__task",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("workspace_id", Id, default=lambda: next(made)),
        Column("title", String),
    )
    accepted(connection, insert(target), {"id": 3, "title": "x"})
    refused(connection, insert(target), {"id": 4, "title": "x"})


def test_rows_copied_from_a_union_are_ours(connection: Connection) -> None:
    held = select(T.c.id + 100, T.c.workspace_id, T.c.title).where(*own(T))
    loose = select(N.c.id + 100, N.c.workspace_id, bindparam("t", "x"))
    accepted(connection, insert(T).from_select(list(task(0)), held.union_all(loose.where(*own(N)))))
    refused(connection, insert(T).from_select(list(task(0)), held.union_all(loose)))


def test_thousands_of_rows_are_checked_before_the_first_batch_is_sent(connection: Connection) -> None:
    rows = [task(number) for number in range(100, 5100)]
    returning = insert(T).returning(T.c.id)
    refused(connection, returning, [*rows, task(9000, THEIRS)])
    accepted(connection, returning, rows)


# --- updating, deleting, replacing -------------------------------------------------------------------------


def test_an_update_names_our_rows_and_leaves_them_ours(connection: Connection) -> None:
    change = update(T).values(title="changed")
    linked = N.c.task_id == T.c.id
    accepted(connection, change.where(*own(T)))
    accepted(connection, change.where(*own(T, N), linked).values(title="linked"))
    accepted(
        connection,
        update(T).where(*own(T)).values(title=select(func.max(S.c.name)).where(*own(S)).scalar_subquery()),
    )
    accepted(connection, change.where(*own(T)).values(title="moved nowhere", workspace_id=OURS))
    for loose in (
        change,
        change.where(T.c.id == 11),
        change.where(*own(T), linked),
        change.where(*own(N), linked),
        update(T).where(*own(T)).values(title=select(func.max(S.c.name)).scalar_subquery()),
    ):
        refused(connection, loose, why="is not held to one workspace")
    params = {"scope_workspace": OURS, "workspace_id": THEIRS}
    refused(connection, update(T).where(*own(T)).values(workspace_id=THEIRS), why="does not hold")
    refused(connection, update(T).where(*own(T)), params, "does not hold")
    refused(connection, update(T).where(*own(T)).values(workspace_id=T.c.title), why="writes an expression")


def test_a_delete_names_our_rows(connection: Connection) -> None:
    tasks_of_notes = select(N.c.task_id)
    accepted(connection, delete(T).where(*own(T), T.c.id.in_(tasks_of_notes.where(*own(N)))))
    accepted(connection, delete(T).where(*own(T)))
    for loose in (
        delete(S),
        delete(S).where(S.c.name == "gold"),
        delete(S).where((S.c.count > 0) | own(S)[0]),
    ):
        refused(connection, loose, why="DELETE on tasks__star .* is not held")
    refused(
        connection, delete(S).where(*own(S), S.c.count.in_(tasks_of_notes)), why="notes__note is not held"
    )


def test_a_delete_by_another_table_pins_both(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has no DELETE ... USING
        accepted(connection, delete(T).where(*own(T, N), N.c.task_id == T.c.id))
        refused(connection, delete(T).where(*own(T), N.c.task_id == T.c.id), why="notes__note is not held")


def test_an_upsert_never_hits_a_row_of_another_workspace(connection: Connection) -> None:
    new, star = task(11), {"workspace_id": OURS, "name": "gold", "count": 2}
    on_task, on_star = upsert(connection, T).values(new), upsert(connection, S).values(star)
    by_id = {"index_elements": ["id"], "set_": {"title": on_task.excluded.title}}
    refused(connection, on_task.on_conflict_do_update(**by_id), {}, "ON CONFLICT may hit a row of another")
    for where in (T.c.workspace_id == OURS, T.c.workspace_id == on_task.excluded.workspace_id):
        connection.execute(on_task.on_conflict_do_update(**by_id, where=where))
        ours = upsert(connection, T).values(task(1))
        accepted(
            connection,
            ours.on_conflict_do_update(**{**by_id, "set_": {"title": repr(where)}}, where=where),
            {},
        )
    refused(connection, on_task.on_conflict_do_update(**by_id, where=T.c.workspace_id == THEIRS), {})
    refused(
        connection,
        on_task.on_conflict_do_update(**by_id, where=(T.c.workspace_id == OURS) | (T.c.id == 11)),
        {},
    )
    key = {"index_elements": [S.c.workspace_id, "name"]}
    accepted(connection, on_star.on_conflict_do_update(**key, set_={"count": on_star.excluded.count}), {})
    space = on_star.excluded.workspace_id
    accepted(
        connection, on_star.on_conflict_do_update(**key, set_={S.c.workspace_id: space, S.c.count: 7}), {}
    )
    for moved in (THEIRS, func.lower(space)):
        refused(connection, on_star.on_conflict_do_update(**key, set_={"workspace_id": moved}), {})
    connection.execute(on_task.on_conflict_do_nothing())


def test_replacing_rows_by_a_prefix_is_text(connection: Connection) -> None:
    refused(connection, insert(T).prefix_with("OR REPLACE"), task(11), "text SQL")


def test_writes_inside_a_cte_are_refused(connection: Connection) -> None:
    inner = update(T).where(*own(T)).values(title="x").returning(T.c.id).cte()
    refused(connection, select(inner.c.id), why="UPDATE inside a CTE")
    inner = delete(T).where(*own(T)).returning(T.c.id).cte()
    refused(connection, select(inner.c.id), why="DELETE inside a CTE")
    inner = insert(T).values(task(3)).returning(T.c.id).cte()
    refused(connection, select(inner.c.id), why="INSERT inside a CTE")


# --- values and scopes -------------------------------------------------------------------------------------


def test_a_bind_holds_the_workspace_of_the_scope(connection: Connection) -> None:
    for statement in (
        select(T).where(*own(T)),
        update(T).where(*own(T)).values(title="x"),
        delete(T).where(*own(T)),
    ):
        for other in (THEIRS, None, OURS.upper()):
            refused(connection, statement, {"scope_workspace": other}, "'scope_workspace' does not hold")
    refused(connection, select(T).where(T.c.workspace_id == THEIRS), {}, "'workspace_id_1' does not hold")
    refused(
        connection,
        select(T).where(*own(T), T.c.workspace_id == bindparam("other")),
        {"scope_workspace": OURS, "other": THEIRS},
    )
    two = (
        select(T.c.id).where(*own(T)).union_all(select(N.c.id).where(N.c.workspace_id == bindparam("other")))
    )
    refused(connection, two, {"scope_workspace": OURS, "other": THEIRS})


def test_a_bind_goes_out_as_a_parameter(connection: Connection) -> None:
    for options in ({"literal_execute": True}, {"expanding": True}):
        other = bindparam("other", OURS, Id(), **options)
        refused(connection, select(T).where(T.c.workspace_id == other), {}, "is not held")
        refused(connection, insert(T).values(task(3, other)), {}, "must be given its workspace_id")
    made = bindparam("made", callable_=lambda: THEIRS, type_=Id())
    refused(connection, select(T).where(T.c.workspace_id == made), {}, "'made' does not hold")
    refused(connection, select(T).where(*own(T)).params(scope_workspace=THEIRS), {}, "does not hold")
    refused(connection, insert(T).values(task(3)), task(3, THEIRS), "does not hold")


def test_a_connection_without_a_scope_reads_no_tenant_table(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(TenantViolation, match="has no scope"):
            connection.execute(select(T).where(*own(T)), {"scope_workspace": OURS})
        assert connection.execute(select(C)).all() == [(41,)]


def test_a_scope_outside_workspaces_meets_only_rows_without_one(connection: Connection) -> None:
    connection.execution_options(scope=scope(None))
    assert connection.execute(select(N).where(*own(N)), {"scope_workspace": None}).all() == []
    connection.execute(insert(N), {"id": 3, "workspace_id": None, "task_id": 1})
    refused(connection, insert(N), {"id": 4, "workspace_id": OURS, "task_id": 1})


def test_a_statement_cannot_bring_its_own_scope(connection: Connection) -> None:
    statement = select(T).where(*own(T))
    for options in ({"scope": scope(THEIRS)},):
        refused(connection, statement.execution_options(**options), {"scope_workspace": THEIRS})
        with pytest.raises(TenantViolation):
            connection.execute(statement, {"scope_workspace": THEIRS}, execution_options=options)
