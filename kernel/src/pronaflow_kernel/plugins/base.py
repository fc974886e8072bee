"""What a plugin is (a class) and what it may hold (a context)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..access.authorize import Access
    from ..clock import Clock
    from ..egress.client import PluginHttp
    from ..events.audit import AuditReads
    from ..events.live import Live
    from ..events.reading import LedgerReads
    from ..events.types import EventType
    from ..identity.leaving.personal import PersonalData
    from ..jobs.enqueue import Jobs
    from ..persistence.database import Database
    from ..persistence.uow import UnitOfWork
    from ..post import Post
    from ..preferences.preferences import Preferences
    from ..records.archive import Archive
    from ..records.lifecycle import Trash
    from ..secrets import PluginSecrets
    from ..storage.files import Files
    from ..texts.texts import OwnTexts
    from .hooks import Hooks
    from .installed import InstalledPlugins
    from .services import PluginServices


@dataclass(slots=True)
class Context:
    """All that a plugin may hold of the kernel.

    Arguments:
        plugin_id: whose context it is.
        settings: the plugin's section, an instance of the class from `provide_settings`; None without one.
        public_url: where people reach the server, for links in mails.
        services: what other plugins publish.
        access: `authorize` for rules deeper than a route's declaration.
        hooks: questions a plugin may put to the others: `check_change`, `extend_payload`, its own by `ask`.
        db: opens readers and units of work outside a request.
        trash: trash and restore of records.
        archive: archive and restore of containers.
        preferences: what people choose for themselves, and how to address them.
        texts: what the plugin says to people, in their language (`<package>/locale/vi_VN.po`).
        ledger: what happened, newest first, for activity feeds.
        audit: the same as an audit trail.
        personal_data: all that is held of a person, to show it to them or to forget it.
        live: the ledger as it grows, for streams.
        http: sends requests to the hosts that the manifest names under `network`.
        secrets: encrypts what the plugin stores in a `secret_column`.
        jobs: hands in background work of the plugin.
        health: tells how what the server stands on answers, as `healthy`, `degraded` or `unhealthy`, by name:
            `database`, `background_work`, `files`, `email`, and `redis` where there is one.
        mail: sends a mail once a unit of work has committed: `mail.send(uow, Mail(...))`.
        files: keeps the files of the plugin.
        plugins: what is installed and what the indexes offer, and the switches of a workspace.
        later: does something small within so many seconds, beside requests: `later(10, write_counts)`. At a
            stop it is done at once; a process that is killed loses it, so that what must happen is a job.
        clock, log: as they are called.
    """

    plugin_id: str
    settings: Any
    public_url: str
    services: PluginServices
    access: Access
    hooks: Hooks
    db: Database
    trash: Trash
    archive: Archive
    preferences: Preferences
    texts: OwnTexts
    ledger: LedgerReads
    audit: AuditReads
    personal_data: PersonalData
    live: Live
    http: PluginHttp
    secrets: PluginSecrets
    jobs: Jobs
    mail: Post
    health: Callable[[], Mapping[str, str]]
    files: Files
    plugins: InstalledPlugins
    later: Callable[[float, Callable[[], None]], None]
    clock: Clock
    log: logging.Logger


class Plugin:
    """Base of every plugin; the hook implementations are its methods, marked `@hookimpl`."""

    ctx: Context

    def setup(self, ctx: Context) -> None:
        """Called once, before any hook but `provide_settings` and `provide_models`; build services here.

        Arguments:
            ctx: what the plugin may hold. Services of other plugins can be asked for from the first
                request on, not yet here.
        """
        self.ctx = ctx

    def on_assembled(self, event_types: Mapping[str, EventType]) -> None:
        """Called once every plugin is set up, still before anything runs; ask hooks of one's own here.

        Arguments:
            event_types: all that somebody publishes, by name.

        Raises:
            UnfitAnswer: another plugin answers a hook of this one with something that it cannot take
                (`ctx.hooks.take` raises it); that plugin fails, and the server is put together without it.
        """

    def on_enable(self, uow: UnitOfWork, since: datetime | None) -> None:
        """Called once after the plugin was switched on, to make up for what it missed.

        Whoever throws the switch calls it: a server for an administrator, `pronaflow plugins enable` for an
        operator. Nobody does where the settings had switched the plugin off, or where the server cannot be
        put together when the operator throws the switch; so it must be safe to miss.

        Arguments:
            uow: of the system, in the workspace for which the switch was thrown, else in none.
            since: from when on it was off; None where it never was on.
        """

    def on_disable(self, uow: UnitOfWork) -> None:
        """Called once after the plugin was switched off, to let go of what works outside of the database.

        A server calls it, for an administrator or a workspace; the command line does not, since it throws
        switches without running what may be broken. So it must be safe to miss. The data stays.

        Arguments:
            uow: of the system, in the workspace for which the switch was thrown, else in none.
        """

    def on_uninstall(self, uow: UnitOfWork) -> None:
        """Called once when the data of a workspace that has uninstalled the plugin is about to be deleted.

        That is 30 days after it was uninstalled there (modules.md 12.3). The rows in the plugin's tables are
        deleted right after it, in the same transaction; this is for what they lead to, such as files.

        Arguments:
            uow: of the system, in that workspace.
        """
