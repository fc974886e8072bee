"""Failed sign-ins: who is locked out, who is not, and who hears of it (security.md 2.7)."""

from dataclasses import replace
from itertools import count

import pytest

from pronaflow_kernel.errors import ServiceUnavailable
from pronaflow_kernel.identity.guessing import lockout
from pronaflow_kernel.identity.guessing.lockout import RUN, SIEGE
from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes
from pronaflow_kernel.testing import World

from .guessing import CHANGE, CONFIRM, LOCKED, LOGIN, NEW, WRONG, reason

_networks = count(1)


@pytest.fixture
def short_run(monkeypatch):
    """How many failures in a row close an account in this test."""
    monkeypatch.setattr(lockout, "RUN", replace(RUN, most=12))
    return 12


def elsewhere():
    """An address in a network that nobody has used."""
    number = next(_networks)
    return f"172.{number // 256}.{number % 256}.9"


def fail(house, account, times=1, **changes):
    return [house.login(account, password=WRONG, **changes) for _ in range(times)]


def move(house, account, ip=None):
    """The same account as somebody sees it who comes from elsewhere."""
    moved = house.newcomer()
    moved.email, moved.username, moved.id = account.email, account.username, account.id
    moved.password, moved.ip = account.password, ip or elsewhere()
    return moved


class TestOneSource:
    def test_the_sixth_attempt_is_locked_even_with_the_right_password(self, house, compared):
        account = house.resident()

        failed = fail(house, account, 5)
        before = len(compared)
        locked = house.login(account)

        assert [reply.status for reply in failed] == [401] * 5
        assert reason(locked) == LOCKED
        assert (locked.error["code"], locked.headers["Retry-After"]) == ("RATE_LIMITED", "900")
        assert len(compared) == before

    def test_the_lock_ends_after_15_minutes(self, house):
        account = house.resident()
        fail(house, account, 5)

        house.clock.advance(899)
        assert house.login(account).headers["Retry-After"] == "1"
        house.clock.advance(1)
        assert house.login(account).status == 200

    def test_attempts_that_are_refused_do_not_make_it_longer(self, house):
        account = house.resident()
        fail(house, account, 5)
        house.clock.advance(600)
        fail(house, account, 10)

        house.clock.advance(300)

        assert house.login(account).status == 200

    def test_failures_of_more_than_10_minutes_ago_do_not_count(self, house):
        account = house.resident()
        fail(house, account, 4)
        house.clock.advance(600)

        assert fail(house, account)[0].status == 401
        assert house.login(account).status == 200

    def test_a_success_forgets_what_was_mistyped(self, house):
        account = house.resident()
        for _ in range(3):
            assert [reply.status for reply in fail(house, account, 4)] == [401] * 4
            assert house.login(account).status == 200

    def test_neighbours_share_the_lock_and_nobody_else_has_it(self, house):
        account, other = house.resident(), house.resident()
        fail(house, account, 5)

        neighbour = move(house, account, account.ip.rsplit(".", 1)[0] + ".250")
        other.ip = account.ip

        assert reason(house.login(neighbour)) == LOCKED
        assert house.login(move(house, account)).status == 200
        assert house.login(other).status == 200

    def test_user_name_and_spelling_of_the_address_are_names_of_their_own_and_their_own_case(self, house):
        account = house.resident()
        fail(house, account, 5)

        by_name = {"username": account.username, "password": account.password}
        loud = house.caller(account.ip).post(
            LOGIN, {"email": account.email.upper(), "password": account.password}
        )

        assert reason(loud) == LOCKED
        # Else a lock would tell that the two belong together.
        assert house.caller(account.ip).post(LOGIN, by_name).status == 200

    def test_of_twenty_at_the_same_moment_five_are_compared(self, house, compared):
        account = house.resident()

        replies = house.at_once(*[lambda: house.login(account, password=WRONG)] * 20)

        assert sorted(reply.status for reply in replies) == [401] * 5 + [429] * 15
        assert compared.count(WRONG) == 5
        assert reason(house.login(account)) == LOCKED

    def test_the_right_password_among_wrong_ones_opens_if_it_comes_in_time(self, house):
        account = house.resident()
        fail(house, account, 4)

        assert house.login(account).status == 200
        assert [reply.status for reply in fail(house, account, 5)] == [401] * 5

    def test_what_could_not_be_compared_does_not_count(self, house, monkeypatch):
        account = house.resident()

        def busy(_hashes, _stored, _password):
            raise ServiceUnavailable("Too many sign-ins at this moment")

        with monkeypatch.context() as patch:
            patch.setattr(PasswordHashes, "match", busy)
            assert [reply.status for reply in fail(house, account, 9)] == [503] * 9
        assert house.login(account).status == 200

    def test_the_right_password_of_a_closed_account_is_no_guess(self, house):
        account = house.resident()
        house.set_status(account, "suspended")

        replies = [house.login(account) for _ in range(7)]

        assert [reply.status for reply in replies] == [403] * 7

    def test_where_unproved_accounts_are_hidden_they_count_like_wrong_passwords(self, discreet):
        account = discreet.newcomer()
        discreet.register(account)

        replies = [discreet.login(account) for _ in range(6)]

        assert [reply.status for reply in replies] == [401] * 5 + [429]

    def test_an_operator_can_do_without_locks(self, new_house):
        house = new_house(require_email_verification=False, lockout_seconds=0)
        account = house.resident()

        assert [reply.status for reply in fail(house, account, 12)] == [401] * 12
        assert house.mails(account) == []
        assert house.login(account).status == 200


class TestOtherLimits:
    def test_a_source_that_tries_many_accounts_is_stopped_after_30_failures(self, house):
        ip = elsewhere()
        victims = [house.newcomer() for _ in range(29)] + [house.resident()]
        for victim in victims:
            victim.ip = ip
            assert fail(house, victim)[0].status == 401
        account = move(house, house.resident(), ip)

        stopped = house.login(account)

        assert reason(stopped) == (429, "too_many_failures")
        assert stopped.headers["Retry-After"] == "900"
        assert house.login(move(house, account)).status == 200
        house.clock.advance(900)
        assert house.login(account).status == 200

    def besiege(self, house, account):
        """As many failures on an account as slow unknown devices down, each from a network of its own."""
        for _ in range(SIEGE.most):
            assert fail(house, move(house, account))[0].status == 401

    def test_after_50_failures_each_unknown_source_tries_once_a_minute(self, house):
        account = house.resident()
        self.besiege(house, account)
        guesser = move(house, account)

        assert fail(house, guesser)[0].status == 401
        slowed = house.login(guesser)
        assert reason(slowed) == (429, "account_slowed")
        assert slowed.headers["Retry-After"] == "60"
        assert house.login(move(house, account)).status == 200
        house.clock.advance(60)
        assert house.login(guesser).status == 200
        house.clock.advance(3600)
        assert [reply.status for reply in fail(house, guesser, 2)] == [401] * 2

    def test_known_devices_are_not_slowed(self, house):
        account = house.resident()
        token = house.login(account).data["device_token"]
        self.besiege(house, account)

        assert fail(house, account, 2, device_token=token)[1].status == 401
        assert house.login(account, device_token=token).status == 200

    def test_after_100_failures_in_a_row_unknown_devices_need_a_new_password(self, house):
        account = house.resident()
        token = house.login(account).data["device_token"]
        for number in range(RUN.most):
            assert fail(house, move(house, account))[0].status == 401, number
        subjects = [mail.subject for mail in house.mails(account)]
        house.clock.advance(30 * 24 * 3600)

        barred = house.login(move(house, account))

        assert reason(barred) == (429, "password_reset_required")
        assert int(barred.headers["Retry-After"]) == 60 * 24 * 3600
        assert subjects == ["Please set a new password - PronaFlow"]
        assert house.login(account, device_token=token).status == 200

    def test_a_success_in_between_begins_a_new_row(self, house, short_run):
        account = house.resident()
        for _ in range(2):
            for _ in range(short_run - 1):
                fail(house, move(house, account))
            assert house.login(move(house, account)).status == 200

    def test_a_new_password_by_mail_opens_everything_again(self, house, short_run):
        account = house.resident()
        fail(house, account, 5)
        for _ in range(short_run):
            fail(house, move(house, account))
        assert house.login(move(house, account)).status == 429

        reply = house.post(CONFIRM, {**house.reset_proof(account), "new_password": NEW})

        assert "failed sign-ins are forgotten" in reply.data["message"]
        assert house.login(account, password=NEW).status == 200
        assert house.login(move(house, account), password=NEW).status == 200


class TestKnownDevices:
    def test_a_stranger_in_the_same_network_does_not_lock_the_owner_out(self, house):
        account = house.resident()
        token = house.login(account).data["device_token"]
        fail(house, account, 5)

        assert house.login(account).status == 429
        assert house.login(account, device_token=token).status == 200
        assert house.login(account).status == 429

    def test_five_failures_lock_a_known_device_too(self, house):
        account = house.resident()
        token = house.login(account).data["device_token"]
        fail(house, account, 5, device_token=token)

        assert reason(house.login(account, device_token=token)) == LOCKED
        assert house.login(account).status == 200

    @pytest.mark.parametrize("whose", ["nobody's", "another user's", "that of the former password"])
    def test_a_token_that_is_no_good_is_as_none(self, house, whose):
        account = house.resident()
        token = "pd1." + "A" * 75
        if whose == "another user's":
            token = house.login(house.resident()).data["device_token"]
        if whose == "that of the former password":
            token = house.login(account).data["device_token"]
            person, _ = house.signed_in(account)
            body = {"current_password": account.password, "new_password": NEW}
            assert person.post(CHANGE, body).status == 200
            account.password = NEW
        fail(house, account, 5)

        assert reason(house.login(account, device_token=token)) == LOCKED

    def test_signing_in_again_renews_the_token(self, house):
        account = house.resident()
        token = house.login(account).data["device_token"]
        house.clock.advance(100 * 24 * 3600)
        renewed = house.login(account, device_token=token).data["device_token"]
        house.clock.advance(100 * 24 * 3600)
        fail(house, account, 5)

        assert house.login(account, device_token=token).status == 429
        assert house.login(account, device_token=renewed).status == 200

    @pytest.mark.parametrize("token", [7, "x" * 1025], ids=["number", "long"])
    def test_what_cannot_be_a_token_is_refused_by_name(self, house, token):
        assert house.login(house.newcomer(), device_token=token).faults == {"device_token"}


class TestWhatIsTold:
    def test_the_owner_gets_one_mail_at_a_lock(self, house):
        account = house.resident()
        fail(house, account, 4)
        assert house.mails(account) == []

        fail(house, account, 20)

        (mail,) = house.mails(account)
        assert mail.subject.startswith("Failed sign-ins to your account")
        assert "locked for 15 minutes" in mail.text and account.ip in mail.text
        assert "http://localhost:8000/reset-password" in mail.text

    def test_locks_from_everywhere_do_not_flood_the_owner(self, house):
        account = house.resident()
        for _ in range(6):
            fail(house, move(house, account), 5)
        assert len(house.mails(account)) == 1

        house.clock.advance(3600)
        fail(house, move(house, account), 5)
        assert len(house.mails(account)) == 2

    def test_a_lock_that_the_right_password_opens_is_not_told(self, house):
        account = house.resident()
        fail(house, account, 4)
        house.login(account)

        assert house.mails(account) == []

    def test_the_ledger_has_each_lock_once_and_no_name(self, house):
        account, nobody = house.resident(), house.newcomer()
        before = len(house.events("user.sign_in_barred"))
        fail(house, account, 7)
        fail(house, nobody, 7)

        known, unknown = house.events("user.sign_in_barred")[before:]
        assert known["payload"] == {"user_id": account.id, "reason": "account_locked"}
        assert unknown["payload"] == {"user_id": None, "reason": "account_locked"}
        assert known["private"] == {"ip": account.ip}


@pytest.fixture
def new_server(new_database, tmp_path_factory):
    """Makes servers over one database with one key, as several processes are, or one after a restart."""
    url, folder, made = new_database(), tmp_path_factory.mktemp("data"), []

    def make(house_of, **settings):
        overrides = {"auth.require_email_verification": False, **settings}
        world = World(url, folder, overrides, candidates=[])
        made.append(world)
        return house_of(world)

    yield make
    for world in made:
        world.close()


def test_locks_hold_in_all_processes_after_a_restart_and_without_redis(new_server, house):
    unreachable = {"redis_url": "redis://127.0.0.1:1/0"}
    one = new_server(type(house), **unreachable)
    two = new_server(type(house), **unreachable)
    account = one.resident()

    fail(one, account, 3), fail(two, account, 2)
    assert reason(one.login(account)) == reason(two.login(account)) == LOCKED

    one.world.close(), two.world.close()
    assert reason(new_server(type(house)).login(account)) == LOCKED
