"""`manage.py doctor`: each thing that is wrong is named with its remedy."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from config import doctor

pytestmark = pytest.mark.django_db


def examined(capsys):
    """The report and the exit code."""
    code = 0
    try:
        call_command("doctor", "--json")
    except SystemExit as end:
        code = end.code
    return json.loads(capsys.readouterr().out), code


def problems(check):
    return [finding.problem for finding in doctor.CHECKS[check]()]


def test_what_is_well_is_not_mentioned(capsys):
    report, code = examined(capsys)
    assert {name: report[name] for name in ("packages", "database", "redis", "files", "stripe")} == {
        "packages": [], "database": [], "redis": [], "files": [], "stripe": []
    }  # fmt: skip
    silent = "No worker has been heard of for a minute."
    assert [finding["problem"] for finding in report["worker"]] == [silent]
    assert code == 1


def test_advice_alone_is_no_failure(capsys, monkeypatch):
    advice = doctor.Finding("It rains.", "Take an umbrella.", is_advice=True)
    monkeypatch.setattr(doctor, "CHECKS", {})
    monkeypatch.setitem(doctor.CHECKS, "weather", lambda: iter([advice]))
    monkeypatch.setattr("config.management.commands.doctor.CHECKS", doctor.CHECKS)
    call_command("doctor")
    assert capsys.readouterr().out == "weather:\n  advice: It rains. Take an umbrella.\n"


def test_packages_that_are_not_the_pinned_ones(tmp_path, monkeypatch):
    pins = tmp_path / "requirements.txt"
    pins.write_text("# a comment\nno-such-package==1.0\npsycopg[binary,pool]==0.1\n")
    monkeypatch.setattr(doctor, "REQUIREMENTS", pins)
    missing, old = problems("packages")
    assert missing == "no-such-package is missing, not 1.0."
    assert old.startswith("psycopg[binary,pool] is 3.") and old.endswith(", not 0.1.")


def test_clocks_that_differ():
    theirs = timezone.now() + timedelta(minutes=5)
    (finding,) = doctor.skewed("PostgreSQL", theirs)
    assert finding.problem.startswith(f"The clock of PostgreSQL says {theirs:%H:%M:%S}, ours ")
    assert list(doctor.skewed("PostgreSQL", timezone.now())) == []


def test_an_old_database_without_extensions(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_POSTGRES", (99, 0))
    monkeypatch.setattr(doctor, "EXTENSIONS", ("unaccent", "no_such_extension"))
    old, missing = problems("database")
    assert old.startswith("PostgreSQL 1") and old.endswith(" is too old.")
    assert missing == "PostgreSQL lacks the extension no_such_extension."


@pytest.mark.parametrize(
    ("secret", "publishable", "webhook", "expected"),
    [
        ("sk_live_1", "pk_live_1", "whsec_1", []),
        ("sk_live_1", "pk_test_1", "whsec_1", ["Stripe's two keys are of different modes."]),
        ("sk_test_1", "", "we_1", ["STRIPE_WEBHOOK_SECRET is none of Stripe's."]),
    ],
)
def test_stripes_keys(settings, secret, publishable, webhook, expected):
    settings.STRIPE_STANDIN = False
    settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY = secret, publishable
    settings.STRIPE_WEBHOOK_SECRET = webhook
    assert problems("stripe") == expected


def test_production_without_stripe(settings):
    settings.PRODUCTION = True
    assert problems("stripe") == ["Payments go to the stand-in."]


def test_folders_that_cannot_be_written(settings, monkeypatch):
    settings.MEDIA_ROOT = "/no/such/folder"
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: str(path) != "/")
    assert problems("files") == ["/no/such/folder cannot be written."]
