"""The background work of the kernel itself: the same declarations as a plugin's, under the name `core`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .expiring import Expiring, forgetting
from .identity.work import identity_jobs
from .jobs.housekeeping import housekeeping_jobs
from .jobs.operations.models import Operation
from .records.emptying import trash_jobs
from .refusals.models import RefusedAddress
from .storage.work import file_jobs
from .web.models import IdempotencyRecord

if TYPE_CHECKING:
    from .events.types import Subscriber
    from .jobs.types import JobType
    from .kernel import Kernel


def own_work(kernel: Kernel) -> Sequence[JobType | Subscriber]:
    """What the kernel does in the background, made of its parts."""
    return [
        *kernel.mail.jobs(),
        forgetting(kernel, "forget_keys", "11 * * * *", Expiring(IdempotencyRecord)),
        forgetting(kernel, "forget_refusals", "29 4 * * *", Expiring(RefusedAddress)),
        *identity_jobs(kernel),
        forgetting(kernel, "forget_operations", "17 3 * * *", Expiring(Operation)),
        *housekeeping_jobs(kernel),
        *trash_jobs(kernel),
        *file_jobs(kernel),
    ]
