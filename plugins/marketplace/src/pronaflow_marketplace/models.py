"""The tables; each feature has its own in its folder."""

from __future__ import annotations

from pronaflow_kernel.api import model_base

Base = model_base("marketplace")
