"""What is announced of compliance reports."""

from __future__ import annotations

from pronaflow_kernel.api import EventType

from ..audit.events import ExportPayload

COMPLIANCE_EXPORTED = EventType(
    "compliance.exported",
    "User",
    ExportPayload,
    public=False,
    summary="Somebody took out a compliance report.",
)

COMPLIANCE_EVENTS = (COMPLIANCE_EXPORTED,)
