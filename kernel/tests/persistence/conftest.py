"""Empty databases of both kinds, and plugins that bring migrations to them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import pytest
import sqlalchemy as sa
from shop import SHOP, Place

from pronaflow_kernel.persistence.engines import Engines, open_engines
from pronaflow_kernel.persistence.migrations import Chain
from pronaflow_kernel.tenancy.rule import install, unscoped
from pronaflow_kernel.testing.postgres import create_database


@dataclass
class Database:
    """An empty database with the tenant rule on, and a look into it past that rule."""

    engines: Engines

    @property
    def read(self) -> sa.Engine:
        return self.engines.read

    @property
    def write(self) -> sa.Engine:
        return self.engines.write

    @property
    def url(self) -> str:
        return self.write.url.render_as_string(hide_password=False)

    @property
    def tables(self) -> set[str]:
        with self.read.connect() as connection:
            return set(sa.inspect(unscoped("a test looks", connection)).get_table_names())

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self.read.connect() as connection:
            return [tuple(row) for row in unscoped("a test looks", connection).execute(sa.text(statement))]

    def execute(self, *statements: str) -> None:
        with self.write.connect() as connection, connection.begin():
            for statement in statements:
                unscoped("a test prepares", connection).execute(sa.text(statement))


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "pronaflow.db"


@pytest.fixture
def on_sqlite(sqlite_file: Path) -> Iterator[Database]:
    yield from _opened(f"sqlite:///{sqlite_file}")


@pytest.fixture
def database(new_database: Callable[[], str]) -> Iterator[Database]:
    yield from _opened(new_database())


def _opened(url: str) -> Iterator[Database]:
    engines = open_engines(url)
    install(engines.read)
    install(engines.write)
    yield Database(engines)
    engines.dispose()


class Plugins:
    """Packages with migrations, in a folder that Python searches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def chain(self, id_: str, *upgrades: str) -> Chain:
        """A plugin whose n-th migration does `upgrades[n - 1]`; undone, it drops table `<id>__<n>`."""
        migrations = self.folder / f"shop_{id_}" / "migrations"
        migrations.mkdir(parents=True, exist_ok=True)
        (migrations.parent / "__init__.py").write_text("raise AssertionError('the package was imported')")
        for number, body in enumerate(upgrades, 1):
            undo = f"op.execute('DROP TABLE IF EXISTS {id_}__{number}')"
            self.script(id_, f"{number:04}_change.py", number, body, undo)
        return Chain(id_, f"shop_{id_}")

    def numbered(self, id_: str, count: int) -> Chain:
        """A plugin whose n-th migration creates table `<id>__<n>`."""
        return self.chain(id_, *(self.creating(f"{id_}__{number}") for number in range(1, count + 1)))

    @staticmethod
    def creating(table: str) -> str:
        return f"op.create_table({table!r}, sa.Column('id', sa.Integer, primary_key=True))"

    def script(self, id_: str, name: str, number: int, up: str, down: str = "pass") -> None:
        before = f'"{number - 1:04}"' if number > 1 else None
        head = f'revision = "{number:04}"\ndown_revision = {before}\n'
        text = f"import os, signal\nimport sqlalchemy as sa\nfrom alembic import op\n\n{head}"
        for function, body in (("upgrade", up), ("downgrade", down)):
            text += f"\ndef {function}():\n{indent(dedent(body).strip(), '    ')}\n"
        (self.folder / f"shop_{id_}" / "migrations" / name).write_text(text)

    def process(self, code: str, **environment: str) -> subprocess.Popen[str]:
        """A Python process that runs `code` and finds the plugins."""
        return subprocess.Popen(
            [sys.executable, "-c", dedent(code)],
            env={**os.environ, "PYTHONPATH": str(self.folder), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    folder = tmp_path / "plugins"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return Plugins(folder)


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Place]]:
    """Makes places of either kind of database."""
    made: list[Place] = []

    def make(kind: str) -> Place:
        url = f"sqlite:///{tmp_path / f'{len(made)}.sqlite3'}"
        if kind == "postgresql":
            url = create_database(request.getfixturevalue("postgres_server"))
        made.append(Place(url))
        return made[-1]

    yield make
    for place in made:
        place.engines.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, make: Callable[[str], Place]) -> Place:
    return make(request.param)


@pytest.fixture
def shop(plugins: Plugins) -> Chain:
    """A plugin with one column of each kind, a search index, a circle of keys and a view."""
    return plugins.chain("shop", SHOP)
