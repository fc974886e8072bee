"""What other plugins may import."""

from __future__ import annotations

from typing import Protocol

from pronaflow_kernel.api import Reader


class Pebbles(Protocol):
    """Pebbles of the workspace at hand."""

    def count(self, reader: Reader) -> int:
        """How many there are."""
        ...
