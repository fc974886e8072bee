"""The tables, as migrated and as declared."""

from __future__ import annotations

from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.testing import World
from pronaflow_tasks.models import METADATA


def test_the_migrations_lead_to_the_models(world: World) -> None:
    assert drift(world.kernel.db.engines.write, METADATA, "tasks") == []
