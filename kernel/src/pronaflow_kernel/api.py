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
from .documents.pdf import PdfSection, pdf_report
from .documents.tables import csv_chunks, write_xlsx
from .egress.client import HttpReply, Options, PluginHttp
from .egress.errors import BlockedAddress, EgressError, EgressFailed, EgressRefused, EgressTimeout
from .egress.flight import Landed
from .errors import (
    CapabilityDenied,
    Conflict,
    Forbidden,
    InvalidRequest,
    KernelError,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    Problem,
    ServiceUnavailable,
    StaleRow,
    Unauthorized,
    ValidationFailed,
    invalid,
)
from .events.audit import AuditReads, audit_row
from .events.live import Live
from .events.models import EventCaller
from .events.moving import let_go as let_go_of_events
from .events.moving import oldest as oldest_events
from .events.reading import LedgerReads
from .events.reading_schemas import LedgerEntryOut, LedgerQuery
from .events.types import Event, EventType, Subscriber
from .health import HealthCheck
from .hookspecs import API_VERSION, hookimpl, hookspec
from .identity.demo_people import add_person, remove_person
from .identity.models import User
from .identity.names import EmailAddress, normal
from .identity.oidc.outside import IdTokenRefused, id_token_claims
from .identity.tickets import issue_ticket
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
from .plugins.installed import InstalledPlugin, InstalledPlugins
from .plugins.manifest import Manifest
from .plugins.offers import Offer
from .plugins.services import ServiceMissing, needs_scope
from .plugins.switches import switched_on
from .preferences.locales import DATE_FORMATS, LANGUAGES, TIME_FORMATS, Locale, habits, timezones
from .preferences.merging import leaves, merged, nested
from .preferences.preferences import Chosen, Policy, Preferences, preference_id
from .records.models import ArchiveEntry, TrashItem
from .records.policy import TrashPolicy
from .records.resources import Resource
from .secrets import DecryptionError
from .settings import setting
from .storage.models import KeptFile
from .storage.store import StoredFile
from .tenancy import events as tenancy_events
from .tenancy import service as tenancy
from .tenancy.models import Membership, Workspace
from .tenancy.names import full_name_here, username_here
from .tenancy.rule import unscoped
from .text import folded, literal
from .web.answers import Answer, Document, Page, Window
from .web.arguments import load
from .web.at_hand import Answered, standing_of, when_answered
from .web.blueprint import PUBLIC, Blueprint
from .web.downloads import Download
from .web.fields import Choice, Id, Moment, PageQuery, Schema, Text, Timestamp, WorkspaceQuery, renamed
from .web.formats import ErrorFormat
from .web.limits.rate import RateLimit
from .web.streaming import Again, Outlet, Stream
from .web.streaming import again as admitted_again
from .web.targets import ANYWHERE, NOWHERE, OVERSEEN, WORKSPACE, in_body, in_path, in_query, of_kind_in_body
from .web.uploads import Upload

__all__ = [
    "ANYWHERE",
    "API_VERSION",
    "DATE_FORMATS",
    "LANGUAGES",
    "NOWHERE",
    "OVERSEEN",
    "PUBLIC",
    "SCOPE_ROLE",
    "SCOPE_USER",
    "SCOPE_WORKSPACE",
    "TIME_FORMATS",
    "WORKSPACE",
    "Access",
    "Again",
    "Answer",
    "Answered",
    "ArchiveEntry",
    "ArchiveLimits",
    "AuditReads",
    "Backoff",
    "BlockedAddress",
    "Blueprint",
    "Cancelled",
    "CapabilityDenied",
    "Choice",
    "Chosen",
    "Clock",
    "Conflict",
    "Containers",
    "Context",
    "Database",
    "DecryptionError",
    "Discard",
    "Document",
    "Download",
    "EgressError",
    "EgressFailed",
    "EgressRefused",
    "EgressTimeout",
    "EmailAddress",
    "ErrorFormat",
    "Event",
    "EventCaller",
    "EventType",
    "Forbidden",
    "FullText",
    "HealthCheck",
    "HttpReply",
    "Id",
    "IdTokenRefused",
    "IdType",
    "Identified",
    "ImageKind",
    "InWorkspace",
    "InstalledPlugin",
    "InstalledPlugins",
    "InvalidRequest",
    "JobOut",
    "JobType",
    "Jobs",
    "Json",
    "KeptFile",
    "KernelError",
    "Landed",
    "LedgerEntryOut",
    "LedgerQuery",
    "LedgerReads",
    "Lifecycle",
    "Listing",
    "Live",
    "Locale",
    "Mail",
    "Manifest",
    "Membership",
    "Model",
    "Moment",
    "NotFound",
    "Offer",
    "Options",
    "Outlet",
    "Page",
    "PageQuery",
    "PayloadTooLarge",
    "PdfSection",
    "Permission",
    "Plugin",
    "PluginHttp",
    "Policy",
    "PreconditionFailed",
    "Preferences",
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
    "StoredFile",
    "Stream",
    "Subscriber",
    "Text",
    "Timestamp",
    "Timestamped",
    "TrashItem",
    "TrashPolicy",
    "Unauthorized",
    "UnitOfWork",
    "Update",
    "Upload",
    "User",
    "UtcDateTime",
    "ValidationFailed",
    "Versioned",
    "Window",
    "Workspace",
    "WorkspaceQuery",
    "actor_job",
    "add_person",
    "admitted_again",
    "as_id",
    "audit_row",
    "check_image",
    "csv_chunks",
    "demand_fresh",
    "folded",
    "full_name_here",
    "habits",
    "hookimpl",
    "hookspec",
    "html_from_markdown",
    "id_token_claims",
    "in_body",
    "in_path",
    "in_query",
    "invalid",
    "issue_ticket",
    "leaves",
    "let_go_of_events",
    "literal",
    "load",
    "load_permissions",
    "merged",
    "model_base",
    "needs_scope",
    "nested",
    "new_id",
    "normal",
    "of_kind_in_body",
    "oldest_events",
    "pdf_report",
    "preference_id",
    "read_archive",
    "remove_person",
    "renamed",
    "secret_column",
    "secret_place",
    "setting",
    "standing_of",
    "switched_on",
    "tenancy",
    "tenancy_events",
    "terms",
    "timezones",
    "unscoped",
    "username_here",
    "when_answered",
    "write_xlsx",
]
