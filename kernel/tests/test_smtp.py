"""Connections to a mail server are kept, mail rests while it is away, and nothing is lost for that."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel import smtp
from pronaflow_kernel.jobs.models import DeadJob, Job
from pronaflow_kernel.mail import Mail, MailError, compose
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.mail_sink import SENDER, Sink, read

KIND = "core.send_mail"


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.stop()


def mail(number: int = 0, to: str = "ann@team.org", **values: Any) -> Mail:
    return Mail(to, f"Hello {number}", "x", **values)


class TestKeptConnections:
    def test_mails_share_one(self, sink: Sink) -> None:
        mailer = sink.mailer()
        for number in range(5):
            mailer.send(mail(number))
        assert [each["Subject"] for each in sink.messages] == [f"Hello {number}" for number in range(5)]
        assert len(sink.sessions) == 1

    def test_one_serves_fifty_mails(self, sink: Sink) -> None:
        mailer = sink.mailer()
        for number in range(smtp.MOST + 1):
            mailer.send(mail(number))
        assert len(sink.sessions) == 2

    def test_one_is_kept_for_a_minute(self, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
        mailer, now = sink.mailer(), [0.0]
        monkeypatch.setattr(smtp, "monotonic", lambda: now[0])
        for now[0] in (0.0, 59.0, 60.0):
            mailer.send(mail())
        assert len(sink.sessions) == 2

    @pytest.mark.parametrize(("step", "answer"), [("RCPT", "550 no"), ("RCPT", "450 no"), ("DATA", "554 no")])
    def test_a_refused_mail_costs_no_connection(self, sink: Sink, step: str, answer: str) -> None:
        mailer = sink.mailer()
        mailer.send(mail(1))
        sink.answers[step] = answer
        with pytest.raises(MailError):
            mailer.send(mail(2))
        del sink.answers[step]
        mailer.send(mail(3))
        assert [each["Subject"] for each in sink.messages] == ["Hello 1", "Hello 3"]
        assert len(sink.sessions) == 1

    def test_one_that_is_closed_is_replaced_before_a_mail_is_given_to_it(self, sink: Sink) -> None:
        mailer = sink.mailer()
        mailer.send(mail(1))
        [kept] = mailer._idle
        assert kept.connection.sock is not None
        kept.connection.sock.shutdown(socket.SHUT_RDWR)
        mailer.send(mail(2))
        assert [each["Subject"] for each in sink.messages] == ["Hello 1", "Hello 2"]

    def test_one_that_breaks_after_the_mail_is_used_no_more(self, sink: Sink) -> None:
        mailer, sent = sink.mailer(), mail(1)
        sink.answers["DATA"] = "drop"
        with pytest.raises(MailError) as caught:
            mailer.send(sent)
        assert (caught.value.permanent, caught.value.about) == (False, "mail")
        del sink.answers["DATA"]
        mailer.send(sent)
        assert [each["Message-ID"] for each in sink.messages] == [f"<{sent.id}@team.org>"] * 2

    def test_closing_ends_them(self, sink: Sink) -> None:
        mailer = sink.mailer()
        mailer.send(mail(1))
        mailer.close()
        assert mailer._idle == []
        mailer.send(mail(2))
        assert len(sink.sessions) == 2


class TestHeaders:
    ADDRESS = f"<https://team.org/unsubscribe?token={'aB3_-' * 40}>"

    def test_an_address_too_long_to_fold_stays_an_address(self, world: World) -> None:
        sent = compose(mail(headers={"List-Unsubscribe": self.ADDRESS}), SENDER, world.clock).as_bytes()
        assert f"List-Unsubscribe: {self.ADDRESS}\r\n".encode() in sent
        assert read(sent)["List-Unsubscribe"] == self.ADDRESS

    def test_other_headers_are_folded_and_encoded_as_ever(self, world: World) -> None:
        subject = "Công việc mới " * 20
        sent = compose(Mail("ann@team.org", subject.strip(), "x"), SENDER, world.clock).as_bytes()
        assert max(len(line) for line in sent.split(b"\r\n")) <= 78
        assert "".join(read(sent)["Subject"].split()) == "".join(subject.split())


class TestQueue:
    """The job behind `ctx.mail`, with a mail server that answers as told."""

    @pytest.fixture
    def serving(self, sink: Sink, new_world: Callable[..., World]) -> World:
        world = new_world(candidates=[])
        mailer = sink.mailer(clock=world.clock)
        world.kernel.mail._mailer = mailer
        return world

    @staticmethod
    def post(world: World, *mails: Mail) -> None:
        with world.kernel.db.write(Scope.system()) as uow:
            for each in mails:
                world.kernel.mail.send(uow, each)

    @staticmethod
    def left(world: World, model: Any = Job) -> list[dict[str, Any]]:
        statement = select(model.__table__).where(model.kind == KIND).order_by(model.id)
        with world.kernel.bus.engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    @pytest.mark.parametrize(
        ("step", "answer"), [("RCPT", "450 later"), ("DATA", "451 later"), ("DATA", "drop")]
    )
    def test_what_is_not_taken_now_is_sent_later_with_the_same_message_id(
        self, serving: World, sink: Sink, step: str, answer: str
    ) -> None:
        sink.answers[step] = answer
        sent = mail(1)
        self.post(serving, sent)
        serving.drain()
        del sink.answers[step]
        serving.clock.advance(18)
        serving.drain()
        assert {each["Message-ID"] for each in sink.messages} == {f"<{sent.id}@team.org>"}
        assert len(sink.messages) == (2 if answer == "drop" else 1)
        assert (self.left(serving), self.left(serving, DeadJob)) == ([], [])

    def test_while_the_server_is_away_all_mail_rests_and_none_is_counted_as_tried(
        self, serving: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[Mail] = []

        def away(each: Mail) -> None:
            asked.append(each)
            raise MailError("Connection refused", about="server")

        mails = [mail(number) for number in range(60)]
        self.post(serving, *mails)
        with monkeypatch.context() as patched:
            patched.setattr(serving.kernel.mail._mailer, "send", away)
            serving.drain()
            serving.drain()
            assert len(asked) == 1
            for seconds in (5, 10, 20):
                serving.clock.advance(seconds - 1)
                serving.drain()
                before = len(asked)
                serving.clock.advance(1)
                serving.drain()
                assert len(asked) == before + 1
        assert {row["attempt"] for row in self.left(serving)} == {0}
        serving.clock.advance(40)
        serving.drain()
        assert sorted(each["Message-ID"] for each in sink.messages) == sorted(
            f"<{each.id}@team.org>" for each in mails
        )
        assert self.left(serving) == []

    def test_nobody_there_is_the_server_and_not_the_mail(self, world: World) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(MailError) as caught:
            smtp.SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER, world.clock).send(mail())
        assert caught.value.about == "server"


class TestRefusedAddresses:
    TO = "gone@team.org"

    def refused(self, world: World) -> bool:
        with world.kernel.db.read(Scope.system()) as reader:
            return world.kernel.mail.is_refused(reader, self.TO.upper())

    def post(self, world: World, monkeypatch: pytest.MonkeyPatch, error: MailError | None) -> None:
        def send(_mail: Mail) -> None:
            if error is not None:
                raise error

        with monkeypatch.context() as patched:
            patched.setattr(world.outbox, "send", send)
            with world.kernel.db.write(Scope.system()) as uow:
                world.kernel.mail.send(uow, Mail(f"Gone <{self.TO}>", "Hello", "x"))
            world.drain()

    def test_after_three_mails_an_address_counts_as_refused_until_one_is_taken(
        self, new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = new_world(candidates=[])
        no = MailError("550 no such user", permanent=True, about="recipient")
        for expected in (False, False, True):
            self.post(world, monkeypatch, no)
            assert self.refused(world) is expected
        self.post(world, monkeypatch, None)
        assert not self.refused(world)

    @pytest.mark.parametrize(
        "error",
        [MailError("554 spam", permanent=True), MailError("450 later", about="recipient")],
        ids=["content", "later"],
    )
    def test_other_answers_say_nothing_about_the_address(
        self, new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, error: MailError
    ) -> None:
        world = new_world(candidates=[])
        for _ in range(4):
            self.post(world, monkeypatch, error)
        assert not self.refused(world)
