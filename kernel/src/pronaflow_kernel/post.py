"""Mail that is not lost: a mail is stored in the transaction of the change that it tells of, and sent later.

    ctx.mail.send(uow, Mail("ann@team.org", "Hello", "Hello Ann"))

It is there exactly if the change is. A server that is killed before it has handed the mail over does so when
it runs again. A mail that the mail server does not take for now is tried for a day; while nobody reaches the
mail server at all, the whole queue rests and no mail is counted as tried. Mails hold tokens that open
accounts, so that the row is sealed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .attribution import as_kernel
from .jobs.types import Backoff, Discard, JobType, QueueRests
from .mail import Mail, Mailer, MailError, recipient
from .persistence.scope import Scope
from .refusals.counting import MOST, Refusals

if TYPE_CHECKING:
    from .clock import Clock
    from .jobs.sealed import SealedJobs
    from .persistence.database import Database
    from .persistence.reader import Reader
    from .persistence.uow import UnitOfWork
    from .secrets import Keys

JOB = "send_mail"
QUEUE = "mail"
ATTEMPTS = 30
"""With the waits between them, 15 seconds at first and an hour at last, about 22 hours: longer than links in
mails are good for, a mail is of no use."""
AWAY, LONGEST = 5.0, 300.0
"""Seconds for which all mail rests when the mail server is away: at first, doubled each time, and at most."""


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

    def job(self) -> JobType:
        """The work behind `send`."""
        return self._sealed.job(
            JOB,
            self._hand_over,
            mode="external",
            queue=QUEUE,
            max_attempts=ATTEMPTS,
            backoff=Backoff(base=15.0),
        )

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
