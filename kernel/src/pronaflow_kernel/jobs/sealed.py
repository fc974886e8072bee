"""The kernel's jobs whose arguments nobody may read in the table: mails with tokens, hashes of passwords.

    sealed.enqueue(uow, "send_mail", {"to": "ann@team.org", ...})
    sealed.job("send_mail", run)  # run(uow, {"to": "ann@team.org", ...})

The row holds them encrypted by the server's keys. `pronaflow secrets rotate` moves those that wait, and those
that were given up, to the active key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields

from ..secrets import DecryptionError, Keys
from .types import Discard, JobType
from .works import CORE

if TYPE_CHECKING:
    from ..persistence.uow import UnitOfWork
    from .enqueue import Jobs

FIELD = "sealed"
"""The only argument of such a job: a text that the keys encrypted for `place_of` its kind."""


class SealedArgs(Schema):
    """What stands in the row."""

    sealed = fields.String(required=True)


class SealedJobs:
    """Hands such jobs in, and opens them for whoever does them.

    Arguments:
        jobs: hands in jobs of the kernel.
        keys: of this server.
    """

    def __init__(self, jobs: Jobs, keys: Keys) -> None:
        self._jobs, self._keys = jobs, keys
        self.kinds: set[str] = set()
        """Full names of the jobs that were declared."""

    def enqueue(self, uow: UnitOfWork, name: str, content: Mapping[str, Any]) -> None:
        """Have a job done once this unit of work has committed.

        Arguments:
            name: of a job that `job` declared.
            content: JSON data.
        """
        sealed = self._keys.encrypt(json.dumps(content), bound_to=place_of(f"{CORE}.{name}"))
        self._jobs.enqueue(uow, name, {FIELD: sealed})

    def job(self, name: str, run: Callable[[UnitOfWork, dict[str, Any]], None], **how: Any) -> JobType:
        """Declare a job that is called with the content.

        Arguments:
            run, how: as for `JobType`.
        """
        self.kinds.add(f"{CORE}.{name}")

        def unseal(uow: UnitOfWork, args: Mapping[str, Any]) -> None:
            run(uow, self.opened(name, args))

        return JobType(name, unseal, args=SealedArgs, **how)

    def opened(self, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """The content of a row.

        Arguments:
            name: of its job; args: as they stand in it.

        Raises:
            Discard: its key was dropped.
        """
        try:
            content: dict[str, Any] = json.loads(
                self._keys.decrypt(args[FIELD], bound_to=place_of(f"{CORE}.{name}"))
            )
        except DecryptionError as error:
            words = f"its arguments cannot be read with the keys of secret_key ({error}): was one dropped?"
            raise Discard(words) from error
        return content


def place_of(kind: str) -> str:
    """What arguments of a kind of job are bound to: they mean nothing to another one."""
    return f"core__job.args/{kind}"
