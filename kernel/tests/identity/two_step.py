"""Somebody with a second factor, and what the tests of it do."""

from dataclasses import dataclass, field

import pyotp
from sqlalchemy import select

from pronaflow_kernel.persistence.scope import Scope

ME = "/api/v1/auth/me"
MFA = "/api/v1/auth/mfa"


@dataclass
class App:
    """What somebody has on the telephone, and the recovery codes in the drawer."""

    house: object
    secret: str
    recovery: list[str] = field(default_factory=list)

    def code(self, steps=0):
        """The code of this moment, or of so many steps later."""
        return pyotp.TOTP(self.secret).at(self.house.clock.now(), counter_offset=steps)

    def next_code(self):
        """A code that was not used yet: half a minute passes."""
        self.house.clock.advance(30)
        return self.code()

    def wrong(self):
        """A code of no step that is near."""
        near = {self.code(steps) for steps in (-2, -1, 0, 1, 2)}
        return next(f"{n:06}" for n in range(10) if f"{n:06}" not in near)


def begun(house, person):
    """What enabling answers, and the app that has read it."""
    answer = person.post(f"{MFA}/enable").data
    return answer, App(house, answer["secret"], answer["backup_codes"])


def enrolled(house):
    """Somebody with a factor: account, a caller with the session that set it up, the app."""
    account = house.resident()
    person, _ = house.signed_in(account)
    _, app = begun(house, person)
    assert person.post(f"{MFA}/confirm", {"totp_code": app.code()}).status == 200
    return account, person, app


def challenged(house, account):
    """The token that a right password gives."""
    answer = house.login(account).data
    assert answer["mfa_required"] is True
    return answer["mfa_token"]


def verify(house, token, **shown):
    return house.post(f"{MFA}/verify", {"mfa_token": token, **shown})


def signed_in(house, account, app):
    """A caller whose session began with password and code."""
    tokens = verify(house, challenged(house, account), totp_code=app.next_code()).data
    person = house.world.anonymous()
    person.token = tokens["access_token"]
    return person


def rows(house, model, user_id):
    with house.world.kernel.db.read(Scope.system()) as reader:
        return reader.all(select(model.__table__).where(model.user_id == user_id))
