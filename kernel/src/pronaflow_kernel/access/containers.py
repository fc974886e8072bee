"""Containers: things inside a workspace that decide for themselves who may see what is in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..persistence.uow import Reader


class Containers(Protocol):
    """What the plugin that owns containers (first-party: projects) publishes, once.

    `authorize` and the listing helper use nothing else, so that a private project is hidden everywhere in
    the same way.
    """

    def role(self, reader: Reader, container_id: str, *, trashed: bool = False) -> str | None:
        """The caller's role in a container; None where the caller may not even see it.

        Arguments:
            reader: in the container's workspace; `reader.scope` tells the caller and the workspace role.
            trashed: whether one in the trash counts as there.
        """
        ...

    def visible(self, *, trashed: bool = False) -> Any:
        """A SELECT of the ids of all containers that the caller sees.

        It is part of prebuilt statements, so it takes the caller from the binds `SCOPE_WORKSPACE`,
        `SCOPE_USER` and `SCOPE_ROLE`.

        Arguments:
            trashed: those in the trash too.
        """
        ...

    def seeing(self, reader: Reader, container_id: str, user_ids: Sequence[str]) -> Collection[str]:
        """Who of some users sees a container, in one statement; for people but the caller.

        Arguments:
            reader: in the container's workspace.
        """
        ...
