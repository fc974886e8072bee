"""What a compliance report is asked, and what it says."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Choice, Id, Moment, Schema, Timestamp, WorkspaceQuery

from ..spans import Until


class ComplianceQuery(WorkspaceQuery):
    """Of which time, of which workspace, and as what."""

    workspace_id = Id(load_default=None, metadata={"description": "Else all workspaces that you run"})
    start = Moment(data_key="start_date", required=True, metadata={"description": "Not before this"})
    end = Until(
        data_key="end_date",
        required=True,
        metadata={"description": "Before this time; a bare date counts with its whole day; 366 days at most"},
    )
    format = Choice(("json", "csv", "pdf"), load_default="json")


class PeriodOut(Schema):
    """The span of a report; its end is excluded."""

    start_date = Timestamp()
    end_date = Timestamp()


class ActionTotalOut(Schema):
    """How often something was done."""

    action = fields.String()
    count = fields.Integer()


class UserTotalOut(Schema):
    """How much somebody did."""

    user_id = Id(allow_none=True, metadata={"description": "Null for the server itself"})
    username = fields.String(allow_none=True)
    count = fields.Integer()


class ActionOfUserOut(UserTotalOut):
    """How often somebody did something."""

    action = fields.String()


class AuditTotalsOut(Schema):
    """What the audit log holds of the span."""

    total = fields.Integer()
    by_action = fields.List(fields.Nested(ActionTotalOut))
    by_user = fields.List(fields.Nested(UserTotalOut))
    by_action_and_user = fields.List(fields.Nested(ActionOfUserOut))


class SubjectTotalsOut(Schema):
    """What happened to personal data of members."""

    exports = fields.Integer(metadata={"description": "People who took out what is held of them"})
    anonymisations = fields.Integer(metadata={"description": "Members, former ones too, who were forgotten"})


class ConsentTotalsOut(Schema):
    """Consents of members."""

    granted = fields.Integer()
    revoked = fields.Integer()


class LifecycleTotalsOut(Schema):
    """How often a kind of thing was archived, brought back, put into the trash and deleted for good."""

    resource_type = fields.String()
    archived = fields.Integer()
    unarchived = fields.Integer()
    trashed = fields.Integer()
    restored = fields.Integer()
    purged = fields.Integer()
    in_trash = fields.Integer(metadata={"description": "Trashed in the span, and still there"})


class CoveredOut(Schema):
    """A workspace of the report."""

    workspace_id = Id(attribute="id")
    name = fields.String()


class ComplianceOut(Schema):
    """A compliance report."""

    period = fields.Nested(PeriodOut)
    generated_at = Timestamp()
    generated_by = Id(of="user")
    workspaces = fields.List(fields.Nested(CoveredOut))
    audit = fields.Nested(AuditTotalsOut)
    data_subjects = fields.Nested(SubjectTotalsOut)
    consents = fields.Nested(ConsentTotalsOut)
    retention = fields.List(
        fields.Nested(ActionTotalOut), metadata={"description": "What was let go because its time was over"}
    )
    lifecycle = fields.List(fields.Nested(LifecycleTotalsOut))
