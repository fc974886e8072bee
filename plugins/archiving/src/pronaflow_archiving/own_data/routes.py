"""Personal data over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Download, JobOut, Page, Reader, Row, UnitOfWork

from .erasures import Erasures
from .schemas import DataExportOut, ErasureIn, ErasureOut, ExportsQuery, MyDataOut
from .service import OwnData

FRESH = 600
"""Seconds since a proof of who one is, within which all that is held of somebody is given out."""


def build(own_data: OwnData, erasures: Erasures) -> Blueprint:
    """The routes."""
    blp = Blueprint(
        "archiving",
        url_prefix="/api/v1/compliance",
        tag="Personal data",
        summary="What is held of a person: shown, taken out, and forgotten",
        name="personal_data",
    )
    _add_own_data(blp, own_data)
    _add_erasures(blp, erasures)
    return blp


def _add_own_data(blp: Blueprint, own_data: OwnData) -> None:
    @blp.endpoint("GET", "/my-data", permission="archiving.own_data", returns=MyDataOut, fresh=FRESH)
    def get_my_data(reader: Reader) -> Row:
        """Show all that is held of you, by the server and by each plugin; secrets are left out."""
        return own_data.show(reader)

    @blp.endpoint(
        "POST",
        "/my-data/exports",
        permission="archiving.export_own_data",
        target=WORKSPACE,
        returns=JobOut,
        status=202,
        fresh=FRESH,
    )
    def export_my_data(uow: UnitOfWork) -> Row:
        """Have a file made of all that is held of you, with the files that you uploaded.

        The answer is a job; its result has the address of the file, which can be downloaded for 24 hours.
        Files beyond 500 MB are left out, and named in the file.
        """
        return own_data.begin(uow)

    @blp.endpoint(
        "GET",
        "/my-data/exports",
        permission="archiving.own_data",
        query=ExportsQuery,
        returns=DataExportOut,
        many=True,
    )
    def list_my_exports(reader: Reader, query: dict[str, Any]) -> Page:
        """List the files that were made of what is held of you."""
        return own_data.page(reader, query)

    @blp.endpoint(
        "GET",
        "/my-data/exports/<id:data_export_id>",
        permission="archiving.own_data",
        returns=DataExportOut,
    )
    def get_my_export(reader: Reader, data_export_id: str) -> Row:
        """Show whether a file is made, and until when it can be downloaded."""
        return own_data.get(reader, data_export_id)

    @blp.endpoint(
        "GET",
        "/my-data/exports/<id:data_export_id>/download",
        permission="archiving.own_data",
        download=True,
        fresh=FRESH,
    )
    def download_my_export(reader: Reader, data_export_id: str) -> Download:
        """Download a file with all that is held of you."""
        return own_data.download(reader, data_export_id)


def _add_erasures(blp: Blueprint, erasures: Erasures) -> None:
    @blp.endpoint(
        "POST",
        "/erasures",
        permission="archiving.erase",
        body=ErasureIn,
        returns=ErasureOut,
        status=202,
        fresh=FRESH,
    )
    def erase_user(uow: UnitOfWork, body: Row) -> Row:
        """Have somebody forgotten, by the server and all plugins; for administrators of the system.

        It is done in the background, all or nothing. Refused, with the reason in `problem`, while others work
        in a workspace that only this person owns, for the last administrator, and where a plugin that may
        hold something cannot be asked.
        """
        return erasures.begin(uow, body["user_id"])

    @blp.endpoint(
        "GET",
        "/erasures",
        permission="archiving.read_erasures",
        query=ExportsQuery,
        returns=ErasureOut,
        many=True,
    )
    def list_erasures(reader: Reader, query: dict[str, Any]) -> Page:
        """List who is to be forgotten, or was, at your wish."""
        return erasures.page(reader, query)

    @blp.endpoint(
        "GET", "/erasures/<id:erasure_id>", permission="archiving.read_erasures", returns=ErasureOut
    )
    def get_erasure(reader: Reader, erasure_id: str) -> Row:
        """Show whether somebody is forgotten."""
        return erasures.get(reader, erasure_id)

    @blp.endpoint(
        "GET", "/erasures/<id:erasure_id>/certificate", permission="archiving.read_erasures", download=True
    )
    def download_certificate(reader: Reader, erasure_id: str) -> Download:
        """Download what an erasure did: rows by table and plugin, what is kept, and what became of free text.

        It names nobody, and only whoever asked for the erasure gets it.
        """
        return erasures.certificate(reader, erasure_id)
