"""The tenant rule against the ways in which others have been got around, the ORM, and strangers.

Two plugins declare tables, each on a base of its own. Workspace OURS is the scope of every connection; THEIRS
holds rows that look the same. The neighbours of this file: `reads` and `writes` go through the forms of
statements, `random` makes them up, `engine` is about marks, text and what else surrounds a statement.
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
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, with_loader_criteria

from pronaflow_kernel.errors import KernelError
from pronaflow_kernel.persistence.base import model_base
from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.tenancy.rule import TenantViolation, install, unscoped

OURS, THEIRS = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"
W = bindparam("scope_workspace", type_=Id())

TaskBase, NoteBase = model_base("tasks"), model_base("notes")


class Task(TaskBase):
    __tablename__ = "tasks__task"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    workspace_id: Mapped[str] = mapped_column(Id)
    title: Mapped[str]


class Star(TaskBase):
    __tablename__ = "tasks__star"
    workspace_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class Colour(TaskBase):
    __tablename__ = "tasks__colour"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(NoteBase):
    __tablename__ = "notes__note"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    workspace_id: Mapped[str | None] = mapped_column(Id)
    task_id: Mapped[int]


T, S, C, N = (model.__table__ for model in (Task, Star, Colour, Note))
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
        for base in (TaskBase, NoteBase):
            base.metadata.create_all(connection)
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


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    with Session(connection) as made:
        yield made


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


# --- the seven ways around criteria that the ORM adds ------------------------------------------------------


def test_bypass_1_core_select_on_the_table(session: Session) -> None:
    criteria = with_loader_criteria(Task, lambda cls: cls.workspace_id == OURS)
    with pytest.raises(TenantViolation):
        session.execute(select(T).options(criteria))


def test_bypass_2_text(session: Session) -> None:
    for statement in ("SELECT title FROM tasks__task", "DELETE FROM tasks__task"):
        with pytest.raises(TenantViolation, match="text SQL"):
            session.execute(text(statement))


def test_bypass_3_update_by_a_list_of_primary_keys(connection: Connection, session: Session) -> None:
    with pytest.raises(TenantViolation, match="tasks__task is not held"):
        session.execute(update(Task), [{"id": 1, "title": "x"}, {"id": 11, "title": "x"}])
    by_key = update(T).where(T.c.id == bindparam("key"))
    refused(connection, by_key, [{"key": 1, "title": "x"}, {"key": 11, "title": "x"}], "is not held")
    accepted(
        connection,
        by_key.where(*own(T)),
        [{"key": key, "title": "x", "scope_workspace": OURS} for key in (1, 11)],
    )


def test_bypass_4_insert(connection: Connection, session: Session) -> None:
    refused(connection, insert(T), task(3, THEIRS), "'workspace_id' does not hold the workspace")
    with pytest.raises(TenantViolation):
        session.execute(insert(Task), [task(3), task(4, THEIRS)])
    accepted(connection, insert(T), task(3))


def test_bypass_5_insert_from_select(connection: Connection) -> None:
    names, copy = ["id", "workspace_id", "title"], select(T.c.id + 100, T.c.workspace_id, T.c.title)
    refused(connection, insert(T).from_select(names, copy), why="is not held")
    refused(connection, insert(T).from_select(names, select(C.c.id, bindparam("other", THEIRS), C.c.id)))
    accepted(connection, insert(T).from_select(names, copy.where(*own(T))))


def test_bypass_6_the_connection_of_a_session(session: Session) -> None:
    for statement in (select(T), text("SELECT title FROM tasks__task"), delete(T)):
        with pytest.raises(TenantViolation):
            session.connection().execute(statement)
    with pytest.raises(TenantViolation):
        session.connection().exec_driver_sql("SELECT title FROM tasks__task")


def test_bypass_7_objects_already_in_the_session(session: Session) -> None:
    foreign = session.scalars(unscoped("the test smuggles a row in", select(Task).where(Task.id == 11))).one()
    foreign.title = "overwritten"
    with pytest.raises(TenantViolation, match="UPDATE on tasks__task"):
        session.flush()


# --- the ORM -----------------------------------------------------------------------------------------------


def test_an_orm_session_reads_what_is_held(session: Session) -> None:
    near = aliased(Task)
    linked = (Note.task_id == Task.id) & (Note.workspace_id == Task.workspace_id)
    params = {"scope_workspace": OURS}
    for statement, ids in (
        (select(Task).where(Task.workspace_id == W), [1, 2]),
        (select(near).where(near.workspace_id == W), [1, 2]),
        (select(Task).join(Note, linked).where(Task.workspace_id == W), [1]),
        (select(Task).from_statement(select(T).where(*own(T))), [1, 2]),
    ):
        assert sorted(found.id for found in session.scalars(statement, params)) == ids
    for loose in (
        select(Task),
        select(near, Task).where(Task.workspace_id == W),
        select(Task).join(Note, Note.task_id == Task.id).where(Task.workspace_id == W),
        select(Task).from_statement(text("SELECT * FROM tasks__task")),
    ):
        with pytest.raises(TenantViolation):
            session.scalars(loose, params)


def test_an_orm_session_cannot_load_by_primary_key_alone(session: Session) -> None:
    with pytest.raises(TenantViolation):
        session.get(Task, 11)
    assert session.get(Star, (OURS, "gold")).count == 1
    with pytest.raises(TenantViolation):
        session.get(Star, (THEIRS, "gold"))


def test_an_orm_session_writes_what_is_held(session: Session, connection: Connection) -> None:
    session.add_all([Task(**task(3)), Task(**task(4))])
    session.flush()
    star = session.get(Star, (OURS, "gold"))
    star.count = 5
    session.flush()
    session.delete(star)
    session.flush()
    assert "others" in stored(connection)
    session.add(Task(**task(5, THEIRS)))
    with pytest.raises(TenantViolation):
        session.flush()


def test_writing_statements_on_entities_are_held_too(connection: Connection) -> None:
    accepted(connection, insert(Task), [task(3), task(4)])
    accepted(connection, insert(Task).values(**task(5)), {})
    accepted(connection, update(Task).where(Task.workspace_id == W).values(title="again"))
    accepted(connection, delete(Task).where(Task.workspace_id == W))
    refused(connection, insert(Task), [task(6), task(7, THEIRS)])
    refused(connection, insert(Task).values(**task(6, THEIRS)), {})
    refused(connection, update(Task).values(title="again"))
    refused(connection, delete(Task).where(Task.id == 11))


# --- strangers ---------------------------------------------------------------------------------------------


def test_a_stranger_s_query_is_held_like_the_owner_s(connection: Connection, url: Any) -> None:
    """Plugin notes reads the table of plugin tasks: as declared, reflected, or with half its columns."""
    linked = select(N.c.id, T.c.title).join(T, T.c.id == N.c.task_id)
    refused(connection, linked.where(*own(N)), why="tasks__task is not held")
    assert connection.execute(linked.where(*own(N, T)), {"scope_workspace": OURS}).all() == [(21, "ours")]
    with connection.engine.connect() as plain:
        reflected = Table("tasks__task", MetaData(), autoload_with=unscoped("reflection", plain))
    refused(connection, select(reflected), why="is not held")


def test_a_second_declaration_without_the_column_is_known_by_its_name(url: Any) -> None:
    names: set[str] = set()
    engine = create_engine(url)
    install(engine, tables=names)
    names.add("tasks__task")
    half = Table("tasks__task", MetaData(), Column("id", Integer), Column("title", String))
    with engine.connect() as plain:
        connection = plain.execution_options(scope=scope())
        for statement in (
            select(half),
            update(half).values(title="x"),
            delete(half),
            insert(half).values(id=3),
        ):
            with pytest.raises(TenantViolation, match="tasks__task"):
                connection.execute(statement)
    engine.dispose()


# --- the message -------------------------------------------------------------------------------------------


def test_a_violation_says_what_where_and_how_to_mend_it_but_not_to_the_caller(connection: Connection) -> None:
    with pytest.raises(TenantViolation) as caught:
        connection.execute(select(T, N).where(*own(N)), {"scope_workspace": OURS})
    told = str(caught.value)
    for word in (
        "SELECT",
        "tasks__task",
        "notes__note",
        "workspace_id == SCOPE_WORKSPACE",
        "WHERE",
        "unscoped(",
    ):
        assert word in told
    assert isinstance(caught.value, KernelError)
    assert (caught.value.status, caught.value.message) == (500, KernelError.default_message)
