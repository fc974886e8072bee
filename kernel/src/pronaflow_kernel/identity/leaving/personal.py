"""What `ctx.personal_data` is: all that is held of a person, to show it to them or to forget it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...attribution import as_kernel

if TYPE_CHECKING:
    from ...kernel import Kernel
    from ...persistence.uow import Reader, UnitOfWork
    from .erasure import Erasure


class PersonalData:
    """Collects and erases, the kernel's own part and that of every plugin.

    It is attached to the kernel once that is put together, before anything runs.
    """

    _kernel: Kernel

    def attach(self, kernel: Kernel) -> None:
        """Work for this kernel."""
        self._kernel = kernel

    @as_kernel
    def collect(self, reader: Reader, user_id: str) -> dict[str, Any]:
        """All that is held of a user, without secrets: `kernel`, `plugins` and `left_out`.

        Arguments:
            reader: in no workspace.
        """
        from .personal_data import collect

        return collect(self._kernel, reader, user_id)

    @as_kernel
    def erase(self, uow: UnitOfWork, user_id: str, by: str) -> dict[str, Any]:
        """Forget a user, and answer the certificate; see `Erasure.erase`.

        Arguments:
            uow: in no workspace; nothing of it may be committed if this raises.
            by: `owner` or `operator`.
        """
        return self._erasure.erase(uow, user_id, by)

    @as_kernel
    def traces(self, reader: Reader, user_id: str) -> tuple[list[str], frozenset[str]]:
        """By which words a user is known, now and before, and which workspaces are theirs alone.

        For `erase_user_data` of plugins that hold copies outside of the database.
        """
        from . import departure
        from .erasure import names_of

        alone = departure.plan(reader, user_id).alone
        return names_of(reader, user_id), frozenset(place["id"] for place in alone)

    @cached_property
    def _erasure(self) -> Erasure:
        from ..parts import Parts  # with it comes all of sign-in, which commands do not need
        from .erasure import Erasure

        return Erasure(Parts(self._kernel))
