"""How fast a CSV file comes in: the 2,503 reports of tests/data/hadoop-bugs, by the services of tasks.

    python contrib/benchmarks/imports.py [--quick] [--database sqlite|postgresql|both]

The reference stores the same columns of the same tasks by the driver's `executemany`, in transactions of the
same size, without rules, events, tags, search or counters.
"""

import csv
import time
from itertools import islice
from pathlib import Path
from typing import Any

from bare import driver
from measure import Figures, Options, options, show
from place import served

from pronaflow_importer.mapping import read_mapping, shipped
from pronaflow_importer.people import acting_as
from pronaflow_importer.service import PORTION, CsvImport
from pronaflow_kernel.testing import World

TITLE = "Import of tests/data/hadoop-bugs: CPU of the process"
SOURCE = Path(__file__).parents[2] / "tests" / "data" / "hadoop-bugs" / "hadoop_bugs.csv"


def figures(asked: Options) -> Figures:
    for kind in asked.databases:
        with served(kind) as world:
            path = _first(100, Path(world.kernel.settings.data_dir)) if asked.quick else SOURCE
            rows, cpu, wall = _import(world, path)
            bare = _bare(world)
            yield f"{kind}, bare executemany", f"{rows / bare:8.0f} rows/s of CPU"
            speed = f"{rows / cpu:8.0f} rows/s of CPU ({rows / wall:.0f} on the wall)"
            yield f"{kind}, import of {rows:,} rows", f"{speed}  {cpu / bare:.1f} times bare"


def _first(count: int, folder: Path) -> Path:
    """A copy of the file with its first rows."""
    csv.field_size_limit(10**8)
    target = folder / "first.csv"
    with SOURCE.open(encoding="utf-8", newline="") as source, target.open("w", encoding="utf-8") as copy:
        csv.writer(copy).writerows(islice(csv.reader(source), count + 1))
    return target


def _import(world: World, path: Path) -> tuple[int, float, float]:
    """Rows, CPU seconds and seconds of one import."""
    owner, rules = world.person("owner"), shipped("hadoop-bugs")
    assert rules is not None
    ctx = world.kernel.contexts["importer"]
    job = CsvImport(ctx, acting_as(ctx, owner.username, owner.workspace_id), path, read_mapping(rules))
    cpu, wall = time.process_time(), time.perf_counter()
    report = job.run()
    assert report.created == report.rows > 0
    return report.created, time.process_time() - cpu, time.perf_counter() - wall


def _bare(world: World) -> float:
    """CPU seconds to store the imported tasks once more, in a table without indexes."""
    with driver(world.database_url) as database:
        rows = database.rows("SELECT * FROM tasks__task", ())
        database.write([("CREATE TABLE bare_task AS SELECT * FROM tasks__task WHERE 1 = 0", ())])
        marks = ", ".join([database.mark] * len(rows[0]))
        statement = f"INSERT INTO bare_task VALUES ({marks})"
        values: list[Any] = [tuple(row.values()) for row in rows]
        cpu = time.process_time()
        for first in range(0, len(values), PORTION):
            database.write_many(statement, values[first : first + PORTION])
        return time.process_time() - cpu


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
