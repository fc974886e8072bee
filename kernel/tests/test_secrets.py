"""Keys: derived for each purpose, replaced without signing anybody out, made by themselves in development."""

from __future__ import annotations

import hmac
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronaflow_kernel import secrets
from pronaflow_kernel.secrets import ENCRYPTION, JWT, LINKS, DecryptionError, Keys, keys_from
from pronaflow_kernel.settings import Settings, SettingsError

OLD = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
NEW = "q8VnE2_rT6yUo0PaSdFgHjKlZxCvBnM1-7w"


class TestDerivation:
    def test_each_purpose_has_a_key_of_its_own(self) -> None:
        keys = Keys([OLD])
        found = {keys.active(purpose).secret for purpose in (JWT, ENCRYPTION, LINKS, "a plugin's")}
        assert len(found) == 4
        assert all(len(secret) == 32 for secret in found)
        assert OLD.encode() not in found

    def test_keys_are_those_of_rfc_5869_so_that_every_version_derives_the_same(self) -> None:
        pseudo_random_key = hmac.digest(bytes(32), OLD.encode(), "sha256")
        key = Keys([OLD]).active(JWT)
        assert key.secret == hmac.digest(pseudo_random_key, b"pronaflow/jwt/secret\x01", "sha256")
        assert key.kid == hmac.digest(pseudo_random_key, b"pronaflow/jwt/kid\x01", "sha256")[:6].hex()

    def test_a_key_shows_its_name_only(self) -> None:
        key = Keys([OLD]).active(JWT)
        assert repr(key) == f"Key(kid={key.kid!r})"


class TestReplacingAKey:
    def test_the_first_is_active_and_all_are_accepted(self) -> None:
        before, after = Keys([OLD]), Keys([NEW, OLD])
        assert after.active(JWT) == Keys([NEW]).active(JWT)
        assert after.find(JWT, before.active(JWT).kid) == before.active(JWT)

    def test_a_dropped_key_is_found_no_more(self) -> None:
        assert Keys([NEW]).find(JWT, Keys([OLD]).active(JWT).kid) is None

    def test_a_name_of_another_purpose_is_unknown(self) -> None:
        keys = Keys([OLD])
        assert keys.find(LINKS, keys.active(JWT).kid) is None

    def test_what_the_old_key_encrypted_stays_readable_until_it_is_dropped(self) -> None:
        token = Keys([OLD]).encrypt("canary", bound_to="x")
        assert Keys([NEW, OLD]).decrypt(token, bound_to="x") == "canary"
        with pytest.raises(DecryptionError):
            Keys([NEW]).decrypt(token, bound_to="x")

    def test_the_new_key_encrypts(self) -> None:
        token = Keys([NEW, OLD]).encrypt("canary", bound_to="x")
        assert Keys([NEW]).decrypt(token, bound_to="x") == "canary"


class TestEncryption:
    @given(text=st.text(), place=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
    def test_gives_back_what_it_hid(self, text: str, place: str) -> None:
        text = text.encode("utf-8", "replace").decode()
        keys = Keys([OLD])
        assert keys.decrypt(keys.encrypt(text, bound_to=place), bound_to=place) == text

    def test_hides_it(self) -> None:
        assert "canary" not in Keys([OLD]).encrypt("canary", bound_to="x")

    def test_a_value_moved_to_another_row_is_refused(self) -> None:
        keys = Keys([OLD])
        token = keys.encrypt("canary", bound_to="webhook.secret/1")
        with pytest.raises(DecryptionError, match="another place"):
            keys.decrypt(token, bound_to="webhook.secret/2")

    @pytest.mark.parametrize("token", ["", "canary", "gAAAAA==", "\x00", "é"])
    def test_what_was_never_encrypted_is_refused(self, token: str) -> None:
        with pytest.raises(DecryptionError):
            Keys([OLD]).decrypt(token, bound_to="x")

    def test_a_changed_value_is_refused(self) -> None:
        token = Keys([OLD]).encrypt("canary", bound_to="x")
        changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
        with pytest.raises(DecryptionError):
            Keys([OLD]).decrypt(changed, bound_to="x")

    def test_a_place_that_would_blur_into_the_text_is_refused(self) -> None:
        with pytest.raises(ValueError, match="NUL"):
            Keys([OLD]).encrypt("canary", bound_to="x\0y")


class TestWhereKeysComeFrom:
    def test_the_setting_wins(self, tmp_path: Path) -> None:
        keys = keys_from(Settings(data_dir=tmp_path, secret_key=(NEW, OLD)))
        assert keys.active(JWT) == Keys([NEW]).active(JWT)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("environment", ["development", "test"])
    def test_one_is_made_in_the_data_folder_and_stays(self, tmp_path: Path, environment: str) -> None:
        settings = Settings(environment=environment, data_dir=tmp_path / "instance")  # type: ignore[arg-type]
        first = keys_from(settings)
        path = tmp_path / "instance" / "secret_key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(path.read_text().strip()) >= 43
        assert keys_from(settings).active(JWT) == first.active(JWT)
        assert [found.name for found in path.parent.iterdir()] == ["secret_key"]

    def test_the_file_may_hold_older_keys_below(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").write_text(f"{NEW}\n{OLD}\n")
        assert len(keys_from(Settings(data_dir=tmp_path)).accepted(JWT)) == 2

    def test_many_processes_starting_at_once_agree(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each of eight has seen that the file is missing before any of them creates it."""
        barrier = threading.Barrier(8)
        original = secrets.atomic_file

        def together(*args: object, **kwargs: object) -> object:
            barrier.wait(10)
            return original(*args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(secrets, "atomic_file", together)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: keys_from(Settings(data_dir=tmp_path)).active(JWT), range(8)))
        assert len(set(found)) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]

    def test_production_makes_none(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="must be given in production"):
            keys_from(Settings(environment="production", data_dir=tmp_path))
        assert list(tmp_path.iterdir()) == []


class TestBadKeys:
    def test_every_weak_key_is_named_by_its_place_and_not_by_its_value(self, tmp_path: Path) -> None:
        path = tmp_path / "secret_key"
        path.write_text(f"canary\n{OLD}\n{'canary' * 6}\n")
        with pytest.raises(SettingsError) as caught:
            keys_from(Settings(data_dir=tmp_path))
        found = [str(problem) for problem in caught.value.problems]
        assert [line.split(" must")[0].split(" is")[0] for line in found] == [
            f"{path}: secret_key item 1",
            f"{path}: secret_key item 3",
        ]
        assert "canary" not in "".join(found)

    def test_an_empty_file_is_no_key(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").touch()
        with pytest.raises(SettingsError, match="holds no key"):
            keys_from(Settings(data_dir=tmp_path))
