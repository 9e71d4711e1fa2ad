import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("90", 90), ("45s", 45), ("15m", 900), ("12h", 43_200), ("1d", 86_400), ("2w", 1_209_600)],
)
def test_durations(monkeypatch, value, seconds):
    monkeypatch.setenv("JWT_EXPIRY", value)
    assert environment.duration("JWT_EXPIRY", "1m").total_seconds() == seconds


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: environment.duration("X", "1m"), "abc"),
        (lambda: environment.duration("X", "1m"), "0"),
        (lambda: environment.duration("X", "1m"), "-5m"),
        (lambda: environment.duration("X", "1m"), "99999999999d"),
        (lambda: environment.flag("X"), "maybe"),
        (lambda: environment.port("X", 1), "99999"),
        (lambda: environment.integer("X", 1), "1e3"),
        (lambda: environment.ratio("X", 1), "inf"),
        (lambda: environment.ratio("X", 1), "nan"),
        (lambda: environment.ratio("X", 1, least=0.1), "0"),
        (lambda: environment.mail("X"), "nonsense"),
        (lambda: environment.mail("X"), "smtp://"),
        (lambda: environment.mail("X"), "smtp://mail.example.com:abc"),
        (lambda: environment.one_of("X", "a", ("a", "b")), "c"),
        (lambda: environment.address("X", "", ("http",)), "foo"),
        (lambda: environment.networks("X"), "10.0.0.0/99"),
    ],
    ids=range(16),
)
def test_a_wrong_value_is_refused_with_the_setting_s_name(monkeypatch, read, value):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X must"):
        read()


def test_what_is_required_is_named(monkeypatch):
    monkeypatch.setenv("X", " ")
    with pytest.raises(ImproperlyConfigured, match=r"^X is not set: it signs tokens"):
        environment.required("X", "it signs tokens.")


def test_mail_by_a_url_whose_password_no_refusal_repeats(monkeypatch):
    monkeypatch.setenv("X", "smtp+tls://ada:s3cret@mail.example.com:587")
    found = environment.mail("X")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == (
        "mail.example.com",
        587,
        True,
    )
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("ada", "s3cret")
    monkeypatch.setenv("X", "smtpp://ada:s3cret@mail.example.com")
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.mail("X")
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"JWT_EXPIRY": "2d", "JWT_REFRESH_EXPIRY": "1d"}, "JWT_REFRESH_EXPIRY"),
        ({"STRIPE_TIMEOUT": "0"}, "STRIPE_TIMEOUT"),
        ({"EMAIL_URL": "nonsense"}, "EMAIL_URL"),
    ],
    ids=["refresh", "stripe", "mail"],
)
def test_a_start_with_a_wrong_setting_ends_in_one_line(given, named):
    asked = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(
        asked, check=False, env=os.environ | given, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{named} must be ")
    assert len(ended.stderr.splitlines()) == 1
