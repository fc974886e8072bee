"""The tenant rule and what surrounds a statement: marks, text SQL, engines, the cache of compiled forms."""

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
    column,
    create_engine,
    event,
    func,
    insert,
    inspect,
    literal_column,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy import Sequence as DatabaseSequence

from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.tenancy import rule
from pronaflow_kernel.tenancy.rule import TenantViolation, install, unscoped

OURS, THEIRS = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"
W = bindparam("scope_workspace", type_=Id())
METADATA = MetaData()
T = Table(
    "tasks__task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Id, nullable=False),
    Column("title", String),
)
C = Table("tasks__colour", METADATA, Column("id", Integer, primary_key=True))
OWN = T.c.workspace_id == W


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
        METADATA.create_all(connection)
        titles = [(1, OURS, "ours"), (2, OURS, "ours too"), (11, THEIRS, "theirs")]
        connection.execute(insert(T), [dict(zip(T.c.keys(), row, strict=True)) for row in titles])
    yield made
    made.dispose()


def scope(workspace: str | None = OURS) -> Any:
    return SimpleNamespace(workspace_id=workspace)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """In a transaction that is rolled back."""
    with engine.connect() as plain:
        yield plain.execution_options(scope=scope())


def refused(connection: Connection, statement: Any, why: str = "tenant rule") -> None:
    with pytest.raises(TenantViolation, match=why):
        connection.execute(statement, {"scope_workspace": OURS})


# --- marks -------------------------------------------------------------------------------------------------


def test_a_marked_statement_or_connection_may_look_everywhere(connection: Connection, engine: Engine) -> None:
    for statement in (
        select(T.c.id),
        text("SELECT id FROM tasks__task"),
        select(func.count(T.c.id)).group_by(T.c.id),
    ):
        assert len(connection.execute(unscoped("a report over all", statement)).all()) == 3
    with engine.connect() as plain:
        marked = unscoped("migration", plain)
        assert len(marked.exec_driver_sql("SELECT id FROM tasks__task").all()) == 3
        assert inspect(marked).has_table("tasks__task")


def test_a_mark_gives_its_reason_in_words(connection: Connection) -> None:
    for empty in ("", "  "):
        with pytest.raises(ValueError, match="reason"):
            unscoped(empty, select(T))
    for empty in ("", " ", True, 1):
        refused(connection, select(T).execution_options(unscoped=empty))


def test_a_mark_does_not_stick_to_the_compiled_statement(connection: Connection) -> None:
    statement = select(T.c.title)
    connection.execute(unscoped("once", statement))
    refused(connection, statement)
    connection.execute(unscoped("twice", statement))


def test_the_mark_of_a_part_does_not_cover_the_whole(connection: Connection) -> None:
    part = unscoped("only this", select(T.c.id).correlate(None))
    refused(connection, select(T).where(OWN, T.c.id.in_(part)))


# --- text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        select(T).where(OWN, text("1 = 1 OR 1 = 1")),
        select(T).where(OWN).order_by(text("title DESC")),
        select(T, literal_column("(SELECT count(*) FROM tasks__task)")).where(OWN),
        select(T).where(OWN).with_statement_hint("OR 1 = 1"),
        select(T).where(OWN).suffix_with("OR 1 = 1"),
        select(T).prefix_with("DISTINCT").where(OWN),
        select(T).where(OWN, T.c.id.op("= 1 OR 1 =", precedence=100)(1)),
        select(T).where(OWN, T.c.id.op("--")(1)),
        select(T).where(OWN, T.c.title.op("OR")(T.c.title)),
        select(text("title")).select_from(text("tasks__task")),
        text("SELECT id FROM tasks__task").columns(T.c.id),
        select(text("SELECT id FROM tasks__task").columns(T.c.id).subquery()),
        text("PRAGMA user_version; DELETE FROM tasks__task"),
        text("SET timezone = 'UTC'; DELETE FROM tasks__task"),
    ],
    ids=lambda statement: " ".join(str(statement).split())[-50:],
)
def test_text_is_refused_wherever_it_hides(connection: Connection, statement: Any) -> None:
    refused(connection, statement, why="text SQL")


def test_text_that_is_a_constant_or_an_operator_is_fine(connection: Connection) -> None:
    params = {"scope_workspace": OURS}
    statement = select(func.count(), literal_column("1"), literal_column("'x'")).where(
        OWN, T.c.title.contains("our"), T.c.id.op("+")(1) > 1
    )
    assert connection.execute(statement, params).one() == (2, 1, "x")


def test_text_that_only_keeps_house_is_fine(connection: Connection) -> None:
    sqlite_too = ["SELECT 1", "SAVEPOINT a", "RELEASE a"]
    house = (
        ["PRAGMA foreign_keys"]
        if connection.dialect.name == "sqlite"
        else ["SET LOCAL timezone = 'UTC'", "SHOW timezone"]
    )
    connection.execute(insert(C), {"id": 42})
    for statement in sqlite_too + house:
        connection.exec_driver_sql(statement)
    connection.execute(text("SELECT 1"))
    with connection.begin_nested():
        connection.execute(select(1))


def test_a_table_told_by_name_alone_is_refused(connection: Connection) -> None:
    light = table("tasks__task", column("title"))
    refused(connection, select(light), "declare it as a Table")
    known = table("tasks__task", column("title"), column("workspace_id", Id()))
    refused(connection, select(known), "is not held")
    assert (
        len(
            connection.execute(
                select(known).where(known.c.workspace_id == W), {"scope_workspace": OURS}
            ).all()
        )
        == 2
    )


def test_ddl_needs_a_marked_connection(connection: Connection) -> None:
    with pytest.raises(TenantViolation, match="DDL"):
        Table("tasks__more", MetaData(), Column("id", Integer)).create(connection)


# --- the engine --------------------------------------------------------------------------------------------


def test_what_the_dialect_asks_on_its_own_goes_through(url: Any) -> None:
    """First connection, probing for tables, a sequence that fills a key, savepoints."""
    engine = create_engine(url)
    install(engine)
    numbered = Table(
        "tasks__numbered",
        MetaData(),
        Column("id", Integer, DatabaseSequence("tasks__numbers"), primary_key=True),
        Column("at", String, default=func.current_date()),
        implicit_returning=False,
    )
    with engine.begin() as plain:
        marked = unscoped("the test makes a table", plain)
        numbered.drop(marked, checkfirst=True)
        numbered.create(marked)
    with engine.begin() as connection:
        assert connection.execute(insert(numbered)).inserted_primary_key == (1,)
    engine.dispose()


def test_installing_twice_and_engines_with_options(url: Any) -> None:
    engine = create_engine(url)
    install(engine)
    install(engine)
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection, pytest.raises(TenantViolation):
        connection.execute(select(T))
    engine.dispose()


def test_an_engine_that_was_in_use_forgets_what_it_compiled(url: Any, engine: Engine) -> None:
    used = create_engine(url)
    with used.connect() as plain:
        connection = plain.execution_options(scope=scope())
        assert len(connection.execute(select(T)).all()) == 3
        install(used)
        refused(connection, select(T))
    used.dispose()


@pytest.mark.parametrize("part", ["statement", "parameters"])
def test_what_another_listener_rewrites_is_refused(url: Any, part: str) -> None:
    engine = create_engine(url)
    install(engine)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def rewrite(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if part == "statement":
            return f"{statement} /* seen */", parameters
        if isinstance(parameters, dict):
            return statement, dict.fromkeys(parameters, THEIRS)
        return statement, tuple(THEIRS for _ in parameters)

    with engine.connect() as plain:
        refused(plain.execution_options(scope=scope()), select(T).where(OWN))
    engine.dispose()


def test_a_shape_is_judged_once_however_often_the_statement_runs(
    url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[Any] = []
    judge = rule.judge
    monkeypatch.setattr(rule, "judge", lambda compiled: judged.append(compiled) or judge(compiled))
    engine = create_engine(url)
    install(engine)
    with engine.connect() as plain:
        for workspace in (OURS, THEIRS, OURS, THEIRS):
            connection = plain.execution_options(scope=scope(workspace))
            for _ in range(25):
                found = connection.execute(
                    select(T.c.workspace_id).where(T.c.workspace_id == workspace)
                ).scalars()
                assert set(found) == {workspace}
        for _ in range(3):
            with pytest.raises(TenantViolation):
                connection.execute(select(T))
    engine.dispose()
    assert len(judged) == 2
