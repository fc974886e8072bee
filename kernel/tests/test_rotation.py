"""Replacing a key: stored secrets move to the new one, and nothing else changes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from notes_plugin.plugin import Note
from sqlalchemy import update
from sqlalchemy.orm import Mapped, mapped_column

import pronaflow_kernel
from pronaflow_kernel.api import CapabilityDenied, DecryptionError, secret_place, unscoped
from pronaflow_kernel.cli.main import main
from pronaflow_kernel.cli.state import State
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.models import CoreBase
from pronaflow_kernel.persistence.base import (
    ModelError,
    check_tables,
    model_base,
    secret_column,
    secret_columns,
)
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.persistence.uow import Row
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.rotation import BATCH, Rotation, _Column, rotate, unseen
from pronaflow_kernel.testing import World

NOTES = EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP)
OLD = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
NEW = "q8VnE2_rT6yUo0PaSdFgHjKlZxCvBnM1-7w"
COLUMN = "notes__note.secret"


@pytest.fixture
def server(new_world: Callable[..., World], new_database: Callable[[], str]) -> Callable[..., World]:
    """A server of one installation with these keys."""
    url = new_database()
    return lambda *keys, **settings: new_world(
        {"secret_key": list(keys), **settings}, database_url=url, candidates=discover([NOTES])
    )


def store(world: World, count: int = 1, text: str = "canary") -> list[Row]:
    """Notes with a secret, in a workspace of their own."""
    workspace = world.person().workspace_id
    secrets = world.kernel.contexts["notes"].secrets
    with world.kernel.db.write(Scope.system(workspace)) as uow:
        rows = []
        for _ in range(count):
            row_id = new_id()
            hidden = secrets.encrypt(text, bound_to=secret_place(Note, "secret", row_id))
            rows.append({"id": row_id, "title": "x", "secret": hidden})
        return uow.insert_many(Note, rows)


def read(world: World, row: Row) -> str:
    with world.kernel.db.read(Scope.system(row["workspace_id"])) as reader:
        stored = reader.get(Note, row["id"])
    assert (stored["version"], stored["updated_at"]) == (row["version"], row["updated_at"])
    return world.kernel.contexts["notes"].secrets.decrypt(
        stored["secret"], bound_to=secret_place(Note, "secret", row["id"])
    )


def of_notes(found: list[Rotation]) -> Rotation:
    return next(each for each in found if each.column == COLUMN)


def test_after_it_the_old_key_can_go(server: Callable[..., World]) -> None:
    before = server(OLD)
    rows = [*store(before), *store(before)]
    assert of_notes(rotate(server(NEW, OLD).kernel)) == Rotation(COLUMN, moved=2, left=0, unreadable=0)
    after = server(NEW)
    assert [read(after, row) for row in rows] == ["canary", "canary"]


def test_a_second_time_there_is_nothing_to_move(server: Callable[..., World]) -> None:
    store(server(OLD))
    both = server(NEW, OLD)
    rotate(both.kernel)
    assert of_notes(rotate(both.kernel)) == Rotation(COLUMN, moved=0, left=0, unreadable=0)


def test_more_than_a_batch_is_moved(server: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pronaflow_kernel.rotation.BATCH", 3)
    store(server(OLD), 7)
    assert BATCH > 3
    assert of_notes(rotate(server(NEW, OLD).kernel)).moved == 7


def test_what_no_key_reads_is_counted_and_left_as_it_is(server: Callable[..., World]) -> None:
    [good, moved] = store(server(OLD), 2)
    both = server(NEW, OLD)
    with both.kernel.db.write(Scope.system()) as uow:
        swapped = update(Note).where(Note.id == moved["id"]).values(secret=good["secret"])
        uow.execute(unscoped("a test swaps two secrets", swapped))
    assert of_notes(rotate(both.kernel)) == Rotation(COLUMN, moved=1, left=0, unreadable=1)


def test_a_value_that_its_owner_changes_meanwhile_is_not_overwritten(
    server: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner, a server with the old key still, writes between the reading and the writing of the row."""
    old = server(OLD)
    [row] = store(old)
    both = server(NEW, OLD)
    newer = old.kernel.keys.encrypt("newer", bound_to=secret_place(Note, "secret", row["id"]))
    overtake = unscoped("a test overtakes", update(Note).where(Note.id == row["id"]).values(secret=newer))
    original = type(both.kernel.keys).encrypt

    def overtaken(keys: Any, text: str, *, bound_to: str) -> str:
        monkeypatch.undo()
        writer.connection.execute(overtake)
        return original(keys, text, bound_to=bound_to)

    writer: Any = None
    move = _Column._move

    def noted(self: Any, uow: Any, row: Any) -> str:
        nonlocal writer
        writer = uow
        return move(self, uow, row)

    monkeypatch.setattr(_Column, "_move", noted)
    monkeypatch.setattr(type(both.kernel.keys), "encrypt", overtaken)
    assert of_notes(rotate(both.kernel)) == Rotation(COLUMN, moved=0, left=1, unreadable=0)
    assert read(both, row) == "newer"


def test_the_kernels_own_secrets_are_among_them(server: Callable[..., World]) -> None:
    columns = {f"{column.table.name}.{column.name}" for column in secret_columns(CoreBase.metadata)}
    assert "core__mfa_factor.secret" in columns
    assert columns < {each.column for each in rotate(server(OLD).kernel)}


def test_the_command_knows_them_without_the_web() -> None:
    """In a process of its own, where nothing else has imported the models."""
    code = "from pronaflow_kernel import rotation as r; print([c.table.name for c in r.secret_columns({})])"
    known = subprocess.run(
        [sys.executable, "-c", code.format("r.CoreBase.metadata")], capture_output=True, text=True, check=True
    )
    for path in Path(pronaflow_kernel.__file__).parent.rglob("models.py"):
        module = ".".join(path.relative_to(Path(pronaflow_kernel.__file__).parents[1]).with_suffix("").parts)
        import_module(module)
    assert known.stdout.strip() == str([column.table.name for column in secret_columns(CoreBase.metadata)])


def test_a_plugin_that_does_not_run_is_named(server: Callable[..., World]) -> None:
    assert unseen(server(OLD).kernel) == []
    assert unseen(server(OLD, **{"plugins.disabled": ["notes"]}).kernel) == ["notes"]


class TestPluginSecrets:
    def test_a_plugin_has_no_secrets_in_tables_of_others(self, world: World) -> None:
        secrets = world.kernel.contexts["notes"].secrets
        place = f"core__mfa_factor.secret/{new_id()}"
        stolen = world.kernel.keys.encrypt("seed", bound_to=place)
        for attempt in (
            lambda: secrets.encrypt("x", bound_to=place),
            lambda: secrets.decrypt(stolen, bound_to=place),
        ):
            with pytest.raises(CapabilityDenied, match="notes has no secrets in core__mfa_factor"):
                attempt()

    def test_it_reads_only_what_was_stored_there(self, world: World) -> None:
        secrets = world.kernel.contexts["notes"].secrets
        hidden = secrets.encrypt("x", bound_to="notes__note.secret/1")
        with pytest.raises(DecryptionError):
            secrets.decrypt(hidden, bound_to="notes__note.secret/2")


def test_a_secret_needs_a_row_with_an_id() -> None:
    base: Any = model_base("vault")

    class Box(base):  # type: ignore[misc]
        __tablename__ = "vault__box"
        name: Mapped[str] = mapped_column(primary_key=True)
        secret: Mapped[str] = secret_column()

    with pytest.raises(ModelError, match=r"vault__box\.secret is a secret_column"):
        check_tables("vault", base.metadata)


class TestCommand:
    def run(self, world: World, *arguments: str) -> Any:
        state = State()
        state.running = world.kernel
        return CliRunner().invoke(main, ["secrets", "rotate", *arguments], obj=state)

    def test_it_tells_what_became_of_each_column(self, server: Callable[..., World]) -> None:
        store(server(OLD), 2)
        result = self.run(server(NEW, OLD))
        assert result.exit_code == 0
        assert f"{COLUMN:<24}" in result.stdout
        [row] = [line.split() for line in result.stdout.splitlines() if line.startswith(COLUMN)]
        assert row == [COLUMN, "2", "0", "0"]

    def test_without_the_key_it_says_what_to_do(self, server: Callable[..., World]) -> None:
        store(server(OLD))
        result = self.run(server(NEW), "--json")
        assert result.exit_code == 1
        assert "1 values cannot be read with the keys of secret_key: put the key back" in result.stderr
        found = {each["column"]: each for each in json.loads(result.stdout)}
        assert found[COLUMN] == {"column": COLUMN, "moved": 0, "left": 0, "unreadable": 1}
