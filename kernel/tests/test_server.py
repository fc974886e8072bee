"""How the server starts and, above all, how it stops: a real process, real sockets and real signals.

The application of the child process tells through one pipe when a request begins and ends, and waits at
another one, so that every test knows where the request stands without waiting for time to pass.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from contextlib import ExitStack

import pytest

from pronaflow_kernel.web.server import PortInUse, Server, serve

CHILD = textwrap.dedent(
    """
    import logging, os, sys
    from pronaflow_kernel.web.server import serve

    told, gate, grace = (int(argument) for argument in sys.argv[1:])

    def app(environ, start_response):
        body = b"quick"
        if environ["PATH_INFO"] == "/slow":
            os.write(told, b"begin")
            os.read(gate, 1)
            os.write(told, b"end")
            body = b"slow " + environ["wsgi.input"].read() + b"." * 300_000
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    logging.basicConfig(level=logging.INFO)
    cut_off = serve(app, port=0, threads=2, grace=grace, on_ready=lambda url: print(url, flush=True))
    print(f"cut off {cut_off}")
    """
)


class Child:
    """The server process, with the two pipes to its application."""

    def __init__(self, grace: int) -> None:
        self._told, told = os.pipe()
        gate, self._gate = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(told), str(gate), str(grace)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(told, gate),
        )
        os.close(told)
        os.close(gate)
        self._connections: list[http.client.HTTPConnection] = []
        self._watchdog = threading.Timer(60, self.process.kill)
        self._watchdog.start()
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._connections.append(connection)
        connection.connect()
        return connection

    def connect_and_idle(self) -> http.client.HTTPConnection:
        connection = self.connect()
        connection.request("GET", "/quick")
        assert connection.getresponse().read() == b"quick"
        return connection

    def begin_slow_request(self) -> http.client.HTTPConnection:
        connection = self.connect()
        connection.request("GET", "/slow")
        assert os.read(self._told, 5) == b"begin"
        return connection

    def open_gate(self) -> None:
        os.write(self._gate, b"x")

    def request_ended(self) -> bool:
        return os.read(self._told, 3) == b"end"

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait_until_stopping(self) -> None:
        for line in self.process.stderr:
            if "Stopping: no new connections" in line:
                return
        pytest.fail("the server did not say that it stops")

    def finish(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output.strip()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self._watchdog.cancel()
        for connection in self._connections:
            connection.close()
        os.close(self._told)
        os.close(self._gate)


@pytest.fixture
def start():
    with ExitStack() as stack:

        def start_child(grace: int = 3600) -> Child:
            child = Child(grace)
            stack.callback(child.close)
            return child

        yield start_child


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_request_gets_its_whole_answer_after_the_signal(start, number):
    child = start()
    running = child.begin_slow_request()

    child.send(number)
    child.wait_until_stopping()
    with pytest.raises(ConnectionRefusedError):
        child.connect()
    child.open_gate()

    answer = running.getresponse()
    assert answer.status == 200
    assert answer.getheader("Connection") == "close"
    assert len(answer.read()) == 300_005
    assert child.finish() == (0, "cut off 0")


def test_a_request_whose_body_is_still_being_sent_is_finished_too(start):
    child = start()
    idle = child.connect_and_idle()
    sending = child.connect().sock
    sending.sendall(b"POST /slow HTTP/1.1\r\nHost: here\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n")
    assert sending.recv(100).startswith(b"HTTP/1.1 100")

    child.send(signal.SIGTERM)
    assert idle.sock.recv(1) == b"", "closed, so the server has looked at all its connections"
    sending.sendall(b"my body")
    child.open_gate()

    with http.client.HTTPResponse(sending) as answer:
        answer.begin()
        assert answer.read().startswith(b"slow my body")
    assert child.finish() == (0, "cut off 0")


def test_an_idle_connection_does_not_hold_the_stop(start):
    child = start()
    idle = child.connect_and_idle()

    child.send(signal.SIGTERM)

    assert idle.sock.recv(1) == b""
    assert child.finish() == (0, "cut off 0")


def test_a_request_whose_client_has_left_runs_to_its_end(start):
    child = start()
    child.begin_slow_request().close()

    child.send(signal.SIGTERM)
    child.wait_until_stopping()
    child.open_gate()

    assert child.request_ended()
    assert child.finish()[0] == 0


def test_after_the_grace_a_request_is_cut_off_and_counted(start):
    child = start(grace=0)
    running = child.begin_slow_request()

    child.send(signal.SIGTERM)

    assert child.finish() == (0, "cut off 1")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        running.getresponse()


def test_a_second_signal_ends_the_process_at_once(start):
    child = start()
    child.begin_slow_request()

    child.send(signal.SIGTERM)
    child.wait_until_stopping()
    child.send(signal.SIGTERM)

    assert child.finish() == (-signal.SIGTERM, "")


def test_a_busy_port_is_named_together_with_the_remedy():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"Port {port} on 127.0.0.1 is in use.*--port \d+"):
            serve(lambda environ, start_response: [], port=port)


def test_an_address_of_another_machine_is_not_taken_for_a_busy_port():
    with pytest.raises(OSError, match="assign requested address"):
        serve(lambda environ, start_response: [], host="192.0.2.1", port=0)


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


def test_a_request_that_waits_to_be_accepted_when_the_stop_comes_is_answered():
    server = Server(no_content, "127.0.0.1", 0, threads=1)
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/")

    server.stop()
    assert server.run() == 0

    assert connection.getresponse().status == 204
    connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_the_url_leads_a_browser_on_this_machine_to_the_server(host):
    server = Server(no_content, host, 0, threads=1)
    running = threading.Thread(target=server.run)
    running.start()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    server.stop()
    running.join(60)

    assert answer.status == 204
    assert answer.getheader("Server") is None
    assert not running.is_alive()
