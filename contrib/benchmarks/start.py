"""How long a server takes to its first answer, and how much memory it holds when idle.

    python contrib/benchmarks/start.py [--quick] [--database sqlite|postgresql|both]

Real processes: `pronaflow serve` with all installed plugins over a migrated database, from the start of the
process to the first 200 of `/health`. Modules are compiled beforehand, as pip does at an installation. The
reference is a process that only imports the libraries that every server needs. The goals are 3 seconds and
150 MB.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measure import Figures, Options, options, show
from place import database

TITLE = "Start: `pronaflow serve` to the first 200 of /health, all installed plugins"
LIBRARIES = (
    "import flask, flask_smorest, sqlalchemy.orm, jwt, argon2, cryptography.fernet, waitress, click, limits"
)
PATIENCE = 120.0


@dataclass(frozen=True)
class Start:
    """One start.

    Arguments:
        wall: seconds to the first answer; cpu: of the process by then; rss: bytes held then.
    """

    wall: float
    cpu: float
    rss: int


def figures(asked: Options) -> Figures:
    rounds = 1 if asked.quick else 7
    with TemporaryDirectory(prefix="pronaflow-bytecode-") as bytecode:
        for kind in asked.databases:
            with database(kind) as (url, folder):
                env = _environment(url, folder, None if asked.quick else bytecode)
                _pronaflow(env, "db", "upgrade")
                if not asked.quick:
                    _serve(env)
                pairs = [(_import_libraries(env), _serve(env)) for _ in range(rounds)]
                starts = [start for _, start in pairs]
                yield f"{kind}, libraries alone", f"{median(cpu for cpu, _ in pairs):8.2f} s of CPU"
                ratio = median(start.cpu / cpu for cpu, start in pairs)
                yield (
                    f"{kind}, first answer",
                    f"{median(s.cpu for s in starts):8.2f} s of CPU  {ratio:.2f} times the libraries; "
                    f"on the wall {median(s.wall for s in starts):.2f} s, at best "
                    f"{min(s.wall for s in starts):.2f} s, goal 3 s",
                )
                rss = max(s.rss for s in starts) / 2**20
                yield f"{kind}, memory when idle", f"{rss:8.0f} MB, goal 150 MB"


def _environment(url: str, folder: Path, bytecode: str | None) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PRONAFLOW_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return {
        **env,
        **({} if bytecode is None else {"PYTHONPYCACHEPREFIX": bytecode}),
        "PRONAFLOW_DATABASE_URL": url,
        "PRONAFLOW_DATA_DIR": str(folder / "instance"),
        "PRONAFLOW_LOGS__LEVEL": "warning",
    }


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from pronaflow_kernel.cli.main import main; main()", *arguments]


def _pronaflow(env: dict[str, str], *arguments: str) -> None:
    subprocess.run(_command(*arguments), env=env, check=True, stdout=subprocess.DEVNULL)


def _import_libraries(env: dict[str, str]) -> float:
    """CPU seconds of a process that imports the libraries."""
    process = subprocess.Popen([sys.executable, "-c", LIBRARIES], env=env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def _serve(env: dict[str, str]) -> Start:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    begin = time.monotonic()
    process = subprocess.Popen(_command("serve", "--port", str(port)), env=env)
    try:
        _wait_for_answer(process, f"http://127.0.0.1:{port}/health", begin + PATIENCE)
        wall = time.monotonic() - begin
        cpu, rss = used(process.pid)
        return Start(wall, cpu, rss)
    finally:
        process.terminate()
        process.wait()


def _wait_for_answer(process: subprocess.Popen[bytes], url: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise TimeoutError(f"{url} did not answer")


def used(pid: int) -> tuple[float, int]:
    """CPU seconds and bytes of memory of a process, by the POSIX command `ps` where there is no /proc."""
    folder = Path(f"/proc/{pid}")
    if folder.exists():
        after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        cpu = (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
        return cpu, int(after_name[21]) * os.sysconf("SC_PAGE_SIZE")
    shown = subprocess.run(
        ["ps", "-o", "time=,rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    clock, rss = shown.stdout.split()
    minutes, seconds = clock.split(":")[-2:]
    return 60 * int(minutes) + float(seconds), int(rss) * 1024


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
