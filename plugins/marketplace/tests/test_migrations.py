"""The migrated tables are those of the models."""

from __future__ import annotations

from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.testing import World
from pronaflow_marketplace.models import Base


def test_no_drift(world: World) -> None:
    assert drift(world.kernel.db.engines.write, Base.metadata, "marketplace") == []
