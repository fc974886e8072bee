"""One of each kind; `tests/test_switching.py` switches it off and on."""

from __future__ import annotations

from typing import Any, Protocol

import click
from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Mapped

from pronaflow_kernel import api
from pronaflow_kernel.command import pass_context

Base = api.model_base("sampler")


class Sample(Base, api.Record):  # type: ignore[valid-type, misc]
    """A text."""

    __tablename__ = "sampler__sample"
    title: Mapped[str]


class SampleIn(api.Schema):
    """What may be written."""

    title = api.Text(100, least=1, required=True)


class SampleOut(api.Schema):
    """What is shown."""

    id = api.Id()
    title = fields.String()


class SamplePayload(api.Schema):
    """What the event tells."""

    sample_id = api.Id()


class Samples(Protocol):
    """What others may ask."""

    def name(self) -> str:
        """What it is called."""
        ...


class SamplerHooks:
    """What others are asked."""

    @api.hookspec
    def check_sample(self, uow: api.UnitOfWork, title: str) -> None:
        """Object to a sample."""

    @api.hookspec
    def provide_flavours(self) -> list[str]:  # type: ignore[empty-body]
        """Flavours of samples: a kind of thing that plugins bring to this one."""


TAKEN = api.EventType("sample.taken", "Sample", SamplePayload, summary="A sample was taken.")
blp = api.Blueprint("sampler", url_prefix="/api/v1/samples", tag="Samples", summary="One of each kind")
ONE: dict[str, Any] = {"returns": SampleOut, "resource": "sample"}


@blp.endpoint("POST", "", permission="sampler.write", target=api.WORKSPACE, body=SampleIn, status=201, **ONE)
def take_sample(uow: api.UnitOfWork, body: Any) -> api.Row:
    """Take a sample."""
    sample = uow.insert(Sample, body)
    uow.publish(TAKEN, sample["id"], {"sample_id": sample["id"]})
    return sample


@blp.endpoint("POST", "/blank", permission="sampler.write", target=api.WORKSPACE, status=201, **ONE)
def take_blank(uow: api.UnitOfWork) -> api.Row:
    """Take a sample of nothing, which takes no input."""
    return uow.insert(Sample, {"title": "blank"})


@blp.endpoint("GET", "/<id:sample_id>", permission="sampler.read", target=api.in_path("sample"), **ONE)
def get_sample(reader: api.Reader, sample_id: str) -> api.Row:
    """Look at a sample."""
    return reader.get(Sample, sample_id)


@blp.endpoint("GET", "/mine", permission="sampler.read", target=api.WORKSPACE, returns=SampleOut)
def get_mine(reader: api.Reader) -> api.Row:
    """Look at what is yours."""
    return {"id": None, "title": "none"}


@click.command()
@pass_context
def sample(ctx: api.Context, /) -> None:
    """Take a sample."""
    click.echo(ctx.plugin_id)


class Named:
    """The service."""

    def name(self) -> str:
        """What it is called."""
        return "sample"


class SamplerPlugin(api.Plugin):
    """Table of contents."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @api.hookimpl
    def provide_hookspecs(self) -> Any:
        """Hooks of its own."""
        return SamplerHooks

    @api.hookimpl
    def provide_models(self) -> Any:
        """Tables."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Any:
        """Permissions."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self) -> Any:
        """Resource types."""
        return [api.Resource("sample", Sample, "title", url="/samples/{id}")]

    @api.hookimpl
    def provide_services(self) -> Any:
        """Services."""
        return {Samples: Named()}

    @api.hookimpl
    def provide_event_types(self) -> Any:
        """Events."""
        return [TAKEN]

    @api.hookimpl
    def provide_subscribers(self) -> Any:
        """Ears, with a name and with a pattern."""
        hear = self._hear
        return [api.Subscriber("all", ("sample.*",), hear), api.Subscriber("joined", ("user.joined",), hear)]

    @api.hookimpl
    def provide_jobs(self) -> Any:
        """Work of its own."""
        return [api.JobType("taste", lambda uow, args: None)]

    def _hear(self, uow: api.UnitOfWork, event: api.Event) -> None:
        self.heard.append(event.type)

    @api.hookimpl
    def provide_blueprints(self) -> Any:
        """Routes."""
        return [blp]

    @api.hookimpl
    def provide_commands(self) -> Any:
        """Commands."""
        return [sample]

    @api.hookimpl
    def provide_health_checks(self) -> Any:
        """Probes."""
        return [api.HealthCheck("samples", lambda: None)]

    @api.hookimpl
    def provide_error_format(self) -> Any:
        """Errors in one word."""
        return api.ErrorFormat("/api/v1/samples/", lambda error, now: Response("no", error.status))

    @api.hookimpl
    def pick_principal(self, reader: api.Reader, credential: str) -> api.Principal | None:
        """Nobody."""
        return None

    @api.hookimpl
    def pick_rate_limit(self, reader: api.Reader, principal: api.Principal) -> api.RateLimit | None:
        """Nobody's."""
        return None

    @api.hookimpl
    def check_permission(self, reader: api.Reader, permission: str) -> None:
        """No objection."""

    @api.hookimpl
    def check_change(self, uow: api.UnitOfWork, resource: str) -> None:
        """No objection."""

    @api.hookimpl
    def extend_payload(self, reader: api.Reader, resource: str, rows: Any) -> Any:
        """A word on each record."""
        return {row["id"]: {"sampled": True} for row in rows}

    @api.hookimpl
    def collect_user_data(self, reader: api.Reader, user_id: str) -> Any:
        """Nothing."""
        return {}

    @api.hookimpl
    def erase_user_data(self, uow: api.UnitOfWork, user_id: str) -> None:
        """Nothing."""
