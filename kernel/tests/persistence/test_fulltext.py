"""Search by words: the same answers on both databases, equal to an independent scan of the texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from unicodedata import normalize

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.clock import SystemClock
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.engines import Engines, open_engines
from pronaflow_kernel.persistence.fulltext import TEXT_BYTES, WORD_BYTES, FullText, terms, words
from pronaflow_kernel.persistence.scope import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.persistence.uow import Reader, UnitOfWork
from pronaflow_kernel.tenancy.rule import install, unscoped

METADATA = sa.MetaData()
TASK = sa.Table(
    "shop__task",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    sa.Column("workspace_id", Id, nullable=False),
    sa.Column("title", sa.Text),
)
SEARCH = FullText("shop__search", METADATA, of="shop__task")
FOUND = sa.select(TASK.c.title).where(
    TASK.c.workspace_id == SCOPE_WORKSPACE, TASK.c.id.in_(SEARCH.matching("query"))
)


@dataclass
class Shop:
    """One workspace with tasks, told apart by their titles, and a search over them."""

    engines: Engines
    workspace: str = field(default_factory=new_id)
    ids: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        with self.engines.write.connect() as connection, connection.begin():
            yield UnitOfWork(connection, Scope.system(self.workspace), SystemClock())

    def put(self, texts: dict[str, str]) -> None:
        with self.write() as uow:
            for title in texts.keys() - self.ids.keys():
                self.ids[title] = new_id()
                uow.execute(TASK.insert(), id=self.ids[title], workspace_id=self.workspace, title=title)
            SEARCH.put_many(uow, self.workspace, [(self.ids[title], text) for title, text in texts.items()])

    def find(self, query: str, statement: sa.Select[str] = FOUND) -> set[str]:
        with self.engines.read.connect() as connection:
            reader = Reader(connection, Scope.system(self.workspace), SystemClock())
            return {row["title"] for row in reader.all(statement, query=query)}


@pytest.fixture(scope="module")
def engines(new_database: Callable[[], str]) -> Iterator[Engines]:
    engines = open_engines(new_database())
    with engines.write.connect() as connection, connection.begin():
        METADATA.create_all(unscoped("a test makes its tables", connection))
    install(engines.read)
    install(engines.write)
    yield engines
    engines.dispose()


@pytest.fixture
def shop(engines: Engines) -> Shop:
    return Shop(engines)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", []),
            ("Fix the NameNode, fix it!", ["fix", "the", "namenode", "it"]),
            ("HDFS-1234: don't panic_now", ["hdfs", "1234", "don", "t", "panic_now"]),
            ("Straße STRASSE", ["strasse"]),
            ("Tiếng Việt", ["tiếng", "việt"]),
            (normalize("NFD", "Tiếng Việt"), ["tiếng", "việt"]),
            ("😀 → «naïve»", ["naïve"]),
            ("任务 задача ٣", ["任务", "задача", "٣"]),
        ],
    )
    def test_are_the_different_runs_of_letters_digits_and_underscores(
        self, text: str, expected: list[str]
    ) -> None:
        assert words(text) == expected

    @given(st.text())
    @example("İstanbul ŉ ǰ ΐ \N{COMBINING GREEK YPOGEGRAMMENI}")
    def test_do_not_depend_on_how_accents_are_written(self, text: str) -> None:
        assert words(normalize("NFD", text)) == words(normalize("NFC", text)) == words(text)

    @given(st.text())
    def test_hold_nothing_that_either_database_could_take_for_syntax(self, text: str) -> None:
        assert all(letter.isalnum() or letter == "_" for word in words(text) for letter in word)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("Name* node", ["name*", "node"]),
            ("a* a", ["a*", "a"]),
            ("2*3", ["2", "3"]),
            ("word**", ["word*"]),
            ("* *", []),
            ('"quoted phrase" OR -not', ["quoted", "phrase", "or", "not"]),
        ],
    )
    def test_of_a_query_are_prefixes_where_an_asterisk_ends_them(
        self, query: str, expected: list[str]
    ) -> None:
        assert terms(query) == expected


LETTERS = [
    *(
        "a",
        "ab",
        "abc",
        "A",
        "ß",
        "ss",
        "İ",
        "\N{LATIN SMALL LETTER DOTLESS I}",
        "i",
        "I",
        "Straße",
        "_",
        "0",
    ),
    *("tiếng", normalize("NFD", "tiếng"), "😀", "中", "ع", "\u0301", "\N{PILCROW SIGN}"),
]
SYNTAX = [
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "NEAR/2",
        "words:",
        "*",
        "* ",
        "(",
        ")",
        "-",
        "+",
        "^",
        ":",
        "&",
        "|",
        "!",
        "<->",
    ),
    *("'", '"', "''", "\\", "\\'", ";--", "%", "%s"),
]
SPACES = [" ", " ", "\n", "\u00a0", "\u2028", "\u0085", "\x01", "\x00", "\ud800"]
PIECES = st.sampled_from(LETTERS + SYNTAX + SPACES)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=8).map("".join)


def runs(text: str) -> list[tuple[bool, str]]:
    folded = normalize("NFC", normalize("NFD", text).casefold())
    return [(key, "".join(run)) for key, run in groupby(folded, lambda c: c.isalnum() or c == "_")]


def holds(text: str, query: str) -> bool | None:
    """Whether `text` holds what `query` asks for, letter by letter; None if it asks for nothing."""
    held = {run for is_word, run in runs(text) if is_word}
    asked, answers = runs(query), []
    for number, (is_word, run) in enumerate(asked):
        if is_word:
            after = asked[number + 1][1] if number + 1 < len(asked) else ""
            is_prefix = after.startswith("*") and (len(after) > 1 or number + 2 == len(asked))
            answers.append(any(word.startswith(run) for word in held) if is_prefix else run in held)
    return all(answers) if answers else None


class TestMatching:
    @settings(max_examples=150, deadline=None)
    @given(texts=st.lists(TEXTS, min_size=1, max_size=5), queries=st.lists(TEXTS, min_size=1, max_size=4))
    @example(
        texts=["it's \\ (a) b* \x01", "AND", "a b"], queries=["it's", "a AND b", "NEAR(a b)", "a*", "'; --"]
    )
    @example(texts=["İstanbul", "istanbul", "ISTANBUL", "STRASSE"], queries=["İSTANBUL", "i*", "straße"])
    def test_finds_what_an_independent_scan_finds(
        self, engines: Engines, texts: list[str], queries: list[str]
    ) -> None:
        shop, other = Shop(engines), Shop(engines)
        named = {str(number): text for number, text in enumerate(texts)}
        shop.put(named)
        other.put({f"other {number}": text for number, text in named.items()})
        for query in [*queries, *texts]:
            expected = {number for number, text in named.items() if holds(text, query)}
            if holds("", query) is not None:
                assert shop.find(query) == expected

    def test_needs_all_words_whole_unless_an_asterisk_makes_one_a_prefix(self, shop: Shop) -> None:
        shop.put({"one": "The NameNode restarts", "two": "name the node", "three": "Namen"})
        assert shop.find("name") == {"two"}
        assert shop.find("NAME*") == {"one", "two", "three"}
        assert shop.find("the name*") == {"one", "two"}
        assert shop.find("the name* restarts") == {"one"}

    def test_can_be_joined_as_well(self, shop: Shop) -> None:
        shop.put({"one": "apples", "two": "pears"})
        found = SEARCH.matching("query").subquery()
        statement = sa.select(TASK.c.title).join(found, TASK.c.id == found.c.id)
        assert shop.find("pears", statement.where(TASK.c.workspace_id == SCOPE_WORKSPACE)) == {"two"}

    def test_takes_thousands_of_words(self, shop: Shop) -> None:
        shop.put({"long": " ".join(f"word{number}" for number in range(5_000))})
        assert shop.find(" ".join(f"word{number}" for number in range(0, 5_000, 2))) == {"long"}
        assert shop.find("word17 word5000") == set()

    def test_without_a_word_is_an_error_of_the_caller(self, shop: Shop) -> None:
        with pytest.raises(sa.exc.StatementError, match="a search needs a word to look for"):
            shop.find(" * ")

    def test_cuts_long_words_alike_in_texts_and_queries(self, shop: Shop) -> None:
        word = "ế" * WORD_BYTES
        shop.put({"long": f"{word}x and more", "short": word[: WORD_BYTES // 3 - 1]})
        assert shop.find(f"{word}y more") == {"long"}
        assert shop.find(word[: WORD_BYTES // 3 - 1]) == {"short"}
        assert shop.find("ế*") == {"long", "short"}

    def test_indexes_the_first_megabyte_of_different_words(self, shop: Shop) -> None:
        fitting = TEXT_BYTES // 50
        shop.put({"huge": " ".join(f"{number:050}" for number in range(fitting + 1))})
        assert shop.find(f"{0:050} {fitting - 1:050}") == {"huge"}
        assert shop.find(f"{fitting:050}") == set()

    def test_is_answered_by_the_word_index(self, shop: Shop) -> None:
        with shop.engines.read.connect() as connection:
            looking = unscoped("a test reads the plan", connection)
            if connection.dialect.name == "sqlite":
                compiled = FOUND.compile(dialect=connection.dialect)
                binds = {"scope_workspace": shop.workspace, "query": '"a"'}
                values = tuple(binds[name] for name in compiled.positiontup or [])
                plan = str(looking.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).fetchall())
                assert "SEARCH shop__search USING INTEGER PRIMARY KEY" in plan
                assert "SCAN shop__task" not in plan
            else:
                compiled = SEARCH.matching("query").compile(dialect=connection.dialect)
                looking.exec_driver_sql("SET enable_seqscan = off")  # the planner's choice for so few rows
                binds = {"scope_workspace": shop.workspace, "query": "'a'"}
                plan = str(looking.exec_driver_sql(f"EXPLAIN {compiled}", binds).fetchall())
                looking.exec_driver_sql("RESET enable_seqscan")
                assert "Bitmap Index Scan on ix_shop__search_words" in plan


class TestPut:
    def test_replaces_the_earlier_text(self, shop: Shop) -> None:
        shop.put({"one": "apples", "two": "apples"})
        shop.put({"one": "pears"})
        assert (shop.find("apples"), shop.find("pears")) == ({"two"}, {"one"})

    def test_never_touches_a_record_of_another_workspace(self, shop: Shop) -> None:
        shop.put({"mine": "apples"})
        thief = Shop(shop.engines)
        with thief.write() as uow:
            SEARCH.put(uow, thief.workspace, shop.ids["mine"], "stolen")
            SEARCH.remove(uow, thief.workspace, shop.ids["mine"])
        assert shop.find("apples") == {"mine"}
        assert (shop.find("stolen"), thief.find("stolen")) == (set(), set())

    def test_and_remove_are_one_statement_each(self, shop: Shop) -> None:
        shop.put({"one": "apples", "two": "pears"})
        statements: list[str] = []

        def count(*arguments: object) -> None:
            statements.append(str(arguments[2]))

        sa.event.listen(shop.engines.write, "before_cursor_execute", count)
        with shop.write() as uow:
            SEARCH.put(uow.connection, shop.workspace, shop.ids["one"], "plums")
            SEARCH.put_many(uow, shop.workspace, [(id_, "cherries") for id_ in shop.ids.values()])
            SEARCH.put_many(uow, shop.workspace, [])
            SEARCH.remove(uow, shop.workspace, *shop.ids.values())
        sa.event.remove(shop.engines.write, "before_cursor_execute", count)
        assert [statement.split()[0] for statement in statements] == ["INSERT", "INSERT", "DELETE"]

    def test_is_undone_with_its_transaction(self, shop: Shop) -> None:
        shop.put({"one": "apples"})
        with shop.engines.write.connect() as connection:
            uow = UnitOfWork(connection, Scope.system(shop.workspace), SystemClock())
            SEARCH.put(uow, shop.workspace, shop.ids["one"], "pears")
            connection.rollback()
        assert (shop.find("apples"), shop.find("pears")) == ({"one"}, set())


class TestRemove:
    def test_takes_texts_out(self, shop: Shop) -> None:
        shop.put({"one": "apples", "two": "apples", "three": "apples"})
        with shop.write() as uow:
            SEARCH.remove(uow, shop.workspace, shop.ids["one"], shop.ids["two"], new_id())
        assert shop.find("apples") == {"three"}

    def test_is_not_needed_for_records_that_are_deleted(self, shop: Shop) -> None:
        shop.put({"one": "apples", "two": "apples"})
        gone = TASK.delete().where(TASK.c.workspace_id == SCOPE_WORKSPACE, TASK.c.title == "one")
        with shop.write() as uow:
            assert uow.execute(gone) == 1
            if uow.dialect == "sqlite":
                # Compares the index with the rows; PostgreSQL has both in one table.
                check = "INSERT INTO shop__search_fts (shop__search_fts, rank) VALUES ('integrity-check', 1)"
                unscoped("a test checks the index", uow.connection).exec_driver_sql(check)
        assert shop.find("apples") == {"two"}
