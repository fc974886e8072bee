"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    JobType,
    Permission,
    Plugin,
    Reader,
    TrashPolicy,
    UnitOfWork,
    hookimpl,
    load_permissions,
)

from . import hookspecs, personal_data
from .archive import routes as archive_routes
from .audit import routes as audit_routes
from .audit.events import AUDIT_EVENTS
from .audit.service import AuditLog
from .compliance import routes as compliance_routes
from .compliance.events import COMPLIANCE_EVENTS
from .compliance.service import Compliance
from .models import Base
from .own_data import routes as own_data_routes
from .own_data.erasures import Erasures
from .own_data.events import OWN_DATA_EVENTS
from .own_data.service import OwnData
from .policies import routes as policy_routes
from .policies.events import POLICY_UPDATED
from .policies.service import PolicyService
from .retention import routes as retention_routes
from .retention.cold import ColdStorage
from .retention.events import RETENTION_UPDATED
from .retention.service import Retention
from .trash import routes as trash_routes
from .trash.emptying import Emptying
from .trash.service import TrashService


class ArchivingPlugin(Plugin):
    """Module 8: archive, trash, audit log, compliance, personal data."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.policies = PolicyService(ctx)
        self.trash = TrashService(ctx)
        self.cold = ColdStorage(ctx)
        self.retention = Retention(ctx)
        self.audit = AuditLog(ctx, self.cold)
        self.compliance = Compliance(ctx)
        self.own_data = OwnData(ctx)
        self.erasures = Erasures(ctx)

    @hookimpl
    def provide_hookspecs(self) -> ModuleType:
        """What other plugins are asked: hookspecs.py."""
        return hookspecs

    @hookimpl
    def provide_models(self) -> MetaData:
        """`models.py`."""
        return Base.metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """The `events.py` of each feature."""
        return (POLICY_UPDATED, RETENTION_UPDATED, *AUDIT_EVENTS, *COMPLIANCE_EVENTS, *OWN_DATA_EVENTS)

    @hookimpl
    def provide_jobs(self) -> Sequence[JobType]:
        """Emptying the trash, and archiving what rests."""
        own = (*self.own_data.jobs(), *self.erasures.jobs(), self.cold.job())
        return [Emptying(self.ctx, self.trash).job(), self.policies.job(), *own]

    @hookimpl
    def pick_trash_policy(self, reader: Reader) -> TrashPolicy | None:
        """What a workspace decides: policies/service.py."""
        return self.policies.trash(reader)

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """The `routes.py` of each feature."""
        return [
            *archive_routes.build(self.ctx),
            trash_routes.build(self.trash),
            policy_routes.build(self.policies),
            audit_routes.build(self.audit),
            compliance_routes.build(self.compliance),
            retention_routes.build(self.retention),
            own_data_routes.build(self.own_data, self.erasures),
        ]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> str:
        """Personal data: personal_data.py."""
        return personal_data.erase(uow, user_id, self.own_data, self.cold)
