import stat

import pytest
from cryptography.fernet import Fernet

from launcher.messages import Trouble
from launcher.secret_store import load_secrets


def test_secrets_are_made_once(home):
    assert load_secrets(home) == load_secrets(home)


def test_two_installations_share_none(home):
    first, second = load_secrets(home / "a"), load_secrets(home / "b")
    assert not set(first.values()) & set(second.values())


def test_only_the_owner_may_read_them(home):
    load_secrets(home)
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600


def test_the_encryption_key_is_one_for_fernet(home):
    Fernet(load_secrets(home)["ENCRYPTION_KEYS"])


def test_the_demo_password_passes_the_sign_up_rule(home):
    assert len(load_secrets(home)["DEMO_PASSWORD"]) >= 12


def test_a_new_kind_of_secret_leaves_the_old_ones_alone(home):
    (home / "secrets.json").write_text('{"SECRET_KEY": "kept"}')
    secrets = load_secrets(home)
    assert secrets["SECRET_KEY"] == "kept"
    assert secrets["SANDBOX_KEY"]


@pytest.mark.parametrize("damage", ["", "{", "[]"])
def test_a_damaged_file_is_never_replaced(home, damage):
    (home / "secrets.json").write_text(damage)
    with pytest.raises(Trouble, match="is damaged"):
        load_secrets(home)
    assert (home / "secrets.json").read_text() == damage
