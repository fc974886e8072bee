"""What the tenant rule costs: executions of prebuilt statements with it and without it.

    python contrib/benchmarks/tenant_rule.py

Prints, for a few statements on SQLite in memory, the median time of one execution without and with the rule
and their ratio (rounds of both alternate, so that the noise of the machine hits both alike), and what judging
the shape of a statement costs the first time.
"""

import statistics
import time
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    create_engine,
    insert,
    select,
    update,
)
from sqlalchemy.pool import StaticPool

from pronaflow_kernel.tenancy.rule import install
from pronaflow_kernel.tenancy.shape import judge

ROUNDS, LOOPS = 60, 400
OURS = "00000000-0000-7000-8000-00000000000a"
W = bindparam("scope_workspace", type_=String())
METADATA = MetaData()
TASK = Table(
    "tasks__task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", String, nullable=False),
    Column("title", String),
)
NOTE = Table(
    "notes__note",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", String, nullable=False),
    Column("task_id", Integer),
)
LINKED = and_(NOTE.c.task_id == TASK.c.id, NOTE.c.workspace_id == TASK.c.workspace_id)
OWN = and_(TASK.c.workspace_id == W, TASK.c.id == bindparam("key"))
PARAMS = {"scope_workspace": OURS, "key": 1}
STATEMENTS: dict[str, tuple[Any, Any]] = {
    "one row": (select(TASK).where(OWN), PARAMS),
    "join": (select(TASK, NOTE.c.id).join(NOTE, LINKED).where(OWN), PARAMS),
    "update": (update(TASK).where(OWN), {**PARAMS, "title": "x"}),
    "insert 100 rows": (
        insert(TASK),
        [{"workspace_id": OURS, "title": "x"}] * 100,
    ),
    "no tenant table": (select(bindparam("key", 1, Integer)), {"key": 1}),
}


def connect(*, held: bool) -> Connection:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    connection = engine.connect()
    METADATA.create_all(connection)
    connection.commit()
    if held:
        install(engine)
    return connection.execution_options(scope=SimpleNamespace(workspace_id=OURS))


def once(connection: Connection, statement: Any, params: Any) -> float:
    """Microseconds of one execution, over a round."""
    start = time.perf_counter()
    for _ in range(LOOPS):
        connection.execute(statement, params).close()
    spent = time.perf_counter() - start
    connection.rollback()
    return spent / LOOPS * 1e6


def compare(name: str, statement: Any, params: Any) -> None:
    pairs = [(connect(held=False), statement), (connect(held=True), statement)]
    times = [[once(connection, each, params) for connection, each in pairs] for _ in range(ROUNDS)]
    bare, held = (statistics.median(column) for column in zip(*times, strict=True))
    added = statistics.median(with_rule - without for without, with_rule in times)
    print(f"{name:18} {bare:8.1f} us {held:8.1f} us   ratio {held / bare:5.3f}   added {added:6.2f} us")


def judging(name: str, statement: Any) -> None:
    compiled = [statement.compile(connect(held=True).engine) for _ in range(200)]
    start = time.perf_counter()
    for each in compiled:
        judge(each)
    print(f"{name:18} judged in {(time.perf_counter() - start) / len(compiled) * 1e6:6.1f} us, once")


def main() -> None:
    print(f"{'statement':18} {'without':>11} {'with':>11}")
    for name, (statement, params) in STATEMENTS.items():
        compare(name, statement, params)
    for name, (statement, _) in STATEMENTS.items():
        judging(name, statement)


if __name__ == "__main__":
    main()
