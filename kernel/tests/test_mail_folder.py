"""The folder of letters of a server without a mail server, after somebody in them is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.jobs.models import DeadJob
from pronaflow_kernel.mail import EmlMailer, Mail, MailError
from pronaflow_kernel.mail_folder import forget_letters
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.refusals.models import RefusedAddress
from pronaflow_kernel.testing import World

ANH = ("anh@team.org", "Đặng Ánh", "anh_d")
OTHER = "otto@team.org"


@pytest.fixture
def mailer(tmp_path: Path) -> EmlMailer:
    return EmlMailer(tmp_path / "mail", "PronaFlow <pronaflow@team.org>", FixedClock(datetime.now(UTC)))


def count(mailer: EmlMailer) -> int:
    return len(list(mailer.folder.iterdir()))


@pytest.mark.parametrize(
    "letter",
    [
        Mail("ANH@Team.org", "Hello", "x"),
        Mail("Boss <anh@team.org>", "Hello", "x"),
        Mail(OTHER, "ĐẶNG ÁNH invites you", "x"),
        Mail(OTHER, "An invitation", "y" * 2000 + "\nĐặng Ánh invites you\n"),
        Mail(OTHER, "An invitation", "x", html="<b>(anh_d)</b>"),
        Mail(OTHER, "Hello", "x", headers={"Reply-To": "anh@team.org"}),
    ],
    ids=["address", "with a name", "subject", "text", "html", "header"],
)
def test_a_letter_that_tells_of_the_person_goes(mailer: EmlMailer, letter: Mail) -> None:
    mailer.send(letter)
    assert forget_letters(mailer.folder, ANH) == 1
    assert count(mailer) == 0


def test_an_address_in_another_script_is_found_as_letters_write_it(mailer: EmlMailer) -> None:
    mailer.send(Mail("ann@bücher.org", "Hello", "x"))
    assert forget_letters(mailer.folder, ["ann@bücher.org"]) == 1


@pytest.mark.parametrize("text", ["x", "Anh", "anh_duc", "xanh@team.org", "anh@team.organic"])
def test_all_others_stay(mailer: EmlMailer, text: str) -> None:
    mailer.send(Mail(OTHER, "Hello", text))
    assert forget_letters(mailer.folder, [*ANH, "", " "]) == 0
    assert count(mailer) == 1


def test_what_a_dead_process_left_unfinished_goes_too(mailer: EmlMailer) -> None:
    mailer.folder.mkdir()
    (mailer.folder / ".x.part").write_bytes(b"To: anh@team.org\r\nSubj")
    assert forget_letters(mailer.folder, ANH) == 1


def test_a_folder_that_was_never_written_to(mailer: EmlMailer) -> None:
    assert forget_letters(mailer.folder, ANH) == 0


class TestPost:
    """What `Post.forget` does with the folder."""

    @pytest.fixture
    def folder(self, world: World, mailer: EmlMailer, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where the world's mail stays."""
        monkeypatch.setattr(world.kernel.mail, "_mailer", mailer)
        return mailer.folder

    def forget(self, world: World, *last: Mail) -> str:
        with world.kernel.db.write(Scope.system()) as uow:
            for each in last:
                world.kernel.mail.send(uow, each)
            return world.kernel.mail.forget(uow, ANH[0], ANH[1:])

    def test_the_last_letter_goes_with_the_others(self, world: World, folder: Path) -> None:
        said = self.forget(world, Mail(ANH[0], "Farewell", "x"), Mail(OTHER, "Hello", "x"))
        world.drain()
        [kept] = folder.iterdir()
        assert b"otto" in kept.read_bytes()
        assert "deleted once the last one is written" in said

    def test_a_letter_that_is_late_is_waited_for(
        self, world: World, folder: Path, clock: Any, mailer: EmlMailer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_mail: Mail) -> None:
            raise MailError("no space left")

        with monkeypatch.context() as patched:
            patched.setattr(mailer, "send", full)
            self.forget(world, Mail(ANH[0], "Farewell", "x"))
            world.drain()
            clock.advance(601)  # the letter is tried again, and refused, before anything is forgotten
            world.drain()
        clock.advance(3600)
        world.drain()
        clock.advance(601)
        world.drain()
        assert list(folder.iterdir()) == []

    def test_letters_that_came_later_are_not_waited_for(
        self, world: World, folder: Path, clock: Any, mailer: EmlMailer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailer.send(Mail(ANH[0], "Hello", "x"))
        self.forget(world)
        clock.advance(1)
        with world.kernel.db.write(Scope.system()) as uow:
            world.kernel.mail.send(uow, Mail(OTHER, "Hello", "x"))

        def full(_mail: Mail) -> None:
            raise MailError("no space left")

        with monkeypatch.context() as patched:
            patched.setattr(mailer, "send", full)
            world.drain()
        assert list(folder.iterdir()) == []
        clock.advance(3600)
        world.drain()

    def test_with_a_mail_server_what_it_refused_goes(
        self, new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = new_world(candidates=[])

        def refuse(mail: Mail) -> None:
            raise MailError(f"550 <{mail.to}> is unknown", permanent=True, about="recipient")

        monkeypatch.setattr(world.outbox, "send", refuse)
        with world.kernel.db.write(Scope.system()) as uow:
            world.kernel.mail.send(uow, Mail(OTHER, "Hello", "x"))
        said = self.forget(world, Mail(ANH[0], "Farewell", "x"), Mail(OTHER, "Invited by Đặng Ánh", "x"))
        world.drain()
        assert "this server keeps none" in said
        with world.kernel.bus.engine.connect() as connection:
            kept = connection.scalars(select(DeadJob.last_error)).all()
            refusals = connection.scalars(select(RefusedAddress.said)).all()
        assert [text for text in (*kept, *refusals) if ANH[0] in (text or "")] == []
        assert len(kept) == 1, "the invitation went, and the letter of somebody else stays"
        assert len(refusals) == 1
