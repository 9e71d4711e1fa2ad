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
        (lambda: environment.one_of("X", "a", ("a", "b")), "c"),
        (lambda: environment.address("X", "", ("http",)), "foo"),
        (lambda: environment.networks("X"), "10.0.0.0/99"),
    ],
    ids=range(12),
)
def test_a_wrong_value_is_refused_with_the_setting_s_name(monkeypatch, read, value):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X must"):
        read()


def test_what_is_required_is_named(monkeypatch):
    monkeypatch.setenv("X", " ")
    with pytest.raises(ImproperlyConfigured, match=r"^X is not set: it signs tokens"):
        environment.required("X", "it signs tokens.")
