"""All that is held of a user, for the user."""

import json

import pyotp

from pronaflow_kernel.identity.leaving.personal_data import collect
from pronaflow_kernel.persistence.scope import Scope

ME = "/api/v1/auth/me"


class TestCollecting:
    def test_shows_all_that_the_kernel_holds_and_no_secret(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        secret = person.post("/api/v1/auth/mfa/enable").data["secret"]
        person.post("/api/v1/auth/mfa/confirm", {"totp_code": pyotp.TOTP(secret).at(house.clock.now())})
        person.patch(ME, {"full_name": "Nina Nova"})

        with house.world.kernel.db.read(Scope.system()) as reader:
            found = collect(house.world.kernel, reader, account.id)

        own = found["kernel"]
        assert own["account"][0]["email"] == account.email
        assert own["sessions"][0]["ip"] == account.ip
        assert own["second_factors"][0]["kind"] == "totp"
        assert own["workspaces"][0]["role"] == "owner"
        assert {"user.registered", "session.started", "mfa.enabled"} <= {
            row["type"] for row in own["actions"]
        }
        assert "Nina Nova" in json.dumps(own["personal_values"], default=str)
        told = json.dumps(found, default=str)
        assert secret not in told
        assert "$argon2" not in told

    def test_nothing_of_others(self, house):
        account, other = house.resident(), house.resident()
        with house.world.kernel.db.read(Scope.system()) as reader:
            told = json.dumps(collect(house.world.kernel, reader, account.id), default=str)
        assert other.email not in told
        assert other.id not in told
