"""Mail by SMTP (RFC 5321), over connections that are kept for the next mails.

A connection serves up to 50 mails or 60 seconds, so that a burst of mail costs one handshake, and few are
open at a time. One that the server has closed meanwhile is found before a mail is given to it.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import unquote, urlsplit

from .clock import Clock
from .mail import Mail, MailError, compose
from .settings.checks import mailbox

SMTP_TIMEOUT = 10.0
"""Seconds that one step of talking to the mail server may take."""
PROBE_TIMEOUT = 0.8
"""The same where somebody only asks whether it is there."""
MOST = 50
"""Mails of one connection."""
KEPT = 60.0
"""Seconds for which a connection is kept."""

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_TOO_LARGE = 552
_OK = 250


@dataclass
class _Kept:
    """A connection between mails.

    Arguments:
        since: when it was opened, monotonic seconds; sent: how many mails it has had.
    """

    connection: smtplib.SMTP
    since: float
    sent: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether it has served for long enough."""
        return self.sent >= MOST or monotonic() - self.since >= KEPT

    def answers(self) -> bool:
        """Whether the server is still there."""
        try:
            return self.connection.noop()[0] == _OK
        except (smtplib.SMTPException, OSError):
            return False

    def end(self) -> None:
        """Say goodbye, if anybody hears it."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.connection.quit()
        self.connection.close()


class SmtpMailer:
    """Sends mails.

    Arguments:
        url: `smtp://`, `smtp+starttls://` or `smtps://`, then `user:password@host:port` with user, password
            and port as needed; special characters in user and password are percent-encoded.
        sender: address that mails come from.
        clock: dates the mails.
        tls: how the server is verified; by default by the machine's certificate authorities.
        timeout: seconds for each step.
        connections: most at a time; whoever finds none waits.
    """

    folder: Path | None = None
    """As `Mailer.folder`: letters leave this server."""

    def __init__(
        self,
        url: str,
        sender: str,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        timeout: float = SMTP_TIMEOUT,
        connections: int = 4,
    ) -> None:
        self._server, self._sender, self._clock = urlsplit(url), sender, clock
        self._tls, self._timeout = tls, timeout
        self._room = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        self._idle: list[_Kept] = []
        self._sweeper: threading.Timer | None = None

    def send(self, mail: Mail) -> None:
        """As `Mailer.send`."""
        message = compose(mail, self._sender, self._clock)
        with self._room, self._lent() as kept:
            kept.sent += 1
            kept.connection.send_message(message)

    def check(self) -> None:
        """As `Mailer.check`: the server greets and answers; nobody signs in for that."""
        connection = self._greeted(PROBE_TIMEOUT)
        try:
            connection.noop()
            connection.quit()
        finally:
            connection.close()

    def close(self) -> None:
        """End the connections that are kept."""
        with self._lock:
            ended, self._idle = self._idle, []
            if self._sweeper is not None:
                self._sweeper.cancel()
                self._sweeper = None
        for kept in ended:
            kept.end()

    @contextlib.contextmanager
    def _lent(self) -> Iterator[_Kept]:
        """A connection, which is kept afterwards unless it broke.

        Raises:
            MailError: there is none, or what it is used for failed.
        """
        try:
            kept = self._taken() or _Kept(self._connection(), monotonic())
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(str(error), about="server") from error
        try:
            yield kept
        except (smtplib.SMTPException, OSError) as error:
            answered = isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused)
            if answered and kept.connection.sock is not None:
                self._keep(kept)
            else:
                kept.connection.close()
            raise _refusal(error) from error
        except BaseException:
            kept.connection.close()
            raise
        self._keep(kept)

    def _taken(self) -> _Kept | None:
        """A kept connection that still works, the one that was used last; None where there is none."""
        while True:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            if kept is None or (not kept.is_spent and kept.answers()):
                return kept
            kept.end()

    def _keep(self, kept: _Kept) -> None:
        if kept.is_spent:
            kept.end()
            return
        with self._lock:
            self._idle.append(kept)
            self._watch()

    def _watch(self) -> None:
        """Have what is kept ended in time, so that no server waits for mail that does not come."""
        if self._idle and self._sweeper is None:
            self._sweeper = threading.Timer(KEPT, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        with self._lock:
            ended = [kept for kept in self._idle if kept.is_spent]
            self._idle = [kept for kept in self._idle if not kept.is_spent]
            self._sweeper = None
            self._watch()
        for kept in ended:
            kept.end()

    def _greeted(self, timeout: float) -> smtplib.SMTP:
        """A new connection on which nothing was said yet."""
        scheme, host = self._server.scheme, self._server.hostname or ""
        port = self._server.port or _PORTS[scheme]
        # Our name for EHLO: smtplib would ask the resolver for it, which can take seconds.
        name = mailbox(self._sender).domain
        if scheme == "smtps":
            context = self._tls or ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=context)
        return smtplib.SMTP(host, port, name, timeout=timeout)

    def _connection(self) -> smtplib.SMTP:
        connection = self._greeted(self._timeout)
        try:
            if self._server.scheme == "smtp+starttls":
                connection.starttls(context=self._tls or ssl.create_default_context())
            if self._server.username:
                connection.login(unquote(self._server.username), unquote(self._server.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection


def _refusal(error: Exception) -> MailError:
    """What went wrong, and whether it is about this mail or about the way to the server."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        words = f"{code} {answer.decode('utf-8', 'replace')}"
        return MailError(words, permanent=code >= 500, about="recipient")
    if isinstance(error, smtplib.SMTPSenderRefused):
        # Whose mails are not taken has no other taken, but for one that is too large.
        too_large = error.smtp_code == _TOO_LARGE
        return MailError(str(error), permanent=too_large, about="mail" if too_large else "server")
    return MailError(
        str(error), permanent=isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
    )
