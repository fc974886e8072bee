"""What health needs of whoever owns tasks."""

from __future__ import annotations

from typing import Protocol

from pronaflow_kernel.api import Reader

from .measures import Workload


class Workloads(Protocol):
    """Published by whoever owns tasks; projects tells from it how a project does."""

    def workload(self, reader: Reader, project_id: str, *, with_logged: bool) -> Workload:
        """The work in a project, in one statement.

        Arguments:
            with_logged: whether `logged` is wanted, which looks at every task; else it is 0.
        """
        ...
