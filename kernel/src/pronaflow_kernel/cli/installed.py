"""The installed plugins as far as they can be judged without running any of their code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..persistence.chains import Chain
from ..plugins import following
from ..plugins.discovery import discover
from ..plugins.lifecycle import PluginStatus
from ..plugins.survey import survey as look
from .failures import Failure, failure_of

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..plugins.processes import FigureMap
    from .state import State

NO_DATABASE = "There is no database yet; pronaflow quickstart or pronaflow db upgrade makes one"


def survey(disabled: Collection[str] = ()) -> dict[str, PluginStatus]:
    """The status of every installed plugin, as `plugins.survey` sees it."""
    return look(discover(), disabled)


def database_missing(url: str) -> bool:
    """Whether a SQLite database is still to be made, which merely looking at it must not do."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def assembled(state: State) -> tuple[Kernel | None, str]:
    """The kernel as a server that starts now would have it, with nothing made or migrated.

    Without one, None and why in words for an operator; then commands tell what can be told all the same.
    """
    try:
        if database_missing(state.settings().database_url):
            raise Failure(NO_DATABASE)
        return state.kernel(migrate=False), ""
    except Exception as error:
        failure = error if isinstance(error, Failure) else failure_of(error)
        if failure is None:
            raise
        return None, failure.message


def everywhere(kernel: Kernel) -> FigureMap:
    """How the plugins fare in all servers that run."""
    from ..persistence.scope import Scope
    from ..plugins.processes import figures

    with kernel.db.read(Scope.system()) as reader:
        return figures(reader)


def requirements(statuses: Mapping[str, PluginStatus], plugin_id: str) -> set[str]:
    """Everything that a plugin requires, directly and through others."""
    return following.requirements({i: s.manifest for i, s in statuses.items() if s.manifest}, plugin_id)


def chain_of(status: PluginStatus) -> Chain:
    """The migrations of a plugin."""
    return Chain(status.id, status.candidate.package)
