"""Outgoing mail: by SMTP where a server is configured, else as `.eml` files that any mail program opens."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from .clock import Clock
from .ids import new_id
from .settings import Settings
from .settings.checks import mailbox
from .storage import atomic_file

if TYPE_CHECKING:
    from email.headerregistry import Address

SMTP_TIMEOUT = 10.0
"""Seconds that one step of talking to the mail server may take."""

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_MAIL_ID = re.compile(r"[A-Za-z0-9._-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OWN_HEADERS = re.compile(
    "From|To|Cc|Bcc|Sender|Subject|Date|Message-ID|MIME-Version|Return-Path|Content-.*", re.IGNORECASE
)


@dataclass(frozen=True)
class Mail:
    """One mail to one person, so that no reader learns of the others.

    Arguments:
        to: address, `ann@team.org` or `Ann <ann@team.org>`.
        subject: one line.
        text: the mail as plain text.
        html: the same as HTML.
        headers: further headers, e.g. `List-Unsubscribe`.
        id: what makes two mails the same mail: the Message-ID comes from it, so that a mail which is sent
            again after a doubtful attempt collapses with the first in the reader's program. By default each
            `Mail` is its own.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    id: str = field(default_factory=new_id)


class MailError(Exception):
    """The mail server did not take the mail.

    Arguments:
        message: what it said.
        permanent: it will not take this mail later either (a 5xx answer to recipient or content, RFC 5321).
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Mailer(Protocol):
    """Hands mail over to the mail server. Only the job behind `Post.send` calls it."""

    def send(self, mail: Mail) -> None:
        """Hand over one mail.

        Raises:
            MailError: it was not taken.
            ValueError: an address, the subject or a header is malformed, for instance holds a line break.
        """
        ...


class EmlMailer:
    """Writes each mail into a file of its own, `<time>-<id>.eml`, so that names sort as mails were sent.

    Arguments:
        folder: created when the first mail comes.
        sender: address that mails come from.
        clock: dates the mails.
    """

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder, self._sender, self._clock = folder, sender, clock

    def send(self, mail: Mail) -> None:
        """As `Mailer.send`."""
        message = compose(mail, self._sender, self._clock)
        name = f"{self._clock.now():%Y%m%dT%H%M%S.%fZ}-{new_id()}.eml"
        with atomic_file(self._folder / name, exclusive=True) as stream:
            stream.write(message.as_bytes())


class SmtpMailer:
    """Sends each mail over a connection of its own.

    Arguments:
        url: `smtp://`, `smtp+starttls://` or `smtps://`, then `user:password@host:port` with user, password
            and port as needed; special characters in user and password are percent-encoded.
        sender: address that mails come from.
        clock: dates the mails.
        tls: how the server is verified; by default by the machine's certificate authorities.
        timeout: seconds for each step.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        timeout: float = SMTP_TIMEOUT,
    ) -> None:
        self._server, self._sender, self._clock = urlsplit(url), sender, clock
        self._tls, self._timeout = tls, timeout

    def send(self, mail: Mail) -> None:
        """As `Mailer.send`."""
        message = compose(mail, self._sender, self._clock)
        try:
            with self._connection() as connection:
                connection.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise _refusal(error) from error

    def _connection(self) -> smtplib.SMTP:
        scheme, host = self._server.scheme, self._server.hostname or ""
        port = self._server.port or _PORTS[scheme]
        # Our name for EHLO: smtplib would ask the resolver for it, which can take seconds.
        name = mailbox(self._sender).domain
        if scheme == "smtps":
            context = self._tls or ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, name, timeout=self._timeout, context=context
            )
        else:
            connection = smtplib.SMTP(host, port, name, timeout=self._timeout)
        try:
            if scheme == "smtp+starttls":
                connection.starttls(context=self._tls or ssl.create_default_context())
            if self._server.username:
                connection.login(unquote(self._server.username), unquote(self._server.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection


def mailer_from(settings: Settings, clock: Clock) -> Mailer:
    """The mailer of this server: SMTP by `mail.url`, else `.eml` files in `mail` in the data folder."""
    if settings.mail.url is not None:
        return SmtpMailer(settings.mail.url, settings.mail.from_address, clock)
    return EmlMailer(settings.data_dir / "mail", settings.mail.from_address, clock)


def compose(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """The mail as a message (RFC 5322) from `sender`, dated now.

    Raises:
        ValueError: as in `Mailer.send`.
    """
    origin = mailbox(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = origin
    message["To"] = recipient(mail)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{mail.id}@{origin.domain}>"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def recipient(mail: Mail) -> Address:
    """Whom a mail goes to, once it is sure that a message can be made of it; a tenth of the time of that.

    Raises:
        ValueError: as in `Mailer.send`.
    """
    if not _MAIL_ID.fullmatch(mail.id):
        raise ValueError("the id of a mail is made of letters, digits, '.', '_' and '-'")
    _expect_line("subject", mail.subject)
    for name, value in mail.headers.items():
        if not _HEADER_NAME.fullmatch(name) or _OWN_HEADERS.fullmatch(name):
            raise ValueError(f"not a header that a mail may set: {name!r}")
        _expect_line(name, value)
    _expect_characters("text", mail.text)
    _expect_characters("html", mail.html or "")
    return mailbox(mail.to)


def _expect_line(what: str, text: str) -> None:
    if _CONTROL.search(text):
        raise ValueError(f"{what} of a mail must be one line without control characters")
    _expect_characters(what, text)


def _expect_characters(what: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} of a mail holds half a character (a lone surrogate)") from error


def _refusal(error: Exception) -> MailError:
    """What went wrong, and whether it is about this mail or about the way to the server."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return MailError(f"{code} {answer.decode('utf-8', 'replace')}", permanent=code >= 500)
    return MailError(
        str(error), permanent=isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
    )
