"""The tables of background work: what must be done, what could not be done, and how far readers have come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase
from ..persistence.types import Id, Json
from ..tenancy.models import Workspace

READY, LEASED, WAITING, PARKED = 0, 1, 2, 3
"""States of a job: its turn comes, a worker has it, its time has not come, or its plugin is off."""

NOBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff"
"""The tenant of what belongs to no workspace; sorts behind all others."""

_ID = BigInteger().with_variant(Integer, "sqlite")


class _Work:
    """What a job is, wherever it stands."""

    kind: Mapped[str] = mapped_column(String(120))
    event_seq: Mapped[int | None] = mapped_column(BigInteger)
    args: Mapped[dict[str, Any] | None] = mapped_column(Json)
    queue: Mapped[str] = mapped_column(String(30))
    priority: Mapped[int] = mapped_column(SmallInteger)
    workspace_id: Mapped[str | None] = mapped_column(Id)
    lane: Mapped[str | None] = mapped_column(String(200))
    dedup_key: Mapped[str | None] = mapped_column(String(200))
    replay_id: Mapped[str | None] = mapped_column(Id)
    due_at: Mapped[datetime | None]
    request_id: Mapped[str | None] = mapped_column(Id)
    operation_id: Mapped[str | None] = mapped_column(Id)
    hop: Mapped[int] = mapped_column(SmallInteger, default=0)
    attempt: Mapped[int] = mapped_column(Integer)
    max_attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(Text)


class Job(_Work, CoreBase):
    """One durable piece of background work; its row goes when it is done, so that the table stays small.

    `id` is the order inside a lane. `tenant` is its workspace, or `NOBODY`: tenants take turns. `attempt` is
    counted when a worker takes the job, so that one that kills its worker is counted too. Whoever finishes
    it must hold `lease_token` still.
    """

    __tablename__ = "core__job"

    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    state: Mapped[int] = mapped_column(SmallInteger)
    tenant: Mapped[str] = mapped_column(Id)
    available_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(Id)
    worker_id: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        Index(
            "uq_core__job_event",
            "kind",
            "event_seq",
            unique=True,
            sqlite_where=text("event_seq IS NOT NULL AND replay_id IS NULL"),
            postgresql_where=text("event_seq IS NOT NULL AND replay_id IS NULL"),
        ),
        Index(
            "uq_core__job_dedup",
            "kind",
            "dedup_key",
            unique=True,
            sqlite_where=text("state IN (0, 2) AND attempt = 0"),
            postgresql_where=text("state IN (0, 2) AND attempt = 0"),
        ),
        Index(
            "ix_core__job_ready",
            "queue",
            "priority",
            "tenant",
            "id",
            sqlite_where=text("state = 0"),
            postgresql_where=text("state = 0"),
        ),
        Index(
            "ix_core__job_again",
            "queue",
            "priority",
            "id",
            sqlite_where=text("state = 0 AND attempt > 0"),
            postgresql_where=text("state = 0 AND attempt > 0"),
        ),
        Index(
            "ix_core__job_waiting",
            "available_at",
            sqlite_where=text("state = 2"),
            postgresql_where=text("state = 2"),
        ),
        Index(
            "ix_core__job_parked",
            "kind",
            "tenant",
            sqlite_where=text("state = 3"),
            postgresql_where=text("state = 3"),
        ),
        Index(
            "ix_core__job_lane",
            "lane",
            "id",
            sqlite_where=text("lane IS NOT NULL"),
            postgresql_where=text("lane IS NOT NULL"),
        ),
        Index(
            "ix_core__job_lease",
            "lease_until",
            sqlite_where=text("state = 1"),
            postgresql_where=text("state = 1"),
        ),
        Index(
            "ix_core__job_operation",
            "operation_id",
            sqlite_where=text("operation_id IS NOT NULL"),
            postgresql_where=text("operation_id IS NOT NULL"),
        ),
        # An id is never given twice: a dead job keeps its own.
        {"sqlite_autoincrement": True},
    )


class DeadJob(_Work, CoreBase):
    """A job that was given up: after its attempts, or because nobody knows what it asks for."""

    __tablename__ = "core__job_dead"

    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=False)
    died_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(200))


class Reading(CoreBase):
    """How far a subscriber that reads in batches has come in the order of commits."""

    __tablename__ = "core__reading"

    subscriber: Mapped[str] = mapped_column(String(120), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int] = mapped_column(Integer)
    available_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(Text)


class ScheduleRow(CoreBase):
    """A schedule as it stands: what it hands in, when next, and what is known of the last time.

    `declared` tells those that job types bring from those that are made while the server runs. By
    `plugin_id` it goes with the data of its plugin when that is taken out, and comes back with it.
    """

    __tablename__ = "core__schedule"

    name: Mapped[str] = mapped_column(String(260), primary_key=True)
    plugin_id: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(120), index=True)
    workspace_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey(Workspace.id, ondelete="CASCADE"), index=True
    )
    cron: Mapped[str] = mapped_column(String(100))
    zone: Mapped[str] = mapped_column(String(60))
    misfire: Mapped[str] = mapped_column(String(10))
    args: Mapped[dict[str, Any]]
    declared: Mapped[bool]
    paused: Mapped[bool]
    next_at: Mapped[datetime] = mapped_column(index=True)
    last_due_at: Mapped[datetime | None] = mapped_column(index=True)


class ScheduleRun(CoreBase):
    """An occurrence for which a job was made; its key lets none have two, whatever clocks do."""

    __tablename__ = "core__schedule_run"

    name: Mapped[str] = mapped_column(String(260), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
