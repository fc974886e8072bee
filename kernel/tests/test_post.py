"""Mail by the bus: there exactly if the change is, it survives its server, and nobody reads it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs.models import DeadJob, Job
from pronaflow_kernel.jobs.sealed import place_of
from pronaflow_kernel.mail import Mail, MailError
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.rotation import Rotation, rotate
from pronaflow_kernel.testing import Person, World

KIND = "core.send_mail"
OLD = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
NEW = "q8VnE2_rT6yUo0PaSdFgHjKlZxCvBnM1-7w"


def mail(to: str | None = None, **values: Any) -> Mail:
    return Mail(to or f"{new_id()}@example.com", "Hello", "token: canary", **values)


def post(world: World, *mails: Mail) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        for each in mails:
            world.kernel.mail.send(uow, each)


def rows(world: World, model: Any) -> list[dict[str, Any]]:
    statement = select(model.__table__).where(model.kind == KIND).order_by(model.id)
    with world.kernel.bus.engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


class Away:
    """A mail server that takes nothing until it is told otherwise."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error
        self.seen: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.seen.append(mail)
        if self.error is not None:
            raise self.error


@pytest.fixture
def away(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], Away]:
    """Lets the mail server fail."""

    def fail(error: Exception) -> Away:
        server = Away(error)
        monkeypatch.setattr(world.outbox, "send", server.send)
        return server

    return fail


class TestSending:
    def test_a_mail_arrives_as_it_was_posted(self, world: World, mailbox: Any) -> None:
        sent = mail(html="<p>x</p>", headers={"List-Unsubscribe": "<https://x.example>"}, id="digest-7")
        post(world, sent)
        assert mailbox(sent.to) == [sent]
        assert rows(world, Job) == []

    def test_of_a_change_that_is_undone_nobody_hears(self, world: World, mailbox: Any) -> None:
        lost, kept = mail(), mail()
        with pytest.raises(ZeroDivisionError), world.kernel.db.write(Scope.system()) as uow:
            world.kernel.mail.send(uow, lost)
            raise ZeroDivisionError
        with world.kernel.db.write(Scope.system()) as uow:
            with pytest.raises(ZeroDivisionError), uow.savepoint():
                world.kernel.mail.send(uow, lost)
                raise ZeroDivisionError
            world.kernel.mail.send(uow, kept)
        assert (mailbox(lost.to), mailbox(kept.to)) == ([], [kept])

    def test_many_cost_one_statement(self, world: World) -> None:
        with world.statements() as seen:
            post(world, *(mail() for _ in range(20)))
        assert [statement.split()[0] for statement in seen] == ["INSERT"]
        world.drain()

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ({"to": "nobody"}, "mail address"),
            ({"subject": "x\nBcc: eve@evil.org"}, "one line"),
            ({"text": "\ud800"}, "text of a mail holds half a character"),
            ({"html": "\ud800"}, "html of a mail holds half a character"),
            ({"headers": {"Bcc": "eve@evil.org"}}, "not a header that a mail may set"),
            ({"id": "<x>"}, "the id of a mail"),
        ],
        ids=["address", "subject", "text", "html", "header", "id"],
    )
    def test_a_malformed_one_is_refused_before_it_is_stored(
        self, world: World, ann: Person, bad: dict[str, Any], words: str
    ) -> None:
        values = {"to": ann.email, "subject": "x", "text": "x", **bad}
        with world.kernel.db.write(Scope.system()) as uow, pytest.raises(ValueError, match=words):
            world.kernel.mail.send(uow, Mail(**values))
        assert rows(world, Job) == []


class TestServers:
    def test_one_that_is_away_is_asked_again_with_the_same_message_id(
        self, world: World, away: Callable[[Exception], Away], clock: Any
    ) -> None:
        server = away(MailError("421 come later"))
        sent = mail()
        post(world, sent)
        world.drain()
        world.drain()
        assert server.seen == [sent], "not again at once"
        server.error = ConnectionRefusedError()
        clock.advance(18)
        world.drain()
        server.error = None
        clock.advance(36)
        world.drain()
        assert [each.id for each in server.seen] == [sent.id] * 3
        assert (rows(world, Job), rows(world, DeadJob)) == ([], [])

    def test_one_that_stays_away_is_asked_for_most_of_a_day(
        self, new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = new_world(candidates=[])
        monkeypatch.setattr(world.outbox, "send", Away(MailError("421 come later")).send)
        began = world.clock.now()
        post(world, mail())
        while waiting := rows(world, Job):
            world.clock.advance((waiting[0]["available_at"] - world.clock.now()).total_seconds())
            world.drain()
        [dead] = rows(world, DeadJob)
        assert dead["reason"] == "failed 30 times"
        least, most = 0.8 * 22, 1.2 * 22.1
        assert least < (world.clock.now() - began).total_seconds() / 3600 < most

    def test_what_one_refuses_for_good_is_given_up_with_its_words(
        self, new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = new_world(candidates=[])
        server = Away(MailError("550 no such user", permanent=True))
        monkeypatch.setattr(world.outbox, "send", server.send)
        post(world, mail())
        world.drain()
        [dead] = rows(world, DeadJob)
        assert dead["reason"] == "the mail server refuses the mail: 550 no such user"
        assert (len(server.seen), rows(world, Job)) == (1, [])


class TestSealing:
    """Mails hold tokens; whoever reads the tables or a copy of them must not get into accounts."""

    @pytest.fixture
    def server(
        self, new_world: Callable[..., World], new_database: Callable[[], str]
    ) -> Callable[..., World]:
        """A server of one installation with these keys."""
        url = new_database()
        return lambda *keys: new_world({"secret_key": list(keys)}, database_url=url, candidates=[])

    def test_the_row_tells_neither_text_nor_addressee(self, server: Callable[..., World]) -> None:
        world, sent = server(OLD), mail()
        post(world, sent)
        [row] = rows(world, Job)
        assert row["args"].keys() == {"sealed"}
        for word in ("canary", "Hello", sent.to):
            assert word not in str(row)
        assert "canary" in world.kernel.keys.decrypt(row["args"]["sealed"], bound_to=place_of(KIND))

    def test_rotating_moves_those_that_wait_and_those_that_were_given_up(
        self, server: Callable[..., World], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, waits = server(OLD), mail()
        monkeypatch.setattr(before.outbox, "send", Away(MailError("550 no", permanent=True)).send)
        post(before, mail())
        before.drain()
        post(before, waits)
        found = rotate(server(NEW, OLD).kernel)
        assert Rotation("core__job.args", moved=1, left=0, unreadable=0) in found
        assert Rotation("core__job_dead.args", moved=1, left=0, unreadable=0) in found
        after = server(NEW)
        after.drain()
        assert after.outbox.mails == [waits]

    def test_one_whose_key_was_dropped_is_given_up_in_words(self, server: Callable[..., World]) -> None:
        post(server(OLD), mail())
        after = server(NEW)
        after.drain()
        [dead] = rows(after, DeadJob)
        assert "cannot be read with the keys of secret_key" in dead["reason"]
        [found] = [each for each in rotate(after.kernel) if each.column == "core__job_dead.args"]
        assert found.unreadable == 1


def test_a_server_that_dies_before_it_has_sent_a_mail_sends_it_when_it_runs_again(
    new_world: Callable[..., World], new_database: Callable[[], str]
) -> None:
    url, sent = new_database(), mail()
    post(new_world(database_url=url, candidates=[]), sent)
    again = new_world(database_url=url, candidates=[])
    again.drain()
    assert again.outbox.mails == [sent]
