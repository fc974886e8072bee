"""Mail that is not lost: a mail is stored in the transaction of the change that it tells of, and sent later.

    ctx.mail.send(uow, Mail("ann@team.org", "Hello", "Hello Ann"))

It is there exactly if the change is. A server that is killed before it has handed the mail over does so when
it runs again, and while the mail server is away it is tried for a day. Mails hold tokens that open accounts,
so that the row is sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .attribution import as_kernel
from .jobs.types import Backoff, Discard, JobType
from .mail import Mail, Mailer, MailError, recipient

if TYPE_CHECKING:
    from .jobs.sealed import SealedJobs
    from .persistence.uow import UnitOfWork

JOB = "send_mail"
QUEUE = "mail"
ATTEMPTS = 30
"""With the waits between them, 15 seconds at first and an hour at last, about 22 hours: longer than links in
mails are good for, a mail is of no use."""


class Post:
    """Takes mails; what `ctx.mail` is.

    Arguments:
        mailer: hands them over to the mail server.
        sealed: stores them until then.
    """

    def __init__(self, mailer: Mailer, sealed: SealedJobs) -> None:
        self._mailer, self._sealed = mailer, sealed

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

    def _hand_over(self, _reader: UnitOfWork, content: dict[str, Any]) -> None:
        try:
            self._mailer.send(Mail(**content))
        except MailError as error:
            if error.permanent:
                raise Discard(f"the mail server refuses the mail: {error}") from error
            raise
