"""`pronaflow worker`: background work in processes of its own."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from .failures import ExitCode, failure_of
from .serve import safe_mode_option
from .state import State, config_option, log_for, state_of

if TYPE_CHECKING:
    from ..kernel import Kernel

log = logging.getLogger("pronaflow.worker")

FINAL = (ExitCode.SETTINGS, ExitCode.START_REFUSED, ExitCode.MIGRATION)
"""Exit codes of a process that another one could not avoid; all others may be better luck next time."""


@dataclass(frozen=True)
class Duty:
    """What each process is told.

    Arguments:
        config: path of the settings file.
        flags: settings from flags, by dotted name.
        queues: the only ones that are served; none for all.
    """

    config: str | None
    flags: dict[str, Any]
    queues: tuple[str, ...]


@click.command()
@click.option("--processes", type=click.IntRange(1, 64), help="Processes; by default jobs.processes.")
@click.option(
    "--threads", type=click.IntRange(1, 64), help="Threads of each process; by default jobs.worker_threads."
)
@click.option(
    "--queues",
    metavar="NAMES",
    help="Serve these queues only, with commas between; events are passed on by workers of `default`.",
)
@click.option(
    "--grace",
    type=click.IntRange(0, 3600),
    metavar="SECONDS",
    help="How long what was begun may take once the worker is to end; by default jobs.grace_seconds.",
)
@safe_mode_option
@config_option
@click.pass_context
def worker(
    ctx: click.Context,
    processes: int | None,
    threads: int | None,
    queues: str | None,
    grace: int | None,
    safe_mode: bool,
) -> None:
    """Do background work.

    Any number of workers may run on one database, on several machines too, beside servers that work
    themselves or leave it to them (jobs.threads = 0). With redis_url they hear at once of what servers leave
    to them, else within a tenth of a second; what must be done is known from the database alone.

    SIGTERM and Ctrl-C end it after the jobs that run, or after --grace; a second signal ends it at once. A
    process that dies is started again.

    The database must be up to date: a server or `pronaflow db upgrade` sees to that.
    """
    from ..jobs.supervisor import Supervisor

    flags = {
        "jobs.processes": processes,
        "jobs.worker_threads": threads,
        "jobs.grace_seconds": grace,
        "plugins.safe_mode": safe_mode or None,
    }
    flags = {name: value for name, value in flags.items() if value is not None}
    state = state_of(ctx)
    settings = state.settings(flags)
    log_for(settings, serving=True)
    duty = Duty(
        state.config, flags, tuple(name.strip() for name in (queues or "").split(",") if name.strip())
    )
    jobs = settings.jobs
    ctx.exit(Supervisor(run, (duty,), jobs.processes, jobs.grace_seconds, FINAL).run())


def run(number: int, duty: Duty) -> None:
    """One process, from its start to its end; called in a process of its own.

    Arguments:
        number: of the process, from 1; the first one says for all why they cannot start.
    """
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes, and ours tells us to end
    threading.Thread(target=_end_with_parent, args=(ended,), name="pronaflow-parent", daemon=True).start()
    try:
        kernel = _assembled(duty)
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        if number == 1:
            click.echo(f"Error: {failure.message}", err=True)
        sys.exit(failure.exit_code)
    _work(kernel, duty, ended)


def _end_with_parent(ended: threading.Event) -> None:
    """Nobody would tell a process to end whose supervisor was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        if not ended.is_set():
            log.warning("The process that started this worker is gone; stopping")
        ended.set()


def _assembled(duty: Duty) -> Kernel:
    from ..assembly import StartRefused, assemble

    state = State()
    state.config = duty.config
    settings = state.settings(duty.flags)
    log_for(settings, serving=True)
    # Pools of connections are as large as the threads of a server; here others use them.
    flags = {**duty.flags, "server.threads": settings.jobs.worker_threads}
    kernel = assemble(config=duty.config, overrides=flags, migrate=False)
    known = kernel.bus.works.queues
    if unknown := sorted(set(duty.queues) - set(known)):
        raise StartRefused(f"there is no queue {', '.join(unknown)}; there are {', '.join(known)}")
    return kernel


def _work(kernel: Kernel, duty: Duty, ended: threading.Event) -> None:
    from ..garbage import set_aside
    from ..jobs.worker import Worker
    from ..plugins.processes import Reporter

    set_aside()
    jobs = kernel.settings.jobs
    reporter = Reporter(kernel.db, kernel.guard, kernel.clock, role="worker")
    reporter.start()
    works = Worker(kernel, jobs.worker_threads, duty.queues)
    works.start()
    shown = ", ".join(duty.queues) or "all queues"
    woken = "by Redis" if kernel.settings.redis_url else "by looking for work"
    log.info("Working on %s in %d threads, woken %s", shown, jobs.worker_threads, woken)
    ended.wait()
    log.info("Stopping: finishing what was begun")
    finished = works.stop(jobs.grace_seconds)
    reporter.stop()
    if not finished:
        log.warning("Stopping: jobs that still ran after %d s are done again by others", jobs.grace_seconds)
        logging.shutdown()
        os._exit(0)  # closing would wait for them
    kernel.close()
    log.info("Stopped")
