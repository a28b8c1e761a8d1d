"""The pure rules of identity: passwords and where a sign-in may lead."""

import pytest

from app.auth import policies

COMMON = [
    "password12345",
    "Password1234!",
    "P4ssw0rd!2024",
    "passwordpassword",
    "qwertyuiop123",
    "qwertyuiop[]",
    "1q2w3e4r5t6y",
    "qazwsxedcrfv",
    "123456789012",
    "abcdefghijkl",
    "zyxwvutsrqpo",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabc",
    "iloveyou!!!!",
    "welcome-2026-",
    "Correct Horse Battery Staple",
    "Summer2026!!!",
    "adminadmin123",
]
GOOD = ["violin teapot marches", "tangled-otter-52-harbour", "G7#kQ2!vLp9zXw", "надежда мартышка 7"]


@pytest.mark.parametrize("password", COMMON)
def test_common_passwords_are_refused(password):
    assert policies.password_problem(password) is not None
    assert policies.strength(password) == 0


@pytest.mark.parametrize("password", GOOD)
def test_uncommon_passwords_pass(password):
    assert policies.password_problem(password) is None
    assert policies.strength(password) >= 1


def test_length_limits():
    assert "12" in policies.password_problem("Vq7-hT2.kz9")
    assert policies.password_problem("Vq7-hT2.kz9m") is None
    assert policies.password_problem("xy7 " * 65) is not None


def test_own_name_and_address_are_refused():
    problem = policies.password_problem
    assert problem("marguerite.okafor1", email="m@x.test", name="Marguerite Okafor") is not None
    assert problem("okafor-and-some-otters", email="m@x.test", name="Marguerite Okafor") is None
    assert problem("jane.doe@acme.test", email="jane.doe@acme.test") is not None


def test_strength_grows_with_length():
    short, long = "violin teapo", "violin teapot marches north by west"
    assert 0 < policies.strength(short) < policies.strength(long) == 4


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/a\nSet-Cookie: x",
        "javascript:alert(1)",
        "w/acme",
        "",
        None,
        "/ /evil.test",
        "///evil.test",
        "http:/evil.test",
    ],
)
def test_next_never_leaves_the_site(target):
    assert policies.safe_next(target) is None


def test_next_keeps_a_local_page():
    assert policies.safe_next("/w/acme/campaigns?status=draft#top") is not None


@pytest.mark.parametrize(
    ("ip", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_one_source_is_one_network(ip, source):
    assert policies.one_source(ip) == source
