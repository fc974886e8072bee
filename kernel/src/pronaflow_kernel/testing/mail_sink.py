"""An SMTP server on a free port of this machine that keeps what it gets and answers as told."""

from __future__ import annotations

import email
import ssl
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from ..clock import Clock, SystemClock
from ..smtp import SmtpMailer

SENDER = "PronaFlow <pronaflow@team.org>"
PASSWORD = b"p@ss/word"
"""The one that lets somebody in."""


class Sink(Controller):
    """Takes mails from now on; `stop` ends it and the mailers that it made.

    `answers` holds what it says instead of `250 OK`, by command: `RCPT` and `DATA`; `drop` breaks the
    connection in place of an answer, once the mail has come.

    Arguments:
        options: of aiosmtpd's `SMTP`, and of `Controller`.
    """

    def __init__(self, **options: Any) -> None:
        self.received: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.greeted_by: list[str | None] = []
        self.answers: dict[str, str] = {}
        self.sessions: set[str] = set()
        """Of connections over which mails came."""
        self._mailers: list[SmtpMailer] = []
        super().__init__(
            self, hostname="127.0.0.1", port=0, authenticator=self._login, auth_require_tls=False, **options
        )
        self.start()

    @property
    def messages(self) -> list[EmailMessage]:
        """The mails that came, parsed."""
        return [read(envelope.original_content or b"") for envelope in self.received]

    def url(self, scheme: str = "smtp", login: str = "") -> str:
        """What `mail.url` is; `login` is `user:password@`."""
        return f"{scheme}://{login}127.0.0.1:{self.port}"

    def mailer(
        self,
        scheme: str = "smtp",
        login: str = "",
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        **options: Any,
    ) -> SmtpMailer:
        """Something that sends to it."""
        url = self.url(scheme, login)
        mailer = SmtpMailer(url, SENDER, clock or SystemClock(), tls=tls, **options)
        self._mailers.append(mailer)
        return mailer

    def stop(self, no_assert: bool = False) -> None:
        """Take nothing any more."""
        for mailer in self._mailers:
            mailer.close()
        super().stop(no_assert)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Say whether a recipient is known."""
        answer = self.answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """Keep a mail."""
        self.greeted_by.append(session.host_name)
        self.sessions.add(str(session.peer))
        answer = self.answers.get("DATA", "250 OK")
        if answer == "drop":
            server.transport.abort()
        if answer == "drop" or answer.startswith("250"):
            self.received.append(envelope)
        return answer

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def _login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD, handled=False)


def read(data: bytes) -> EmailMessage:
    """A mail as it came."""
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message
