"""Compliance reports over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import ANYWHERE, Blueprint, Download, Reader, Row

from .schemas import ComplianceOut, ComplianceQuery
from .service import Compliance


def build(compliance: Compliance) -> Blueprint:
    """The route."""
    blp = Blueprint(
        "archiving",
        url_prefix="/api/v1/compliance",
        tag="Compliance",
        summary="Reports for auditors",
        name="compliance",
    )

    @blp.endpoint(
        "GET",
        "/export",
        permission="archiving.export_compliance",
        target=ANYWHERE,
        query=ComplianceQuery,
        returns=ComplianceOut,
        files=("text/csv", "application/pdf"),
    )
    def export_compliance(reader: Reader, query: dict[str, Any]) -> Row | Download:
        """Take out a compliance report of at most 366 days, as JSON, CSV or PDF.

        It counts who did what, what happened to personal data and consents of members, what was let go
        because its time was over, and what went to archive and trash.
        It covers the workspace that is named, else all
        that you run as owner or admin; private projects that you do not see are left out. CSV and PDF come as
        files, `compliance_<start>_<end>`. That it was taken out stands in the audit log.
        """
        return compliance.export(reader, query)

    return blp
