"""Writers of a process on SQLite take turns among themselves, and do not sleep while another one writes."""

import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pronaflow_kernel.persistence.engines import PATIENCE, is_locked, open_engines


@pytest.fixture
def engines(tmp_path):
    """Engines over a database with a table of numbers."""
    made = open_engines(f"sqlite:///{tmp_path / 'turns.sqlite3'}", threads=8)
    with made.write.begin() as connection:
        connection.execute(text("CREATE TABLE number (number INTEGER PRIMARY KEY)"))
    yield made
    made.dispose()


def note(engine, number):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO number VALUES (:number)"), {"number": number})


def hurried(engine):
    return engine.execution_options(**{PATIENCE: 0.01})


def test_a_writer_waits_for_the_other_engine_s_writer(engines):
    with engines.write.begin():
        waiting = threading.Thread(target=note, args=(engines.background, 1))
        waiting.start()
        with engines.read.connect() as connection:
            assert connection.execute(text("SELECT * FROM number")).all() == []
    waiting.join()
    with engines.read.connect() as connection:
        assert connection.scalars(text("SELECT number FROM number")).all() == [1]


@pytest.mark.parametrize("name", ["write", "background"])
def test_a_writer_without_patience_finds_the_database_locked(engines, name):
    with engines.write.begin(), pytest.raises(OperationalError) as caught:
        note(hurried(getattr(engines, name)), 1)
    assert is_locked(caught.value)
    note(engines.write, 1)


def test_a_block_that_raises_ends_the_turn(engines):
    with pytest.raises(ZeroDivisionError), engines.write.begin():
        raise ZeroDivisionError
    note(hurried(engines.background), 1)


def test_a_commit_that_fails_ends_the_turn(engines):
    with engines.write.begin() as connection:
        connection.execute(text("CREATE TABLE child (n REFERENCES number DEFERRABLE INITIALLY DEFERRED)"))
    with pytest.raises(Exception, match="FOREIGN KEY"), engines.write.begin() as connection:
        connection.execute(text("INSERT INTO child VALUES (5)"))
    note(hurried(engines.background), 1)


def test_a_connection_that_is_thrown_away_ends_the_turn(engines):
    with engines.write.connect() as connection:
        connection.begin()
        connection.invalidate()
    note(hurried(engines.background), 1)


def test_another_process_is_waited_for_as_before(engines):
    other = sqlite3.connect(engines.write.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as caught:
        note(hurried(engines.write), 1)
    assert is_locked(caught.value)
    other.close()
    note(hurried(engines.background), 1)


def test_many_writers_all_come_to_their_turn(engines):
    def some(first):
        for number in range(first, first + 25):
            note(engines.write if number % 2 else engines.background, number)

    writers = [threading.Thread(target=some, args=(first,)) for first in range(0, 200, 25)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with engines.read.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM number")) == 200
