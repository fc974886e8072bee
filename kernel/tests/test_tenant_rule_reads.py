"""Which reading statements the tenant rule lets pass, form by form, each beside a version with a hole.

`TASK` and `NOTE` stand for tables of two plugins. Workspace OURS is the scope of the connection. THEIRS holds
rows that look the same; one of its notes points at a task of ours, and one of its tasks at a parent of ours.
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
    Table,
    and_,
    bindparam,
    create_engine,
    delete,
    exists,
    func,
    insert,
    make_url,
    not_,
    or_,
    select,
    true,
)

from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.tenancy.rule import TenantViolation, install, unscoped

OURS, THEIRS = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"
W = bindparam("scope_workspace", type_=Id())

TASK = Table(
    "tasks__task",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Id, nullable=False),
    Column("parent_id", Integer),
)
NOTE = Table(
    "notes__note",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Id),
    Column("task_id", Integer),
)
SPACE = Table("core__workspace", MetaData(), Column("id", Id, primary_key=True))
ROWS = {
    TASK: [(1, OURS, None), (2, OURS, 1), (3, OURS, 2), (11, THEIRS, 1), (12, THEIRS, 11)],
    NOTE: [(21, OURS, 1), (22, OURS, 2), (31, THEIRS, 3), (32, THEIRS, 11), (33, None, 3)],
}


@pytest.fixture(scope="session")
def engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    url = make_url(new_database())
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    made = create_engine(url, enable_from_linting=False)
    install(made)
    with made.begin() as plain:
        connection = unscoped("the tests make their tables", plain)
        SPACE.create(connection)
        connection.execute(insert(SPACE), [{"id": OURS}, {"id": THEIRS}])
        for table, rows in ROWS.items():
            table.create(connection)
            connection.execute(insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in rows])
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as plain:
        yield plain.execution_options(scope=SimpleNamespace(workspace_id=OURS))


def run(connection: Connection, statement: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in connection.execute(statement, {"scope_workspace": OURS})), key=repr)


def own(*tables: Any) -> Any:
    return and_(*(table.c.workspace_id == W for table in tables))


def together(left: Any, right: Any) -> Any:
    return left.c.workspace_id == right.c.workspace_id


T, N, T2 = TASK, NOTE, TASK.alias("t2")
TASKS, NOTES, TASK_NOTES = select(T.c.id), select(N.c.id), select(T.c.id, N.c.id.label("note"))
LINKED = N.c.task_id == T.c.id


def notes(condition: Any) -> Any:
    """What others may join: the workspaces and tasks of notes."""
    return select(N.c.workspace_id.label("space"), N.c.task_id).where(condition)


def joined_by_space(derived: Any) -> Any:
    return TASKS.join(derived, derived.c.space == T.c.workspace_id)


def both(condition: Any) -> Any:
    """Tasks of ours, and notes."""
    return (
        select(T.c.workspace_id.label("space"))
        .where(own(T))
        .union_all(select(N.c.workspace_id).where(condition))
    )


def tasks_of(condition: Any) -> Any:
    return select(N.c.task_id).where(condition)


def with_all(query: Any) -> Any:
    """A query for workspaces, and all others that there are."""
    return select(query.subquery().c.space).union_all(select(SPACE.c.id))


def spread(condition: Any) -> Any:
    """Our tasks, and the tasks of every workspace that the round before came upon."""
    found = select(T.c.workspace_id.label("space"), T.c.id).where(own(T)).cte("found", recursive=True)
    return select(found.union(select(SPACE.c.id, T2.c.id).where(condition(found), found.c.id > 0)).c.id)


def twice(condition: Any) -> Any:
    """A CTE that is made of a CTE."""
    first = notes(condition).cte("first")
    return select(first.c.space).cte("second")


def tree(condition: Any) -> Any:
    """A task and all tasks below it."""
    top = select(T.c.id, T.c.workspace_id).where(own(T), T.c.id == 1).cte("tree", recursive=True)
    below = select(T2.c.id, T2.c.workspace_id).where(T2.c.parent_id == top.c.id, condition)
    return select(top.union_all(below).c.id)


def beside(condition: Any) -> Any:
    """Tasks and a subquery that looks at each."""
    near = select(N.c.id).where(condition).correlate(T).lateral("near")
    return select(T.c.id, near.c.id).where(own(T))


def hidden(name: str) -> Any:
    """Two aliases, one inside the other; of the same name, the condition compares a column with itself."""
    outer, inner = T.alias("x"), N.alias(name)
    count = select(func.count(inner.c.id)).where(together(inner, outer)).scalar_subquery()
    return select(outer.c.id, count).where(own(outer))


def first_note(condition: Any) -> Any:
    """A number that tells which notes a task has."""
    return select(func.coalesce(func.max(N.c.id), 0)).where(LINKED, condition).scalar_subquery() * -1


def last_three(condition: Any) -> Any:
    """Of the last three tasks those that are ours."""
    last = select(T.c.id, T.c.workspace_id).where(condition).order_by(T.c.id.desc()).limit(3).subquery("last")
    return select(last.c.id).where(own(last))


def nested(condition: Any) -> Any:
    """Tasks, and beside each the notes on its children."""
    return select(T.c.id, N.c.id).select_from(T.outerjoin(T2.join(N, N.c.task_id == T2.c.id), condition))


# form: (with care, with a hole)
FORMS: dict[str, tuple[Any, Any]] = {
    "the whole table": (TASKS.where(own(T)), TASKS),
    "bind on the left": (TASKS.where(W == T.c.workspace_id), TASKS.where(T.c.workspace_id != W)),  # noqa: SIM300
    "alias": (select(T2.c.id).where(own(T2)), select(T2.c.id).where(own(T))),
    "OR": (
        TASKS.where(own(T), or_(T.c.id == 1, T.c.id == 11)),
        TASKS.where(or_(own(T), T.c.id == 11)),
    ),
    "AND in OR": (
        TASKS.where(and_(and_(own(T), true()), T.c.id > 0)),
        TASKS.where(or_(and_(own(T), T.c.id > 1), T.c.id > 0)),
    ),
    "NOT": (TASKS.where(own(T), not_(T.c.id == 2)), TASKS.where(not_(own(T)))),
    "rows without a workspace": (NOTES.where(own(N)), NOTES.where(or_(own(N), N.c.workspace_id.is_(None)))),
    "compared with itself": (TASKS.where(own(T), together(T, T)), TASKS.where(together(T, T))),
    "join": (
        TASK_NOTES.join(N, and_(LINKED, together(N, T))).where(own(T)),
        TASK_NOTES.join(N, LINKED).where(own(T)),
    ),
    "join, pinned in its ON": (
        TASK_NOTES.join(N, and_(LINKED, own(N), together(N, T))),
        TASK_NOTES.join(N, and_(LINKED, together(N, T))),
    ),
    "left join": (
        TASK_NOTES.outerjoin(N, and_(LINKED, own(N))).where(own(T)),
        TASK_NOTES.outerjoin(N, and_(LINKED, own(N, T))),
    ),
    "left join by equality": (
        TASK_NOTES.outerjoin(N, and_(LINKED, together(N, T))).where(own(T)),
        TASK_NOTES.outerjoin(N, and_(own(N), together(N, T))),
    ),
    "left join without a match": (
        TASKS.outerjoin(N, and_(LINKED, own(N))).where(own(T), N.c.id.is_(None)),
        TASKS.outerjoin(N, LINKED).where(own(T), N.c.id.is_(None)),
    ),
    "join inside a left join": (
        nested(and_(T2.c.parent_id == T.c.id, own(T2, N))).where(own(T)),
        nested(and_(T2.c.parent_id == T.c.id, own(T2, T))).where(own(T)),
    ),
    "comma": (TASK_NOTES.where(own(T, N), LINKED), TASK_NOTES.where(own(T), LINKED)),
    "self join": (
        select(T.c.id, T2.c.id).where(own(T), together(T, T2), T2.c.parent_id == T.c.id),
        select(T.c.id, T2.c.id).where(together(T, T2), T2.c.parent_id == T.c.id),
    ),
    "EXISTS": (
        TASKS.where(own(T), exists().where(LINKED, together(N, T))),
        TASKS.where(own(T), exists().where(LINKED)),
    ),
    "NOT EXISTS": (
        TASKS.where(own(T), ~exists().where(LINKED, own(N))),
        TASKS.where(own(T), ~exists().where(LINKED)),
    ),
    "namesakes": (hidden("y"), hidden("x")),
    "IN a subquery": (
        TASKS.where(own(T), T.c.id.in_(select(N.c.task_id).where(own(N)))),
        TASKS.where(own(T), T.c.id.in_(select(N.c.task_id))),
    ),
    "subquery on the same table": (
        TASKS.where(own(T), T.c.id.in_(select(T.c.parent_id).where(own(T)).correlate(None))),
        TASKS.where(own(T), T.c.id.not_in(select(T.c.id - 10).correlate(None))),
    ),
    "scalar subquery": (
        select(T.c.id, select(func.count(N.c.id)).where(own(N)).scalar_subquery()).where(own(T)),
        select(T.c.id, select(func.count(N.c.id)).scalar_subquery()).where(own(T)),
    ),
    "subquery in ORDER BY": (
        TASKS.where(own(T)).order_by(first_note(together(N, T))).limit(1),
        TASKS.where(own(T)).order_by(first_note(true())).limit(1),
    ),
    "subquery in FROM": (
        select(notes(own(N)).subquery("s").c.task_id),
        select(notes(true()).subquery("s").c.task_id),
    ),
    "pinned only from outside": (last_three(own(T)), last_three(true())),
    "pinned by a subquery": (
        joined_by_space(notes(own(N)).subquery("s")),
        joined_by_space(notes(true()).subquery("s")),
    ),
    "pinned by a CTE": (joined_by_space(notes(own(N)).cte("c")), joined_by_space(notes(true()).cte("c"))),
    "pinned by a CTE of a CTE": (joined_by_space(twice(own(N))), joined_by_space(twice(true()))),
    "pinned by a union": (
        select(T2.c.id).join(s := both(own(N)).subquery("s"), s.c.space == T2.c.workspace_id),
        select(T2.c.id).join(s := both(true()).subquery("s"), s.c.space == T2.c.workspace_id),
    ),
    "pinned by a union with a table of all workspaces": (
        select(T2.c.id).join(s := both(own(N)).subquery("s"), s.c.space == T2.c.workspace_id),
        select(T2.c.id).join(s := with_all(notes(own(N))).subquery("s"), s.c.space == T2.c.workspace_id),
    ),
    "pinned by a table of all workspaces": (
        TASKS.join(SPACE, SPACE.c.id == T.c.workspace_id).where(own(T)),
        joined_by_space(select(SPACE.c.id.label("space")).subquery("s")),
    ),
    "union in an IN": (
        TASKS.where(own(T), T.c.id.in_(tasks_of(together(N, T)).union(tasks_of(own(N))))),
        TASKS.where(own(T), T.c.id.in_(tasks_of(together(N, T)).union(tasks_of(true())))),
    ),
    "recursive CTE": (tree(own(T2)), tree(true())),
    "pinned by what a recursive CTE found before": (
        spread(lambda cte: own(T2)),
        spread(lambda cte: cte.c.space == T2.c.workspace_id),
    ),
    "UNION": (both(own(N)), both(true())),
    "EXCEPT": (
        TASKS.where(own(T)).except_(select(N.c.task_id).where(own(N))),
        TASKS.where(own(T)).except_(select(N.c.task_id)),
    ),
    "GROUP BY": (
        select(T.c.workspace_id, func.count()).where(own(T)).group_by(T.c.workspace_id),
        select(T.c.workspace_id, func.count()).group_by(T.c.workspace_id),
    ),
    "count": (select(func.count()).select_from(T).where(own(T)), select(func.count()).select_from(T)),
}
TOO_CAREFUL = {
    "IN": TASKS.where(T.c.workspace_id.in_([OURS])),
    "both sides of an OR": TASKS.where(or_(and_(own(T), T.c.id == 1), and_(own(T), T.c.id == 2))),
    "a function of the column": TASKS.where(func.coalesce(T.c.workspace_id) == W),
    "HAVING": select(T.c.workspace_id, func.count()).group_by(T.c.workspace_id).having(own(T)),
    "pinned by a subquery in the WHERE": TASKS.where(exists().where(own(N), together(N, T))),
    "pinned by a function of a pinned column": joined_by_space(
        select(func.coalesce(N.c.workspace_id).label("space")).where(own(N)).subquery("s")
    ),
    "a branch below a pinned root": tree(T2.c.workspace_id == T.c.workspace_id),
}

FOREIGN = {value for rows in ROWS.values() for row in rows if row[1] != OURS for value in (row[0], THEIRS)}


@pytest.mark.parametrize("form", FORMS)
def test_a_statement_that_takes_care_runs_and_shows_our_rows_only(connection: Connection, form: str) -> None:
    seen = run(connection, FORMS[form][0])
    assert seen
    assert not FOREIGN & {value for row in seen for value in row}


@pytest.mark.parametrize("form", FORMS)
def test_a_statement_with_a_hole_is_refused(connection: Connection, form: str) -> None:
    with pytest.raises(TenantViolation, match="is not held to one workspace"):
        run(connection, FORMS[form][1])


@pytest.mark.parametrize("form", FORMS)
def test_the_hole_is_one_and_the_care_is_enough(connection: Connection, form: str) -> None:
    """Foreign rows make a difference to the one and none to the other."""
    careful, leaky = (unscoped("the test looks through the hole", statement) for statement in FORMS[form])
    before = run(connection, careful), run(connection, leaky)
    for table in ROWS:
        strangers = or_(table.c.workspace_id != OURS, table.c.workspace_id.is_(None))
        connection.execute(unscoped("the test takes foreign rows away", delete(table).where(strangers)))
    after = run(connection, careful), run(connection, leaky)
    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize("form", TOO_CAREFUL)
def test_some_harmless_statements_are_refused_too(connection: Connection, form: str) -> None:
    """The rule asks for the plain form; whoever needs another one writes the plain comparison beside it."""
    with pytest.raises(TenantViolation, match="is not held to one workspace"):
        run(connection, TOO_CAREFUL[form])


def test_a_lateral_join_is_pinned_by_the_row_it_stands_beside(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        with pytest.raises(TenantViolation):
            run(connection, beside(LINKED))
        return
    assert run(connection, beside(and_(LINKED, together(N, T)))) == [(1, 21), (2, 22)]
    with pytest.raises(TenantViolation):
        run(connection, beside(LINKED))


def test_a_full_join_is_refused_however_it_is_pinned(connection: Connection) -> None:
    """SQLite 3.40 shows foreign rows here if two such queries are put together by a UNION ALL."""
    with pytest.raises(TenantViolation, match="it holds a FULL JOIN"):
        run(connection, TASK_NOTES.outerjoin(N, and_(LINKED, own(T, N)), full=True).where(own(T, N)))


def test_names_that_differ_in_case_hide_each_other(connection: Connection) -> None:
    """SQLite does not tell them apart, quoted or not."""
    with pytest.raises(TenantViolation, match="is not held to one workspace"):
        run(connection, hidden("X"))
