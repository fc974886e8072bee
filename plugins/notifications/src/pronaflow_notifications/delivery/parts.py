"""What sends notifications, put together."""

from __future__ import annotations

from datetime import timedelta

from pronaflow_kernel.api import Blueprint, Context, JobType

from ..types import Types
from . import routes
from .addresses import Addresses
from .channels import Channels
from .delivering import Delivering
from .email import EmailChannel
from .incoming import Incoming
from .planning import Dispatches
from .readable import Readable
from .sending import Sending
from .unsubscribing import Unsubscribing


class Delivery:
    """The parts, and what the plugin provides of them.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._unsubscribing, self._addresses = Unsubscribing(ctx), Addresses(ctx)
        email, incoming = EmailChannel(ctx, self._unsubscribing), Incoming(ctx, self._addresses)
        self.channels = Channels([email.channel(), *incoming.channels()])
        self.types = Types()
        readable = Readable(ctx, self._is_for_outsiders)
        self.dispatches = Dispatches(ctx, self.channels, self._lifetime)
        self._delivering = Delivering(ctx, Sending(ctx, self.channels, readable), readable)

    def take(self, types: Types) -> None:
        """Take what other plugins add, once all are set up.

        Raises:
            UnfitAnswer: one of them brings a channel that is none.
        """
        self.types = types
        self.channels.take(self._ctx)

    def jobs(self) -> list[JobType]:
        """What is done in the background."""
        return self._delivering.jobs()

    def blueprint(self) -> Blueprint:
        """Routes."""
        return routes.build(self._unsubscribing, self._addresses, self.channels)

    def _is_for_outsiders(self, name: str) -> bool:
        kind = self.types.by_name.get(name)
        return kind is not None and kind.outsiders

    def _lifetime(self, name: str) -> timedelta | None:
        kind = self.types.by_name.get(name)
        minutes = kind.useless_after_minutes if kind is not None else None
        return None if minutes is None else timedelta(minutes=minutes)
