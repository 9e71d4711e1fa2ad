import pytest

from config.shared.logs import HIDDEN, hide


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("GET /ws?ticket=abc.def&x=1", f"GET /ws?ticket={HIDDEN}&x=1"),
        ("GET /x?token=17:abc", f"GET /x?token={HIDDEN}"),
        ("redis://:pass@host/0 is gone", f"redis://{HIDDEN}@host/0 is gone"),
        ("key sk_test_4eC39HqLyjWDarjtT1 failed", f"key {HIDDEN} failed"),
        ("pi_3ABC_secret_xyz789", f"pi_3ABC{HIDDEN}"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("card 4242424242424242", f"card {HIDDEN}"),
        ("jwt eyJhbGciOi.eyJzdWIi.c2ln", f"jwt {HIDDEN}"),
        ("intent pi_3ABCdef0123456789 of order 17", "intent pi_3ABCdef0123456789 of order 17"),
    ],
)
def test_secrets_are_hidden_by_their_form(line, hidden):
    assert hide(line) == hidden


def test_secrets_are_hidden_by_their_name_however_deep():
    event = {"user": 7, "body": {"password": "x", "items": [{"client_secret": "y", "quantity": 1}]}}
    assert hide(event) == {
        "user": 7,
        "body": {"password": HIDDEN, "items": [{"client_secret": HIDDEN, "quantity": 1}]},
    }
