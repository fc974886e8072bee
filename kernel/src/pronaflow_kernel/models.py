"""The base of the kernel's own tables, `core__…`."""

from __future__ import annotations

from .persistence.base import model_base

CoreBase = model_base("core")
