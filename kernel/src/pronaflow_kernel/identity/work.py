"""What identity does in the background."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from ..expiring import Expiring, forgetting
from ..jobs.types import JobType
from .mfa.models import Challenge
from .models import Attempt, OneTimeToken, RefreshToken, Session

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..persistence.uow import UnitOfWork
    from .after_answer import AfterAnswer

REGISTER, VERIFICATION, RESET, BARRED = "register_unseen", "mail_verification", "mail_reset", "mail_warning"
"""Names of the jobs of `AfterAnswer`."""

EXPIRED = (
    Expiring(Attempt),
    Expiring(Challenge),
    # Whoever follows an old link is told for a while that it has expired, and not that it never was.
    Expiring(OneTimeToken, kept=timedelta(days=7)),
    # Before the sessions, which take theirs with them: in a week one leaves about 340.
    Expiring(RefreshToken),
    # The ledger names sessions, and they tell where somebody acted from.
    Expiring(Session, kept=timedelta(days=90)),
)
"""What is forgotten once an hour: attempts, most of all, are many where somebody guesses."""


def identity_jobs(kernel: Kernel) -> list[JobType]:
    """The jobs of identity."""

    @cache
    def after_answer() -> AfterAnswer:
        from .parts import Parts  # with it comes all of sign-in, which commands do not need

        return Parts(kernel).after_answer

    def register(uow: UnitOfWork, content: dict[str, Any]) -> None:
        after_answer().open_or_tell(uow, content)

    def mail_verification(uow: UnitOfWork, content: dict[str, Any]) -> None:
        after_answer().mail_verification(uow, content)

    def mail_reset(uow: UnitOfWork, content: dict[str, Any]) -> None:
        after_answer().mail_reset(uow, content)

    def mail_warning(uow: UnitOfWork, content: dict[str, Any]) -> None:
        after_answer().mail_warning(uow, content)

    return [
        kernel.sealed.job(REGISTER, register),
        kernel.sealed.job(VERIFICATION, mail_verification),
        kernel.sealed.job(RESET, mail_reset),
        kernel.sealed.job(BARRED, mail_warning),
        forgetting(kernel, "forget_sign_ins", "7 * * * *", *EXPIRED),
    ]
