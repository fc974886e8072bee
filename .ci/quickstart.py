"""Run the README's quickstart command in a clean copy, ask the server how it is, and stop it.

Usage: quickstart.py FOLDER COMMAND
"""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request

PATIENCE = 300.0
"""Seconds for the whole: creating the environment, installing, starting, stopping."""


def main(folder: str, command: str) -> int:
    """Start, ask `/health/ready`, send SIGTERM; 1 if the server was not ready or did not stop by itself."""
    server = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PRONAFLOW_SERVER__PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(PATIENCE, os.killpg, (server.pid, signal.SIGKILL))
    watchdog.start()
    url = None
    assert server.stdout is not None
    for line in server.stdout:
        print(f"  {line.rstrip()}")
        if found := re.search(r"http://[\w.]+:\d+", line):
            url = found[0]
            break
    ready = url is not None and is_ready(url)
    os.killpg(server.pid, signal.SIGTERM)
    rest, _ = server.communicate()
    watchdog.cancel()
    print("".join(f"  {line}\n" for line in rest.splitlines()), end="")
    print("ready" if ready else "not ready", f"at {url}; ended with {server.returncode}")
    return 0 if ready and server.returncode in (0, -signal.SIGTERM) else 1


def is_ready(url: str) -> bool:
    """Whether the server says that it can work."""
    with urllib.request.urlopen(f"{url}/health/ready", timeout=PATIENCE) as answer:
        return answer.status == 200


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
