"""Event consumers over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .schemas import ConsumerIn, ConsumerOut, ConsumerPatch, ConsumerQuery, RunOut, RunQuery
from .service import Consumers

READ: dict[str, Any] = {"permission": "notifications.read_consumers"}
CHANGE: dict[str, Any] = {"permission": "notifications.change_consumers"}
ONE: dict[str, Any] = {"returns": ConsumerOut, "resource": "event_consumer"}
CONSUMER = in_path("event_consumer", "consumer_id")


def build(service: Consumers) -> Blueprint:
    """What a workspace has done for it when something happens."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/event-consumers",
        tag="Event consumers",
        summary="What is done when something happens",
        name="event_consumers",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: Consumers) -> None:
    @blp.endpoint("GET", "", target=WORKSPACE, query=ConsumerQuery, many=True, **READ, **ONE)
    def list_event_consumers(reader: Reader, query: dict[str, Any]) -> Page:
        """List the event consumers of a workspace, all of them unless `page_size` says otherwise."""
        return service.page(reader, query)

    @blp.endpoint("POST", "", target=WORKSPACE, body=ConsumerIn, status=201, **CHANGE, **ONE)
    def create_event_consumer(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Have something done with each event of a type from now on.

        It hears of what you are shown: nothing from private projects that you are not in. Mails and
        notifications go to members of the workspace alone, of those to whoever is shown the project. An event
        is handed over at least once; a handler that fails is tried three times, and a consumer that fails 20
        times in a row is switched off, which you are told.
        """
        return service.create(uow, body)


def _add_record(blp: Blueprint, service: Consumers) -> None:
    @blp.endpoint("GET", "/<id:consumer_id>", target=CONSUMER, **READ, **ONE)
    def get_event_consumer(reader: Reader, consumer_id: str) -> Row:
        """Get an event consumer."""
        return service.get(reader, consumer_id)

    @blp.endpoint("PATCH", "/<id:consumer_id>", target=CONSUMER, body=ConsumerPatch, **CHANGE, **ONE)
    def update_event_consumer(uow: UnitOfWork, consumer_id: str, body: dict[str, Any]) -> Row:
        """Change an event consumer.

        Who says anew where its events go, or switches it on, answers for it: from then on it hears of what
        they are shown. `config` is replaced whole.
        """
        return service.update(uow, consumer_id, body)

    @blp.endpoint("DELETE", "/<id:consumer_id>", target=CONSUMER, status=204, **CHANGE)
    def delete_event_consumer(uow: UnitOfWork, consumer_id: str) -> None:
        """Delete an event consumer."""
        service.delete(uow, consumer_id)

    @blp.endpoint(
        "GET", "/<id:consumer_id>/runs", target=CONSUMER, query=RunQuery, returns=RunOut, many=True, **READ
    )
    def list_event_consumer_runs(reader: Reader, consumer_id: str, query: dict[str, Any]) -> Page:
        """List what became of the events that an event consumer heard of, newest first; kept for 30 days."""
        return service.runs(reader, consumer_id, query)
