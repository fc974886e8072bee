"""The invitation mail."""

from __future__ import annotations

from datetime import UTC, datetime

from pronaflow_kernel.api import new_id
from pronaflow_workspaces.letters import invitation_mail

ROW = {
    "id": new_id(),
    "version": 1,
    "email": "new@example.com",
    "role": "admin",
    "message": None,
    "expires_at": datetime(2026, 3, 4, 9, 0, tzinfo=UTC),
}


def english(text: str, **values: object) -> str:
    return text.format(**values)


def letter(workspace: str = "Alpha", inviter: str = "ann", **changes: object):
    return invitation_mail(
        {**ROW, **changes},
        "secret",
        workspace=workspace,
        inviter=inviter,
        public_url="https://pm.example.com",
        say=english,
    )


def test_both_forms_say_who_where_until_when_and_how() -> None:
    mail = letter(message="Come, we need you!")
    assert mail.to == "new@example.com"
    assert mail.subject == "Invitation to Alpha - PronaFlow"
    assert mail.html is not None
    for form in (mail.text, mail.html):
        for part in (
            "ann",
            "Alpha",
            "as an admin",
            "Come, we need you!",
            "https://pm.example.com/invitations#token=secret",
            "2026-03-04 09:00 UTC",
            "new@example.com",
        ):
            assert part in form
    assert "as a member" in letter(role="member").text


def test_without_a_message_nothing_is_quoted() -> None:
    mail = letter()
    assert "None" not in mail.text
    assert "blockquote" not in str(mail.html)


def test_what_people_wrote_is_no_markup() -> None:
    mail = letter(workspace="<b>A</b> & {token}", inviter='<script>"', message="<img src=x>\nline")
    html = str(mail.html)
    for tag in ("<b>", "<script>", "<img"):
        assert tag not in html
    assert "&lt;img src=x&gt;\nline" in html
    assert "&lt;b&gt;A&lt;/b&gt; &amp; {token}" in html
    assert "<b>A</b> & {token}" in mail.text


def test_the_subject_is_one_line_whatever_the_name() -> None:
    mail = letter(workspace="Alpha\r\nBcc: x@example.com\u2028\u0007 Beta")
    assert mail.subject == "Invitation to Alpha Bcc: x@example.com Beta - PronaFlow"


def test_a_mail_that_is_sent_again_is_the_same_mail() -> None:
    assert letter().id == letter().id == f"{ROW['id']}.1"


def test_an_invitation_that_is_sent_again_is_another_mail() -> None:
    assert letter(version=2).id != letter().id
