"""`/metrics`: figures of the server for Prometheus.

Requests are counted by the processes that answer them. Those of one server share a port and, in files of a
folder of theirs, what they counted (prometheus_client's multi-process mode), so that whichever is asked tells
of all of them. Background work and plugins are looked up in the database at the time of asking, in five
statements: every server of an installation tells the same of them.
"""

from __future__ import annotations

import hmac
import logging
import os
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from ..errors import Unauthorized
from ..jobs.figures import STATES, Figures, Lag, figures_of
from ..persistence.scope import Scope
from ..plugins.lifecycle import PluginStatus
from ..plugins.processes import figures as plugin_figures
from ..plugins.processes import present

if TYPE_CHECKING:
    from ..kernel import Kernel
    from .admission import Admission

log = logging.getLogger("pronaflow.metrics")

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the processes of one server count together; `pronaflow serve` makes it."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counts requests and shows all figures.

    Arguments:
        kernel: whose figures.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.registry = CollectorRegistry()
        alone = FOLDER not in os.environ
        own = self.registry if alone else None
        labels = ("method", "route", "status")
        self._requests = Counter(
            "pronaflow_http_requests", "Requests that were answered.", labels, registry=own
        )
        self._seconds = Histogram(
            "pronaflow_http_request_duration_seconds",
            "Time from the arrival of a request to its answer.",
            labels[:2],
            registry=own,
            buckets=BUCKETS,
        )
        if alone:
            ProcessCollector(registry=self.registry)
        else:
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        self.registry.register(Installation(kernel))

    def arrive(self) -> None:
        """Note when a request arrived."""
        g.arrived = time.perf_counter()

    def leave(self, response: Response) -> Response:
        """Count an answered request, by the rule of its route: in an address stands whatever callers like."""
        route = request.url_rule.rule if request.url_rule is not None else "none"
        method = request.method if request.method in METHODS else "other"
        self._requests.labels(method, route, str(response.status_code)).inc()
        self._seconds.labels(method, route).observe(time.perf_counter() - g.arrived)
        return response

    def text(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self.registry)


class Installation(Collector):
    """What the database tells, and which version runs.

    Arguments:
        kernel: as assembled.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def collect(self) -> Iterator[Metric]:
        """The figures of this moment; where the database does not answer, that alone."""
        about = {"version": version("pronaflow-kernel"), "python": platform.python_version()}
        yield InfoMetricFamily("pronaflow", "What runs.", about)
        bell = self._kernel.bus.bell
        if bell is not None:
            words = "Whether bells to workers get through Redis."
            yield GaugeMetricFamily("pronaflow_bell_working", words, bell.working)
        try:
            found = figures_of(self._kernel)
            plugins, servers = self._plugins()
        except Exception:
            log.exception("figures cannot be read")
            found = None
        words = "Whether the database could be asked for the figures of background work and plugins."
        yield GaugeMetricFamily("pronaflow_database_up", words, found is not None)
        if found is not None:
            yield from _background(found)
            yield from _installed(plugins, servers)

    def _plugins(self) -> tuple[list[PluginStatus], int]:
        with self._kernel.db.read(Scope.system()) as reader:
            return self._kernel.states(plugin_figures(reader)), present(reader)


def add_metrics(app: Flask, kernel: Kernel, admission: Admission) -> None:
    """Count requests, and show figures at `/metrics` to whoever may see them.

    With `metrics.token` set, that is who sends it; without, everybody outside production and nobody in it.
    Must be called before anything else that looks at requests, so that all their time counts.
    """
    metrics, token = Metrics(kernel), kernel.settings.metrics.token
    app.before_request(metrics.arrive)
    app.after_request(metrics.leave)

    def view() -> Response:
        if token is not None and not _proved(token):
            admission.count_address()
            raise Unauthorized("Send the token of the setting metrics.token as Authorization: Bearer")
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    if token is not None or not kernel.settings.production:
        app.add_url_rule("/metrics", "metrics", view)


def _proved(token: str) -> bool:
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())


def _background(found: Figures) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("pronaflow_jobs", "Jobs that wait or run.", labels=("queue", "state"))
    for queue, counts in found.queues.items():
        for state in STATES:
            jobs.add_metric((queue, state), getattr(counts, state))
    yield jobs
    words = "How long the oldest job has waited that could be taken; 0 where none waits."
    oldest = GaugeMetricFamily("pronaflow_jobs_oldest_ready_seconds", words, labels=("queue",))
    for queue in found.queues:
        oldest.add_metric((queue,), found.oldest_ready.get(queue, 0.0))
    yield oldest
    yield from _subscribers([lag for lag in found.kinds if lag.subscriber])
    dead = GaugeMetricFamily("pronaflow_jobs_dead", "Jobs that were given up and are kept.", labels=("kind",))
    for lag in found.kinds:
        dead.add_metric((lag.kind,), lag.dead)
    yield dead
    words = "Events of which no jobs have been made yet."
    yield GaugeMetricFamily("pronaflow_events_unplaced", words, found.unplaced)
    words = "Age of the oldest of them."
    yield GaugeMetricFamily("pronaflow_events_unplaced_seconds", words, found.unplaced_seconds or 0.0)


def _subscribers(lags: list[Lag]) -> Iterator[Metric]:
    words = "Events that a subscriber has still to take, those that it failed with included."
    behind = GaugeMetricFamily("pronaflow_subscriber_lag", words, labels=("subscriber",))
    words = "Age of the oldest of them that it could take now."
    oldest = GaugeMetricFamily("pronaflow_subscriber_lag_seconds", words, labels=("subscriber",))
    for lag in lags:
        waiting = sum(getattr(lag.jobs, state) for state in STATES)
        behind.add_metric((lag.kind,), waiting if lag.behind is None else lag.behind)
        oldest.add_metric((lag.kind,), lag.jobs.oldest_seconds or 0.0)
    yield behind
    yield oldest


def _installed(plugins: list[PluginStatus], servers: int) -> Iterator[Metric]:
    words = "1 for the state that a plugin is in."
    states = GaugeMetricFamily("pronaflow_plugin_state", words, labels=("plugin", "state"))
    for status in plugins:
        states.add_metric((status.id, status.state), 1)
    yield states
    words = "Server processes that were seen on the database within the last minute."
    yield GaugeMetricFamily("pronaflow_server_processes", words, servers)
