"""What webhooks bring to the plugin."""

from __future__ import annotations

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    Event,
    JobType,
    Resource,
    Schedule,
    Subscriber,
    UnitOfWork,
)

from .health import CareArgs, Health
from .keeping import CLEAR, Clearing
from .models import Webhook
from .outbox import SENDER, Outbox
from .queries import OF_CREATOR
from .recover import RECOVER, RecoverArgs, Recovery
from .routes import build
from .sender import Sender
from .service import WebhookService


class Webhooks:
    """Webhooks, put together.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self.outbox = Outbox(ctx)
        self.service = WebhookService(ctx, self.outbox)
        self._health = Health(ctx)
        self._sender = Sender(ctx, ctx.settings.webhook_threads)
        self._recovery = Recovery(ctx, self.outbox)
        self._clearing = Clearing(ctx)

    def blueprint(self) -> Blueprint:
        """`routes.py`."""
        return build(self.service, self._recovery)

    def resource(self) -> Resource:
        """A webhook, by its id in a path."""
        acts = {"read": "webhooks.read", "update": "webhooks.change", "delete": "webhooks.change"}
        return Resource("webhook", Webhook, "name", permissions=acts, trash=self.service.delete)

    def subscribers(self) -> list[Subscriber]:
        """Everything that happens, and people who leave."""
        return [
            Subscriber("webhooks", ("*",), self.outbox.take, mode="batch"),
            Subscriber("webhook_creators", ("workspace.member.removed",), self._departed),
        ]

    def jobs(self) -> list[JobType]:
        """Sending, its consequences, recovery and clearing away."""
        return [
            JobType(
                SENDER,
                self._sender.run,
                mode="external",
                queue="webhooks",
                schedules=(Schedule("* * * * *", misfire="once"),),
            ),
            JobType("look_after_webhook", self._health.look_after, args=CareArgs),
            JobType(RECOVER, self._recovery.run, mode="external", args=RecoverArgs, max_attempts=3),
            JobType(CLEAR, self._clearing.run, mode="external", schedules=(Schedule("17 3 * * *"),)),
        ]

    def _departed(self, uow: UnitOfWork, event: Event) -> None:
        """What somebody made who has left sees nothing any more: say so instead of falling silent."""
        for webhook in uow.all(OF_CREATOR, user=event.payload["user_id"]):
            self._health.switch_off(uow, webhook, "creator_left")
