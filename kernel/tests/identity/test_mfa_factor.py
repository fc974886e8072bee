"""The second factor: set up, kept secret, switched off (security.md 2.6, modules.md 1.1)."""

import base64
import json

import pyotp
import pytest
from sqlalchemy import update

from pronaflow_kernel.identity.mfa.models import Factor, RecoveryCode
from pronaflow_kernel.identity.models import Session
from pronaflow_kernel.identity.operators import Operators
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.secrets import Keys

from .two_step import ME, MFA, begun, challenged, enrolled, rows, signed_in, verify


class TestSettingUp:
    def test_shows_secret_image_address_and_ten_recovery_codes(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        answer, _ = begun(house, person)

        assert set(answer) == {"secret", "qr_code", "otpauth_url", "backup_codes"}
        assert len(base64.b32decode(answer["secret"])) == 20
        head, _, image = answer["qr_code"].partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(image).startswith(b"\x89PNG\r\n")
        parsed = pyotp.parse_uri(answer["otpauth_url"])
        assert (parsed.secret, parsed.issuer, parsed.name) == (answer["secret"], "PronaFlow", account.email)
        assert len(set(answer["backup_codes"])) == 10
        # 16 letters of 5 bits
        assert {len(code.replace("-", "")) for code in answer["backup_codes"]} == {16}

    def test_changes_nothing_until_it_is_confirmed(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        begun(house, person)

        assert house.login(account).data["mfa_required"] is False
        assert person.get(ME).data["mfa_enabled"] is False
        assert person.get(f"{MFA}/backup-codes").data == {"remaining": 0, "backup_codes": []}

    def test_begun_again_replaces_what_was_begun(self, house):
        person, _ = house.signed_in(house.resident())
        _, former = begun(house, person)
        _, app = begun(house, person)

        refused = person.post(f"{MFA}/confirm", {"totp_code": former.code()})
        assert refused.faults == {"totp_code"}
        assert person.post(f"{MFA}/confirm", {"otp_code": app.code()}).data["mfa_enabled"] is True

    def test_confirmed_it_is_shown_announced_and_mailed(self, house):
        account, person, _ = enrolled(house)

        assert person.get(ME).data["mfa_enabled"] is True
        assert [row["type"] for row in house.events_of(account.id, "mfa.enabled")] == ["mfa.enabled"]
        assert house.mails(account)[-1].subject.startswith("Two-step sign-in is on")

    def test_confirmed_ends_all_other_sessions(self, house):
        account = house.resident()
        other, refresh_token = house.signed_in(account)
        person, _ = house.signed_in(account)
        _, app = begun(house, person)

        person.post(f"{MFA}/confirm", {"totp_code": app.code()})

        assert person.get(ME).status == 200
        assert other.get(ME).status == 401
        assert house.refresh(refresh_token).status == 401

    def test_is_refused_where_it_is_on(self, house):
        _, person, app = enrolled(house)

        assert person.post(f"{MFA}/enable").error["details"]["reason"] == "mfa_enabled"
        assert person.post(f"{MFA}/confirm", {"totp_code": app.next_code()}).status == 409

    def test_needs_a_sign_in_of_the_last_five_minutes(self, house):
        person, _ = house.signed_in(house.resident())
        house.clock.advance(301)

        refused = person.post(f"{MFA}/enable")

        assert (refused.status, refused.error["details"]["reason"]) == (403, "step_up_required")

    def test_cannot_be_confirmed_before_it_is_begun(self, house):
        person, _ = house.signed_in(house.resident())
        refused = person.post(f"{MFA}/confirm", {"totp_code": "123456"})
        assert (refused.status, refused.error["details"]["reason"]) == (409, "not_begun")

    @pytest.mark.parametrize(
        "code", ["12345", "1234567", "12345a", "", "\u0661\u0662\u0663\u0664\u0665\u0666"]
    )
    def test_a_code_has_six_digits(self, house, code):
        person, _ = house.signed_in(house.resident())
        assert person.post(f"{MFA}/confirm", {"totp_code": code}).faults == {"totp_code"}

    def test_demands_one_code(self, house):
        person, _ = house.signed_in(house.resident())
        assert person.post(f"{MFA}/confirm", {}).faults == {"totp_code"}
        both = {"totp_code": "123456", "otp_code": "123456"}
        assert person.post(f"{MFA}/confirm", both).faults == {"otp_code"}


class TestSecrets:
    def test_are_stored_encrypted_and_hashed(self, house):
        account, _, app = enrolled(house)

        [factor] = rows(house, Factor, account.id)
        codes = rows(house, RecoveryCode, account.id)

        assert app.secret not in json.dumps(factor, default=str)
        place = f"core__mfa_factor.secret/{factor['id']}"
        assert house.world.kernel.keys.decrypt(factor["secret"], bound_to=place) == app.secret
        assert len(codes) == 10
        assert all(row["code_hash"].startswith("$argon2id$") for row in codes)

    def test_stand_in_no_event_and_no_mail(self, house):
        account, _, app = enrolled(house)
        signed_in(house, account, app)

        told = json.dumps(house.events_of(account.id), default=str)
        told += "".join(mail.text for mail in house.mails(account))
        shown = [app.secret, *app.recovery]
        assert [secret for secret in shown if secret in told] == []

    def test_that_no_key_reads_any_more_make_the_server_say_so(self, house, caplog):
        account, _, app = enrolled(house)
        [factor] = rows(house, Factor, account.id)
        gone = Keys(["another key that this server never had, or has no more"])
        unreadable = gone.encrypt(app.secret, bound_to=f"core__mfa_factor.secret/{factor['id']}")
        with house.world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(Factor).where(Factor.id == factor["id"]).values(secret=unreadable))

        reply = verify(house, challenged(house, account), totp_code=app.next_code())

        assert (reply.status, reply.error["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "secrets rotate" in caplog.text


class TestSwitchingOff:
    def test_the_documented_request_is_enough_in_a_session_that_has_shown_the_factor(self, house):
        account, _, app = enrolled(house)
        person = signed_in(house, account, app)

        answer = person.post(f"{MFA}/disable", {"password": account.password}).data

        assert answer["mfa_enabled"] is False
        assert house.login(account).data["mfa_required"] is False
        assert rows(house, Factor, account.id) == rows(house, RecoveryCode, account.id) == []
        assert house.events_of(account.id, "mfa.disabled")[0]["payload"]["by"] == "owner"
        assert house.mails(account)[-1].subject.startswith("Two-step sign-in is off")

    def test_later_it_needs_a_code(self, house):
        account, person, app = enrolled(house)
        house.clock.advance(601)

        refused = person.post(f"{MFA}/disable", {"password": account.password})
        assert (refused.status, refused.error["details"]["reason"]) == (403, "step_up_required")
        body = {"password": account.password, "totp_code": app.code()}
        assert person.post(f"{MFA}/disable", body).status == 200

    def test_a_recovery_code_will_do(self, house):
        account, person, app = enrolled(house)
        house.clock.advance(601)
        body = {"password": account.password, "backup_code": app.recovery[0]}
        assert person.post(f"{MFA}/disable", body).status == 200

    def test_a_wrong_code_counts(self, house):
        account, person, app = enrolled(house)
        house.clock.advance(601)
        body = {"password": account.password, "totp_code": app.wrong()}
        answers = [person.post(f"{MFA}/disable", body).status for _ in range(10)]
        assert answers == [422] * 9 + [429]

    def test_needs_the_password(self, house):
        _, person, _ = enrolled(house)
        assert person.post(f"{MFA}/disable", {"password": "Wrong-Horse-77"}).faults == {"password"}
        assert person.post(f"{MFA}/disable", {}).faults == {"password"}

    def test_a_session_that_began_without_the_factor_has_not_shown_it(self, house):
        account, person, _ = enrolled(house)
        session_id = house.sessions(account)[-1]["id"]
        with house.world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(Session).where(Session.id == session_id).values(amr=["pwd"]))
        assert person.post(f"{MFA}/disable", {"password": account.password}).status == 403

    def test_ends_all_other_sessions(self, house):
        account, other, app = enrolled(house)
        person = signed_in(house, account, app)
        person.post(f"{MFA}/disable", {"password": account.password})
        assert (person.get(ME).status, other.get(ME).status) == (200, 401)

    def test_is_refused_where_it_is_off(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        refused = person.post(f"{MFA}/disable", {"password": account.password})
        assert (refused.status, refused.error["details"]["reason"]) == (409, "mfa_disabled")

    def test_it_can_be_set_up_again(self, house):
        account, person, _ = enrolled(house)
        person.post(f"{MFA}/disable", {"password": account.password})
        _, app = begun(house, person)
        assert person.post(f"{MFA}/confirm", {"totp_code": app.code()}).status == 200


class TestLostFactor:
    def test_an_operator_can_remove_it(self, house):
        account, person, _ = enrolled(house)

        with house.world.kernel.db.write(Scope.system(), origin="system") as uow:
            Operators(house.world.kernel).reset_factor(uow, account.email.upper())

        assert person.get(ME).status == 401
        assert house.login(account).data["mfa_required"] is False
        [event] = house.events_of(account.id, "mfa.disabled")
        assert (event["payload"]["by"], event["actor_kind"]) == ("operator", "system")
        assert "Whoever runs this server" in house.mails(account)[-1].text
