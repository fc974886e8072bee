"""Everything a plugin may import from the kernel (tests: `pronaflow_kernel.testing`).

Need an answer now: hook. Need to react: event. Need another module's data: service.
"""

from __future__ import annotations

from .access.authorize import Access
from .access.containers import Containers
from .access.freshness import demand_fresh
from .access.permissions import Permission, load_permissions
from .access.principal import Principal
from .clock import Clock
from .documents.archives import ArchiveLimits, read_archive
from .documents.images import ImageKind, check_image
from .documents.markup import html_from_markdown
from .documents.tables import csv_chunks, write_xlsx
from .egress.client import HttpReply, PluginHttp
from .egress.errors import BlockedAddress, EgressError, EgressFailed, EgressRefused, EgressTimeout
from .errors import (
    CapabilityDenied,
    Conflict,
    Forbidden,
    InvalidRequest,
    KernelError,
    NotFound,
    PayloadTooLarge,
    Problem,
    ServiceUnavailable,
    StaleRow,
    Unauthorized,
    ValidationFailed,
    invalid,
)
from .events.types import Event, EventType, Subscriber
from .health import HealthCheck
from .hookspecs import API_VERSION, hookimpl, hookspec
from .identity.demo_people import add_person, remove_person
from .identity.models import User
from .identity.names import EmailAddress, normal
from .ids import as_id, new_id
from .jobs.actors import actor_job
from .jobs.enqueue import Jobs
from .jobs.operations.operation_schemas import JobOut
from .jobs.types import Backoff, Cancelled, Discard, JobType, Retry, Schedule
from .mail import Mail
from .persistence.base import (
    Identified,
    InWorkspace,
    Lifecycle,
    Model,
    Record,
    Timestamped,
    Versioned,
    model_base,
    secret_column,
    secret_place,
)
from .persistence.database import Database
from .persistence.fulltext import FullText, terms
from .persistence.listing import Listing
from .persistence.scope import SCOPE_ROLE, SCOPE_USER, SCOPE_WORKSPACE, Scope
from .persistence.types import Id as IdType
from .persistence.types import Json, UtcDateTime
from .persistence.uow import Reader, Row, UnitOfWork, Update
from .plugins.base import Context, Plugin
from .plugins.services import ServiceMissing, needs_scope
from .plugins.switches import switched_on
from .records.resources import Resource
from .secrets import DecryptionError
from .settings import setting
from .tenancy import events as tenancy_events
from .tenancy import service as tenancy
from .tenancy.models import Membership, Workspace
from .tenancy.rule import unscoped
from .web.answers import Answer, Page
from .web.arguments import load
from .web.blueprint import PUBLIC, Blueprint
from .web.downloads import Download
from .web.fields import Choice, Id, Moment, PageQuery, Schema, Text, Timestamp, WorkspaceQuery
from .web.formats import ErrorFormat
from .web.limits.rate import RateLimit
from .web.targets import NOWHERE, WORKSPACE, in_body, in_path, in_query

__all__ = [
    "API_VERSION",
    "NOWHERE",
    "PUBLIC",
    "SCOPE_ROLE",
    "SCOPE_USER",
    "SCOPE_WORKSPACE",
    "WORKSPACE",
    "Access",
    "Answer",
    "ArchiveLimits",
    "Backoff",
    "BlockedAddress",
    "Blueprint",
    "Cancelled",
    "CapabilityDenied",
    "Choice",
    "Clock",
    "Conflict",
    "Containers",
    "Context",
    "Database",
    "DecryptionError",
    "Discard",
    "Download",
    "EgressError",
    "EgressFailed",
    "EgressRefused",
    "EgressTimeout",
    "EmailAddress",
    "ErrorFormat",
    "Event",
    "EventType",
    "Forbidden",
    "FullText",
    "HealthCheck",
    "HttpReply",
    "Id",
    "IdType",
    "Identified",
    "ImageKind",
    "InWorkspace",
    "InvalidRequest",
    "JobOut",
    "JobType",
    "Jobs",
    "Json",
    "KernelError",
    "Lifecycle",
    "Listing",
    "Mail",
    "Membership",
    "Model",
    "Moment",
    "NotFound",
    "Page",
    "PageQuery",
    "PayloadTooLarge",
    "Permission",
    "Plugin",
    "PluginHttp",
    "Principal",
    "Problem",
    "RateLimit",
    "Reader",
    "Record",
    "Resource",
    "Retry",
    "Row",
    "Schedule",
    "Schema",
    "Scope",
    "ServiceMissing",
    "ServiceUnavailable",
    "StaleRow",
    "Subscriber",
    "Text",
    "Timestamp",
    "Timestamped",
    "Unauthorized",
    "UnitOfWork",
    "Update",
    "User",
    "UtcDateTime",
    "ValidationFailed",
    "Versioned",
    "Workspace",
    "WorkspaceQuery",
    "actor_job",
    "add_person",
    "as_id",
    "check_image",
    "csv_chunks",
    "demand_fresh",
    "hookimpl",
    "hookspec",
    "html_from_markdown",
    "in_body",
    "in_path",
    "in_query",
    "invalid",
    "load",
    "load_permissions",
    "model_base",
    "needs_scope",
    "new_id",
    "normal",
    "read_archive",
    "remove_person",
    "secret_column",
    "secret_place",
    "setting",
    "switched_on",
    "tenancy",
    "tenancy_events",
    "terms",
    "unscoped",
    "write_xlsx",
]
