"""Outgoing mail: what a message is made of, and `.eml` files where no server is configured (else `smtp`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .clock import Clock
from .ids import new_id
from .settings import Settings
from .settings.checks import mailbox
from .storage.atomic import atomic_file

if TYPE_CHECKING:
    from email.headerregistry import Address

_LONGEST_LINE = 998
"""Characters of a line of a message, RFC 5322."""
_LONGEST_WORD = 70
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
        about: the `mail` itself, its `recipient`, or the `server`: then it takes no other mail either.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        about: Literal["mail", "recipient", "server"] = "mail",
    ) -> None:
        super().__init__(message)
        self.permanent, self.about = permanent, about


class Mailer(Protocol):
    """Hands mail over to the mail server. Only the job behind `Post.send` calls it."""

    @property
    def folder(self) -> Path | None:
        """Where letters stay that it wrote; None if they leave this server."""
        ...

    def send(self, mail: Mail) -> None:
        """Hand over one mail.

        Raises:
            MailError: it was not taken.
            ValueError: an address, the subject or a header is malformed, for instance holds a line break.
        """
        ...

    def check(self) -> None:
        """Find out, within about a second, whether mails could be handed over now.

        Raises:
            OSError: they could not.
        """
        ...

    def close(self) -> None:
        """Let go of what is kept between mails."""
        ...


class EmlMailer:
    """Writes each mail into a file of its own, `<time>-<id>.eml`, so that names sort as mails were sent.

    Arguments:
        folder: created when the first mail comes; `Post.forget` deletes in it.
        sender: address that mails come from.
        clock: dates the mails.
    """

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self.folder, self._sender, self._clock = folder, sender, clock

    def send(self, mail: Mail) -> None:
        """As `Mailer.send`."""
        message = compose(mail, self._sender, self._clock)
        name = f"{self._clock.now():%Y%m%dT%H%M%S.%fZ}-{new_id()}.eml"
        with atomic_file(self.folder / name, exclusive=True) as stream:
            stream.write(message.as_bytes())

    def check(self) -> None:
        """As `Mailer.check`."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """As `Mailer.close`; nothing is kept."""


def mailer_from(settings: Settings, clock: Clock) -> Mailer:
    """The mailer of this server: SMTP by `mail.url`, else `.eml` files in `mail` in the data folder."""
    if settings.mail.url is not None:
        from .smtp import SmtpMailer

        mail = settings.mail
        return SmtpMailer(settings.mail.url, mail.from_address, clock, connections=mail.connections)
    return EmlMailer(settings.data_dir / "mail", settings.mail.from_address, clock)


class _Wire(EmailPolicy):
    """Leaves a header as it is that has a word too long to fold, such as an address with a token in it.

    Python would write it as an encoded word, in which no mail program looks for an address.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header as it goes over the wire."""
        line = f"{name}: {value}"
        long = any(len(word) > _LONGEST_WORD for word in line.split(" "))
        if long and line.isascii() and len(line) <= _LONGEST_LINE:
            return f"{line}{self.linesep}".encode()
        return super().fold_binary(name, value)


_WIRE = _Wire().clone(linesep=SMTP.linesep)


def compose(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """The mail as a message (RFC 5322) from `sender`, dated now.

    Raises:
        ValueError: as in `Mailer.send`.
    """
    origin = mailbox(sender)
    message = EmailMessage(policy=_WIRE)
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
