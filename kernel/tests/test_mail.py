"""Mail: what a message looks like, that nobody can forge headers, and talks with a real SMTP server."""

from __future__ import annotations

import email
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.mail import EmlMailer, Mail, MailError, compose, mailer_from
from pronaflow_kernel.settings import MailSettings, Settings
from pronaflow_kernel.smtp import SmtpMailer
from pronaflow_kernel.testing.mail_sink import SENDER, Sink

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HELLO = Mail("ann@team.org", "Hello", "Hello Ann")


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def sent(mail: Mail) -> EmailMessage:
    return read(compose(mail, SENDER, FixedClock(NOON)).as_bytes())


class TestMessage:
    def test_says_who_to_whom_what_and_when(self) -> None:
        message = sent(HELLO)
        assert message["From"] == "PronaFlow <pronaflow@team.org>"
        assert message["To"] == "ann@team.org"
        assert message["Subject"] == "Hello"
        assert message["Date"].datetime == NOON
        assert message.get_content().strip() == "Hello Ann"

    def test_any_language_survives(self) -> None:
        message = sent(Mail("Đặng Thị Ánh <anh@team.org>", "Công việc mới ✓", "Chào Ánh,\n" + "x" * 2000))
        assert message["To"].addresses[0].display_name == "Đặng Thị Ánh"
        assert message["Subject"] == "Công việc mới ✓"
        assert message.get_content().splitlines() == ["Chào Ánh,", "x" * 2000]

    def test_html_comes_beside_the_text(self) -> None:
        message = sent(Mail("ann@team.org", "Hello", "plain", html="<p>rich</p>"))
        assert message.get_content_type() == "multipart/alternative"
        bodies = [part.get_content().strip() for part in message.iter_parts()]
        assert bodies == ["plain", "<p>rich</p>"]

    def test_further_headers(self) -> None:
        message = sent(Mail("ann@team.org", "Hello", "x", headers={"Auto-Submitted": "auto-generated"}))
        assert message["Auto-Submitted"] == "auto-generated"

    def test_sending_again_keeps_the_message_id(self) -> None:
        mail = Mail("ann@team.org", "Hello", "x")
        assert sent(mail)["Message-ID"] == sent(mail)["Message-ID"] == f"<{mail.id}@team.org>"
        assert sent(Mail("ann@team.org", "Hello", "x"))["Message-ID"] != sent(mail)["Message-ID"]
        assert (
            sent(Mail("ann@team.org", "Hello", "x", id="digest-7.1"))["Message-ID"] == "<digest-7.1@team.org>"
        )

    def test_a_domain_in_any_script_becomes_ascii(self) -> None:
        assert sent(Mail("ann@bücher.org", "Hello", "x"))["To"] == "ann@xn--bcher-kva.org"


class TestForgedHeaders:
    BREAKS = ("\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028")

    @pytest.mark.parametrize("separator", BREAKS)
    @pytest.mark.parametrize(
        "forge",
        [
            lambda text: Mail("ann@team.org", text, "x"),
            lambda text: Mail(f"Ann {text} <ann@team.org>", "x", "x"),
            lambda text: Mail(f"ann@team.org{text}", "x", "x"),
            lambda text: Mail("ann@team.org", "x", "x", headers={"X-Note": text}),
            lambda text: Mail("ann@team.org", "x", "x", headers={f"X-Note{text}": "x"}),
            lambda text: Mail("ann@team.org", "x", "x", id=text),
        ],
        ids=["subject", "name", "address", "header", "header name", "id"],
    )
    def test_a_line_break_is_refused_wherever_it_stands(
        self, forge: Callable[[str], Mail], separator: str
    ) -> None:
        for text in (f"a{separator}Bcc: eve@evil.org", f"a{separator}"):
            with pytest.raises(ValueError, match=r"mail|header"):
                sent(forge(text))

    @pytest.mark.parametrize(
        "to",
        [
            "",
            "ann",
            "@team.org",
            "ann@",
            "ann@team.org, eve@evil.org",
            "all: ann@team.org;",
            "ann@team.org eve",
        ],
    )
    def test_it_goes_to_exactly_one_address(self, to: str) -> None:
        with pytest.raises(ValueError, match="mail address"):
            sent(Mail(to, "x", "x"))

    @pytest.mark.parametrize("name", ["Bcc", "to", "FROM", "Content-Type", "Message-ID", "", "X:Y", "X Y"])
    def test_headers_of_the_kernel_are_not_for_callers(self, name: str) -> None:
        with pytest.raises(ValueError, match="not a header that a mail may set"):
            sent(Mail("ann@team.org", "x", "x", headers={name: "x"}))

    @given(subject=st.text(max_size=60), name=st.text(max_size=60))
    def test_no_text_adds_a_header_or_a_recipient(self, subject: str, name: str) -> None:
        try:
            message = sent(Mail(f"{name} <ann@team.org>", subject, "x"))
        except ValueError:
            return
        expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Content-Type",
            "Content-Transfer-Encoding",
        ]
        assert message.keys()[:5] == expected[:5]
        assert set(message.keys()) == {*expected, "MIME-Version"}
        assert [address.addr_spec for address in message["To"].addresses] == ["ann@team.org"]


class TestEmlMailer:
    def test_each_mail_becomes_a_file_that_mail_programs_open(self, tmp_path: Path) -> None:
        EmlMailer(tmp_path / "mail", SENDER, FixedClock(NOON)).send(HELLO)
        (path,) = (tmp_path / "mail").iterdir()
        assert path.suffix == ".eml"
        assert read(path.read_bytes())["Subject"] == "Hello"

    def test_the_same_mail_twice_makes_two_files_in_the_order_of_sending(self, tmp_path: Path) -> None:
        clock = FixedClock(NOON)
        mailer = EmlMailer(tmp_path, SENDER, clock)
        for subject in ("first", "second"):
            mailer.send(Mail("ann@team.org", subject, "x", id="one"))
            clock.advance(0.5)
        mailer.send(Mail("ann@team.org", "third", "x", id="one"))
        found = [read(path.read_bytes())["Subject"] for path in sorted(tmp_path.iterdir())]
        assert found == ["first", "second", "third"]

    def test_a_mail_that_cannot_be_written_leaves_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="mail address"):
            EmlMailer(tmp_path, SENDER, FixedClock(NOON)).send(Mail("nobody", "x", "x"))
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def serve() -> Iterator[Callable[..., Sink]]:
    """Starts sinks and stops them after the test."""
    started: list[Sink] = []

    def serve(**options: Any) -> Sink:
        started.append(Sink(**options))
        return started[-1]

    yield serve
    for sink in started:
        sink.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS of a server at 127.0.0.1 and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + built.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


class TestSmtpMailer:
    def test_hands_the_mail_to_the_server(self, serve: Callable[..., Sink]) -> None:
        sink = serve()
        sink.mailer().send(HELLO)
        (envelope,) = sink.received
        assert (envelope.mail_from, envelope.rcpt_tos) == ("pronaflow@team.org", ["ann@team.org"])
        message = read(envelope.content or b"")
        assert (message["Subject"], message["Message-ID"]) == ("Hello", f"<{HELLO.id}@team.org>")
        assert sink.greeted_by == ["team.org"]

    def test_a_line_with_a_single_dot_does_not_end_the_mail(self, serve: Callable[..., Sink]) -> None:
        sink = serve()
        sink.mailer().send(Mail("ann@team.org", "x", "before\n.\nQUIT\n..after"))
        assert read(sink.received[0].content or b"").get_content().split() == [
            "before",
            ".",
            "QUIT",
            "..after",
        ]

    def test_signs_in_with_a_percent_encoded_password(self, serve: Callable[..., Sink]) -> None:
        sink = serve()
        sink.mailer(login="me%40team.org:p%40ss%2Fword@").send(HELLO)
        assert sink.logins == [(b"me@team.org", b"p@ss/word")]
        assert len(sink.received) == 1

    @pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
    def test_over_tls(
        self,
        serve: Callable[..., Sink],
        certificate: tuple[ssl.SSLContext, ssl.SSLContext],
        scheme: str,
    ) -> None:
        server, client = certificate
        options = (
            {"ssl_context": server}
            if scheme == "smtps"
            else {"tls_context": server, "require_starttls": True}
        )
        sink = serve(**options)
        sink.mailer(scheme, tls=client).send(HELLO)
        assert len(sink.received) == 1

    @pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
    def test_a_server_with_an_unknown_certificate_gets_neither_mail_nor_password(
        self,
        serve: Callable[..., Sink],
        certificate: tuple[ssl.SSLContext, ssl.SSLContext],
        scheme: str,
    ) -> None:
        server, _ = certificate
        sink = serve(**({"ssl_context": server} if scheme == "smtps" else {"tls_context": server}))
        with pytest.raises(MailError, match="CERTIFICATE_VERIFY_FAILED"):
            sink.mailer(scheme, login="me:p@").send(HELLO)
        assert (sink.received, sink.logins) == ([], [])

    def test_starttls_is_never_given_up_silently(self, serve: Callable[..., Sink]) -> None:
        sink = serve()
        with pytest.raises(MailError, match="STARTTLS"):
            sink.mailer("smtp+starttls", login="me:p@").send(HELLO)
        assert (sink.received, sink.logins) == ([], [])


class TestRefusals:
    @pytest.mark.parametrize(
        ("step", "answer", "permanent"),
        [
            ("RCPT", "550 no such user", True),
            ("RCPT", "450 try later", False),
            ("DATA", "554 no spam please", True),
            ("DATA", "451 disk full", False),
        ],
    )
    def test_the_answer_tells_whether_trying_again_makes_sense(
        self, serve: Callable[..., Sink], step: str, answer: str, permanent: bool
    ) -> None:
        sink = serve()
        sink.answers[step] = answer
        with pytest.raises(MailError, match=answer.split(maxsplit=1)[1]) as caught:
            sink.mailer().send(HELLO)
        assert caught.value.permanent is permanent

    def test_a_connection_that_breaks_after_the_mail_may_be_tried_again(
        self, serve: Callable[..., Sink]
    ) -> None:
        sink = serve()
        sink.answers["DATA"] = "drop"
        with pytest.raises(MailError) as caught:
            sink.mailer().send(HELLO)
        assert not caught.value.permanent

    def test_a_wrong_password_is_no_reason_to_give_up_the_mail_nor_to_print_it(
        self, serve: Callable[..., Sink]
    ) -> None:
        sink = serve()
        with pytest.raises(MailError, match="535") as caught:
            sink.mailer(login="me:canary@").send(HELLO)
        assert not caught.value.permanent
        assert "canary" not in str(caught.value)

    def test_a_server_that_is_away(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(MailError, match="Connection refused") as caught:
            SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER, FixedClock(NOON)).send(HELLO)
        assert not caught.value.permanent


def test_settings_choose_the_mailer(tmp_path: Path) -> None:
    clock = FixedClock(NOON)
    mailer_from(Settings(data_dir=tmp_path), clock).send(HELLO)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    smtp = Settings(data_dir=tmp_path, mail=MailSettings(url="smtp://mail.team.org"))
    assert isinstance(mailer_from(smtp, clock), SmtpMailer)
