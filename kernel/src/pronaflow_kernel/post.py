"""Mail that is not lost: a mail is stored in the transaction of the change that it tells of, and sent later.

    ctx.mail.send(uow, Mail("ann@team.org", "Hello", "Hello Ann"))

It is there exactly if the change is. A server that is killed before it has handed the mail over does so when
it runs again. A mail that the mail server does not take for now is tried for a day; while nobody reaches the
mail server at all, the whole queue rests and no mail is counted as tried. Mails hold tokens that open
accounts, so that the row is sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from .attribution import as_kernel
from .jobs.enqueue import ALL_WORKSPACES
from .jobs.models import DeadJob, Job
from .jobs.types import Backoff, Discard, JobType, QueueRests, Retry
from .jobs.works import CORE
from .mail import Mail, Mailer, MailError, recipient
from .mail_folder import forget_letters, telling_of
from .persistence.scope import Scope
from .refusals.counting import MOST, Refusals
from .settings.checks import mailbox
from .tenancy.rule import unscoped

if TYPE_CHECKING:
    from .clock import Clock
    from .jobs.sealed import SealedJobs
    from .persistence.database import Database
    from .persistence.reader import Reader
    from .persistence.uow import Row, UnitOfWork
    from .secrets import Keys

JOB, FORGET = "send_mail", "forget_letters"
QUEUE = "mail"
ATTEMPTS = 30
"""With the waits between them, 15 seconds at first and an hour at last, about 22 hours: longer than links in
mails are good for, a mail is of no use."""
AWAY, LONGEST = 5.0, 300.0
"""Seconds for which all mail rests when the mail server is away: at first, doubled each time, and at most."""
AGAIN = 600.0
"""Seconds after which letters are looked for again that are not written yet."""
ELSEWHERE = "Mails that were sent are with the servers and mailboxes they went to; this server keeps none."
KEPT_HERE = "Letters to the person, and those that name them, are deleted once the last one is written."
"""What a certificate says of letters, with a mail server and without."""

_KIND = f"{CORE}.{JOB}"
_EARLIER = unscoped(
    ALL_WORKSPACES, select(Job.id).where(Job.kind == _KIND, Job.created_at <= bindparam("until")).limit(1)
)
_GIVEN_UP = unscoped(
    ALL_WORKSPACES, select(DeadJob.id, DeadJob.args, DeadJob.last_error).where(DeadJob.kind == _KIND)
)
_DROP = unscoped(ALL_WORKSPACES, delete(DeadJob).where(DeadJob.id == bindparam("number")))


class Post:
    """Takes mails; what `ctx.mail` is.

    Arguments:
        mailer: hands them over to the mail server.
        sealed: stores them until then.
        db: where it is counted which addresses refuse mails.
        keys: of the server; clock: tells for how long mail rests.
    """

    def __init__(self, mailer: Mailer, sealed: SealedJobs, db: Database, keys: Keys, clock: Clock) -> None:
        self._mailer, self._sealed, self._db, self._clock = mailer, sealed, db, clock
        self._refusals = Refusals(keys)
        self._rest, self._until = AWAY, clock.now()

    @as_kernel
    def send(self, uow: UnitOfWork, mail: Mail) -> None:
        """Have a mail sent once this unit of work has committed.

        One that is sent again, because it is not known whether the mail server has taken it, has the same
        Message-ID (`Mail.id`), so that its reader's program shows it once. One that the server refuses for
        good is given up, and stands with the reason among the jobs that could not be done.

        Raises:
            ValueError: an address, the subject or a header is malformed, for instance holds a line break.
        """
        recipient(mail)
        self._sealed.enqueue(uow, JOB, {**vars(mail), "headers": dict(mail.headers)})

    @as_kernel
    def is_refused(self, reader: Reader, address: str) -> bool:
        """Whether the mail server refuses an address for good, as far as three mails have told.

        For whoever sends what nobody has asked for just now; other mails are tried all the same, and the
        first that is taken clears the address.
        """
        return self._refusals.failures(reader, address) >= MOST

    def forget(self, uow: UnitOfWork, address: str, names: Collection[str]) -> str:
        """Have letters to a person, and those that name them, deleted as far as they are here.

        They are in the folder of a server without a mail server, and among the jobs that could not be done.
        A job does it after the commit, since files cannot be brought back when a unit of work fails; and not
        before all mail is sent or given up that was handed in until now, the last letter of this unit of work
        too.

        Arguments:
            address: of the person; what a mail server has said of it is forgotten with the letters.
            names: user names and full name.

        Returns:
            What becomes of letters, for a certificate.
        """
        until = self._clock.now().isoformat()
        self._sealed.enqueue(uow, FORGET, {"address": address, "names": list(names), "until": until})
        return ELSEWHERE if self._mailer.folder is None else KEPT_HERE

    def jobs(self) -> list[JobType]:
        """The work behind `send` and `forget`."""
        how: dict[str, Any] = {"mode": "external", "queue": QUEUE, "max_attempts": ATTEMPTS}
        return [
            self._sealed.job(JOB, self._hand_over, backoff=Backoff(base=15.0), **how),
            self._sealed.job(FORGET, self._forget, **how),
        ]

    def close(self) -> None:
        """Let go of the mail server."""
        self._mailer.close()

    def _hand_over(self, reader: UnitOfWork, content: dict[str, Any]) -> None:
        mail = Mail(**content)
        try:
            self._mailer.send(mail)
        except MailError as error:
            raise self._judged(mail, error) from error
        self._rest = AWAY
        address = recipient(mail).addr_spec
        if self._refusals.failures(reader, address):
            with self._db.write(Scope.system(), origin="system") as uow:
                self._refusals.clear(uow, address)

    def _forget(self, _reader: UnitOfWork, content: dict[str, Any]) -> None:
        names, until = [content["address"], *content["names"]], datetime.fromisoformat(content["until"])
        with self._db.read(Scope.system()) as reader:
            if reader.one(_EARLIER, until=until) is not None:
                raise Retry("mail from before waits to be sent", AGAIN)
        tells = telling_of(names)
        with self._db.write(Scope.system(), origin="system") as uow:
            self._refusals.clear(uow, mailbox(content["address"]).addr_spec)
            for row in uow.all(_GIVEN_UP):
                if tells(self._texts(row)):
                    uow.execute(_DROP, number=row["id"])
        if self._mailer.folder is not None:
            forget_letters(self._mailer.folder, names)

    def _texts(self, row: Row) -> Iterator[str]:
        """All that a letter says which was given up, and why it was."""
        yield row["last_error"] or ""
        try:
            mail = self._sealed.opened(JOB, row["args"])
        except Discard:  # by a key that was dropped: nobody can read it
            return
        yield from (mail["to"], mail["subject"], mail["text"], mail["html"] or "", *mail["headers"].values())

    def _judged(self, mail: Mail, error: MailError) -> Exception:
        """What a failure means for the mail: later, never, or not before the mail server is there again."""
        if error.about == "server":
            return QueueRests(f"the mail server is away: {error}", self._resting())
        self._rest = AWAY
        if not error.permanent:
            return error
        if error.about == "recipient":
            with self._db.write(Scope.system(), origin="system") as uow:
                self._refusals.count(uow, recipient(mail).addr_spec, str(error))
        return Discard(f"the mail server refuses the mail: {error}")

    def _resting(self) -> float:
        """Seconds for which mail rests from now on; longer each time, but for threads that fail together."""
        now = self._clock.now()
        if now >= self._until:
            self._until = now + timedelta(seconds=self._rest)
            self._rest = min(2 * self._rest, LONGEST)
        return (self._until - now).total_seconds()
