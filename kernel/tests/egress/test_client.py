"""The one client for outgoing requests: what it reaches, and what it refuses."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.egress.client import Egress
from pronaflow_kernel.egress.errors import BlockedAddress, EgressFailed, EgressRefused, EgressTimeout
from pronaflow_kernel.errors import CapabilityDenied
from pronaflow_kernel.plugins.manifest import ManifestError, parse_manifest
from pronaflow_kernel.settings import load
from pronaflow_kernel.testing import World

from .conftest import LOOPBACK, OK, Authority, RawServer, serving

Make = Callable[..., Egress]
HERE = {"hooks.example": [LOOPBACK]}
OPEN: dict[str, Any] = {"allow": [LOOPBACK]}
PUBLIC = {"public.example": ["8.8.8.8"]}


def head_of(server: RawServer) -> list[bytes]:
    [received] = server.received
    return received.partition(b"\r\n\r\n")[0].split(b"\r\n")


class TestSending:
    """What goes out and what comes back."""

    def test_a_request_arrives_whole_and_its_answer_too(self, egress: Make, server: RawServer) -> None:
        url = f"http://hooks.example:{server.port}/in?x=1#part"
        reply = egress(HERE, **OPEN).request("POST", url, json={"a": 1}, headers={"x-sign": "s"})
        assert (reply.status, reply.text, reply.complete) == (200, "ok", True)
        assert reply.headers == {"content-length": "2"}
        first, *headers = head_of(server)
        assert first == b"POST /in?x=1 HTTP/1.1"
        assert {
            f"Host: hooks.example:{server.port}".encode(),
            b"Accept-Encoding: identity",
            b"Content-Type: application/json",
            b"Content-Length: 7",
            b"X-Sign: s",
        } <= set(headers)
        assert server.received[0].endswith(b'{"a":1}')

    def test_redirects_are_answers(self, egress: Make) -> None:
        moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
        with serving(lambda connection: connection.sendall(moved)) as server:
            reply = egress(HERE, **OPEN).request("GET", f"http://hooks.example:{server.port}/")
        assert (reply.status, reply.headers["location"]) == (302, "http://169.254.169.254/")
        assert len(server.received) == 1

    def test_proxies_of_the_environment_are_not_asked(
        self, egress: Make, server: RawServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert egress(HERE, **OPEN).request("GET", f"http://hooks.example:{server.port}/").status == 200

    def test_a_host_is_resolved_once_and_its_checked_address_taken(
        self, egress: Make, server: RawServer
    ) -> None:
        answers = iter([[LOOPBACK], ["10.0.0.1"]])
        client = egress(lambda host, port: next(answers), **OPEN)
        assert client.request("GET", f"http://hooks.example:{server.port}/").status == 200
        assert list(answers) == [["10.0.0.1"]]

    def test_the_next_address_is_tried_where_nobody_listens(self, egress: Make, server: RawServer) -> None:
        client = egress({"hooks.example": ["127.0.0.2", LOOPBACK]}, allow=["127.0.0.0/8"])
        assert client.request("GET", f"http://hooks.example:{server.port}/").status == 200

    def test_a_long_answer_is_cut(self, egress: Make) -> None:
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
        with serving(lambda connection: connection.sendall(whole)) as server:
            url = f"http://hooks.example:{server.port}/"
            by_default = egress(HERE, **OPEN).request("GET", url)
            asked = egress(HERE, **OPEN).request("GET", url, max_bytes=100_000)
        assert (len(by_default.body), by_default.complete) == (64 * 1024, False)
        assert (len(asked.body), asked.complete) == (100_000, True)
        with pytest.raises(EgressFailed, match="too long"):
            by_default.json()

    def test_a_compressed_answer_is_not_unpacked(self, egress: Make) -> None:
        bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
        with serving(lambda connection: connection.sendall(bomb)) as server:
            reply = egress(HERE, **OPEN).request("GET", f"http://hooks.example:{server.port}/")
        assert reply.body == b"\x1f\x8b\x08\x00"

    @pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "CONNECTION"])
    def test_a_caller_cannot_write_what_frames_the_message(self, egress: Make, name: str) -> None:
        with pytest.raises(ValueError, match="the client writes it"):
            egress(HERE, **OPEN).request("GET", "http://hooks.example/", headers={name: "x"})

    def test_a_caller_cannot_write_lines_or_methods_of_its_own(self, egress: Make, server: RawServer) -> None:
        url = f"http://hooks.example:{server.port}/"
        with pytest.raises(ValueError, match="header"):
            egress(HERE, **OPEN).request("GET", url, headers={"X": "a\r\nHost: evil.example"})
        for method in ("CONNECT", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "get"):
            with pytest.raises(ValueError, match="no method"):
                egress(HERE, **OPEN).request(method, url)


class TestRules:
    """What is refused before anything is sent."""

    @pytest.mark.parametrize(
        "addresses",
        [
            ["127.0.0.1"],
            ["8.8.8.8", "10.0.0.1"],
            ["::1"],
            ["64:ff9b::a9fe:a9fe"],
            ["::ffff:127.0.0.1"],
            ["fe80::1%1"],
        ],
    )
    def test_one_inner_address_closes_a_host(
        self, egress: Make, addresses: list[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        said = set()
        for port in (443, 22, 8443):
            with pytest.raises(BlockedAddress) as refused:
                egress({"inner.example": addresses}).request("GET", f"https://inner.example:{port}/")
            said.add(str(refused.value))
        assert said == {"This server does not send requests to inner.example"}
        assert "egress.allow does not open" in caplog.text

    def test_the_system_s_resolver_is_asked_unless_another_one_is_given(self) -> None:
        client = Egress(load(env={}))
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "0177.1", "[::1]", "[::ffff:7f00:1]", "localhost"):
            with pytest.raises(BlockedAddress):
                client.request("GET", f"https://{host}/")

    def test_public_hosts_are_asked_by_https_and_on_usual_ports(self, egress: Make) -> None:
        with pytest.raises(EgressRefused, match="https://"):
            egress(PUBLIC).request("GET", "http://public.example/")
        for port in (22, 25, 6379, 0):
            with pytest.raises(EgressRefused, match=f"80, 443, 8080, 8443, not to {port}"):
                egress(PUBLIC).request("GET", f"https://public.example:{port}/")

    def test_low_ports_stay_closed_in_opened_networks(self, egress: Make) -> None:
        with pytest.raises(EgressRefused, match="not to 25"):
            egress(HERE, **OPEN).request("GET", "http://hooks.example:25/")

    def test_this_server_and_its_database_are_not_reached(self, egress: Make, server: RawServer) -> None:
        hosts = {**HERE, "db.example": [LOOPBACK]}
        for settings in (
            {"server.port": server.port, "server.host": LOOPBACK},
            {"database_url": f"postgresql://u:p@db.example:{server.port}/x"},
            {"redis_url": f"redis://db.example:{server.port}/0"},
        ):
            client = egress({**hosts, LOOPBACK: [LOOPBACK]}, settings=settings, **OPEN)
            with pytest.raises(BlockedAddress):
                client.request("GET", f"http://hooks.example:{server.port}/")
        assert server.received == []


class TestFailing:
    """What happens where nobody answers, or nobody answers well."""

    def test_who_does_not_exist_is_not_reached(self, egress: Make) -> None:
        with pytest.raises(EgressFailed, match=r"no host called nowhere\.example"):
            egress(HERE).request("GET", "https://nowhere.example/")
        with pytest.raises(EgressFailed, match="no host"):
            egress({"empty.example": []}).request("GET", "https://empty.example/")

    def test_closed_ports_and_broken_answers_read_alike(self, egress: Make) -> None:
        closed = socket.create_server((LOOPBACK, 0))
        port = closed.getsockname()[1]
        closed.close()
        said = set()
        for answer in (None, b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"):
            with serving(lambda c, answer=answer: c.sendall(answer or b"")) as server:
                url = f"http://hooks.example:{port if answer is None else server.port}/"
                with pytest.raises(EgressFailed) as failed:
                    egress(HERE, **OPEN).request("GET", url)
                said.add((type(failed.value), str(failed.value)))
        assert said == {(EgressFailed, "hooks.example could not be reached, or does not speak HTTP")}

    @pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"])
    def test_a_server_that_drips_is_cut_off(self, egress: Make, start: bytes) -> None:
        over = threading.Event()

        def drip(connection: socket.socket) -> None:
            connection.sendall(start)
            for _ in range(200):
                connection.sendall(b"x")
                if over.wait(0.02):
                    return

        with serving(drip) as server, pytest.raises(EgressTimeout, match="in time"):
            egress(HERE, **OPEN).request("GET", f"http://hooks.example:{server.port}/", timeout=0.2)
        over.set()

    def test_a_handshake_that_never_ends_is_cut_off(self, egress: Make) -> None:
        with socket.create_server((LOOPBACK, 0)) as silent, pytest.raises(EgressTimeout):
            url = f"https://hooks.example:{silent.getsockname()[1]}/"
            egress(HERE, **OPEN).request("GET", url, timeout=0.2)

    def test_a_resolver_that_hangs_is_not_waited_for(self, egress: Make) -> None:
        over = threading.Event()

        def hang(host: str, port: int) -> list[str]:
            over.wait()
            return []

        with pytest.raises(EgressTimeout, match="not found in time"):
            egress(hang).request("GET", "https://hooks.example/", timeout=0.1)
        over.set()

    def test_the_operator_s_time_is_the_most(self, egress: Make) -> None:
        client = egress(HERE, timeout=0.2, **OPEN)
        with socket.create_server((LOOPBACK, 0)) as silent, pytest.raises(EgressTimeout):
            client.request("GET", f"http://hooks.example:{silent.getsockname()[1]}/", timeout=3600)


class TestTls:
    """The name decides about the certificate, though the connection goes to an address."""

    def test_the_certificate_is_that_of_the_name(self, egress: Make, authority: Authority) -> None:
        names: list[str | None] = []
        context = authority.server("hooks.example")
        context.sni_callback = lambda connection, name, context: names.append(name)
        with serving(lambda connection: connection.sendall(OK), context) as server:
            client = egress(HERE, tls=authority.trust(), **OPEN)
            assert client.request("GET", f"https://hooks.example:{server.port}/").status == 200
        assert names == ["hooks.example"]
        assert f"Host: hooks.example:{server.port}".encode() in head_of(server)

    def test_an_address_may_have_a_certificate(self, egress: Make, authority: Authority) -> None:
        with serving(lambda connection: connection.sendall(OK), authority.server(LOOPBACK)) as server:
            client = egress({LOOPBACK: [LOOPBACK]}, tls=authority.trust(), **OPEN)
            assert client.request("GET", f"https://{LOOPBACK}:{server.port}/").status == 200

    @pytest.mark.parametrize("fault", ["another name", "an unknown authority"])
    def test_a_wrong_certificate_ends_the_request(
        self, egress: Make, authority: Authority, fault: str
    ) -> None:
        name = "other.example" if fault == "another name" else "hooks.example"
        trust = authority.trust() if fault == "another name" else ssl.create_default_context()
        with serving(lambda connection: connection.sendall(OK), authority.server(name)) as server:
            client = egress(HERE, tls=trust, **OPEN)
            with pytest.raises(EgressFailed, match=r"certificate of hooks\.example is not valid"):
                client.request("POST", f"https://hooks.example:{server.port}/")
        assert server.received == []


class TestPlugins:
    """A plugin reaches what its manifest names."""

    @pytest.mark.parametrize(
        ("network", "host"),
        [
            (["hooks.example"], "hooks.example"),
            (["*.example"], "hooks.example"),
            (["*.example"], "a.hooks.example"),
            (["x", "Hooks.Example"], "HOOKS.example."),
            (["*"], "hooks.example"),
        ],
    )
    def test_hosts_that_are_named(
        self, egress: Make, server: RawServer, network: list[str], host: str
    ) -> None:
        hosts = {name: [LOOPBACK] for name in ("hooks.example", "a.hooks.example")}
        http = egress(hosts, **OPEN).for_plugin("sms", network)
        assert http.request("GET", f"http://{host}:{server.port}/").status == 200

    @pytest.mark.parametrize(
        ("network", "host"),
        [
            ([], "hooks.example"),
            (["hooks.example"], "evil-hooks.example"),
            (["*.hooks.example"], "hooks.example"),
            (["*.example"], "example.evil"),
            (["8.8.8.8"], "134744072"),
        ],
    )
    def test_hosts_that_are_not(self, egress: Make, network: list[str], host: str) -> None:
        http = egress(lambda name, port: pytest.fail("it asked the resolver")).for_plugin("sms", network)
        with pytest.raises(CapabilityDenied) as denied:
            http.request("GET", f"https://{host}/")
        assert str(denied.value) == (
            f"plugin 'sms' may not send requests to {host}: add network = [\"{host}\"] to its plugin.toml"
        )

    def test_a_manifest_names_hosts_and_not_addresses(self) -> None:
        data = {"manifest": 1, "id": "sms", "name": "SMS", "summary": "Texts", "api": ">=1"}
        for good in ("api.example.com", "*.example.com", "*", "10.1.2.3", "2001:db8::1", "localhost"):
            assert parse_manifest({**data, "network": [good]}, "plugin.toml").network == (good,)
        for bad in ("https://example.com", "example.com/", "example.com:443", "*x.example", "a.*", ""):
            with pytest.raises(ManifestError, match=r"names hosts such as .* not "):
                parse_manifest({**data, "network": [bad]}, "plugin.toml")
        with pytest.raises(ManifestError, match="must be a list of strings"):
            parse_manifest({**data, "network": 7}, "plugin.toml")

    def test_a_context_holds_a_client_for_its_plugin(self, world: World) -> None:
        http = world.kernel.contexts["notes"].http
        with pytest.raises(CapabilityDenied, match=r"plugin 'notes' may not send requests to example\.com"):
            http.request("GET", "https://example.com/")

    def test_what_a_manifest_names_is_still_held_to_the_operator_s_rules(self, egress: Make) -> None:
        with pytest.raises(BlockedAddress):
            egress({"inner": ["10.0.0.1"]}).for_plugin("sms", ["*"]).request("GET", "https://inner/")


class TestFlights:
    """Many requests at once."""

    def test_all_land_the_failed_ones_too(self, egress: Make, server: RawServer) -> None:
        http = egress(HERE, **OPEN).for_plugin("sms", ["*"])
        with http.flight(4) as flight:
            for key in ("a", "b"):
                flight.send(key, "POST", f"http://hooks.example:{server.port}/", body=b"x")
            flight.send("nowhere", "POST", "http://nobody.example/")
            landed: list[Any] = []
            while flight.flying:
                landed += flight.landed(5.0)
        assert {each.key: each.reply and each.reply.status for each in landed} == {
            "a": 200,
            "b": 200,
            "nowhere": None,
        }
        assert [type(each.error) for each in landed if each.error] == [EgressFailed]

    def test_an_address_is_checked_before_anybody_relies_on_it(self, egress: Make) -> None:
        http = egress({**HERE, **PUBLIC}).for_plugin("sms", ["*.example"])
        assert http.check("https://Public.example/x") == "public.example"
        assert http.check("https://unknown.example/") == "unknown.example"
        for refused in ("https://hooks.example/", "https://u@public.example/", "ftp://public.example/"):
            with pytest.raises(EgressRefused):
                http.check(refused)
        with pytest.raises(CapabilityDenied):
            http.check("https://example.org/")
