"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    JobType,
    Permission,
    Plugin,
    Reader,
    Resource,
    Schedule,
    Subscriber,
    UnitOfWork,
    hookimpl,
    load_permissions,
    setting,
)

from . import hookspecs, notices, personal_data, routes
from .consumers import notices as consumer_notices
from .consumers import routes as consumer_routes
from .consumers.builtin import built_in
from .consumers.events import CONSUMER_EVENTS
from .consumers.handlers import Handlers
from .consumers.models import Consumer
from .consumers.running import Running
from .consumers.service import Consumers
from .delivery.parts import Delivery
from .departures import Departures
from .eventlog import routes as event_routes
from .eventlog.service import EventLog
from .models import Base
from .mutes import routes as mute_routes
from .mutes.service import MuteService
from .preferences import routes as preference_routes
from .preferences.service import PreferenceService
from .retention import Retention
from .service import NotificationService
from .stream import routes as stream_routes
from .stream.hub import Hub
from .stream.service import Streams
from .telling import Teller
from .types import Types, gathered


@dataclass(frozen=True)
class NotificationsSettings:
    """Notifications, the event log and event consumers."""

    merge_seconds: int = setting(
        300,
        "For how many seconds further events about one thing go into an unread notification.",
        least=0,
        most=86400,
    )
    keep_read_days: int = setting(90, "After how many days read notifications go.", least=1, most=3650)
    keep_days: int = setting(180, "After how many days all notifications go.", least=1, most=3650)
    event_log_days: int = setting(
        90, "How many days back the event log shows what happened.", least=1, most=3650
    )
    streams: int = setting(
        200, "Live streams that a process keeps; of its connections as many are taken.", least=0, most=10_000
    )
    streams_per_user: int = setting(5, "Live streams that a process keeps for one person.", least=1, most=100)


class NotificationsPlugin(Plugin):
    """Module 7: notifications, event log, event consumers, live stream."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.delivery = Delivery(ctx)
        self.channels, self.dispatches = self.delivery.channels, self.delivery.dispatches
        self.teller = Teller(ctx, self.dispatches, timedelta(seconds=ctx.settings.merge_seconds))
        self.departures = Departures(ctx.access)
        self.retention = Retention(
            ctx, timedelta(days=ctx.settings.keep_read_days), timedelta(days=ctx.settings.keep_days)
        )
        self.notifications = NotificationService(ctx)
        self.preferences = PreferenceService(ctx)
        self.mutes = MuteService(ctx, lambda: self.teller.types, lambda: ["in_app", *self.channels.by_name])
        self.event_log = EventLog(ctx)
        self.handlers = Handlers(built_in(ctx, self.channels), ctx)
        self.consumers = Consumers(ctx, self.handlers)
        self.running = Running(ctx, self.handlers)
        self.hub = Hub(ctx, ctx.settings.streams, ctx.settings.streams_per_user)
        self.streams = Streams(ctx, self.hub)

    def on_assembled(self, event_types: Mapping[str, EventType]) -> None:
        """Take what other plugins add."""
        self.teller.types = Types(gathered(self.ctx, event_types))
        self.delivery.take(self.teller.types)
        self.handlers.take()

    @hookimpl
    def provide_hookspecs(self) -> ModuleType:
        """What other plugins are asked: hookspecs.py."""
        return hookspecs

    @hookimpl
    def provide_settings(self) -> type[NotificationsSettings]:
        """The section `[notifications]`."""
        return NotificationsSettings

    @hookimpl
    def provide_models(self) -> MetaData:
        """`models.py`."""
        metadata: MetaData = Base.metadata
        return metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_notification_types(self) -> Sequence[Mapping[str, Any]]:
        """What people are told of their accounts: notices.py."""
        return [*notices.notification_types(), *consumer_notices.notification_types()]

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """`consumers/events.py`."""
        return CONSUMER_EVENTS

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """Event consumers."""
        acts = {
            "read": "notifications.read_consumers",
            "update": "notifications.change_consumers",
            "delete": "notifications.change_consumers",
        }
        return [
            Resource("event_consumer", Consumer, "event_type", permissions=acts, trash=self.consumers.delete)
        ]

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """Who is told, who may hear nothing more, and event consumers."""
        left, closed = self.departures.left, self.departures.closed
        return [
            Subscriber("tell", ("*",), self.teller.tell, only=self.teller.wants, replayable=False),
            Subscriber("departure", ("*.member.removed",), left),
            Subscriber("closing", ("workspace.deleted",), closed, replayable=False),
            Subscriber("purging", ("*.purged",), self.departures.purged, replayable=False),
            self.running.subscriber(),
        ]

    @hookimpl
    def provide_jobs(self) -> Sequence[JobType]:
        """What is done in the background besides."""
        daily = Schedule("11 3 * * *")
        forget = JobType("forget_notifications", self.retention.run, mode="external", schedules=(daily,))
        return [forget, *self.delivery.jobs(), *self.running.jobs()]

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """`routes.py`, and those of the features."""
        return [
            routes.build(self.notifications),
            preference_routes.build(self.preferences),
            mute_routes.build(self.mutes),
            self.delivery.blueprint(),
            event_routes.build(self.event_log),
            consumer_routes.build(self.consumers),
            stream_routes.build(self.streams),
        ]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """Personal data: personal_data.py."""
        personal_data.erase(uow, user_id)
