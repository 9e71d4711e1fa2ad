"""Commands that span apps."""

import json
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from structlog.testing import capture_logs

from config.shared.models import EventRecord, IdempotencyRecord
from config.shared.registry import VERIFIERS
from config.shared.tasks import prune

pytestmark = pytest.mark.django_db


def test_verify_names_what_does_not_hold_and_exits_with_1(monkeypatch, capsys):
    call_command("verify", "--json")
    assert set(json.loads(capsys.readouterr().out)) == set(VERIFIERS)
    monkeypatch.setitem(VERIFIERS, "stock", lambda: [{"kind": "oversold", "level": 7}])
    with pytest.raises(SystemExit) as exit_:
        call_command("verify", "stock", "--json")
    assert exit_.value.code == 1
    assert json.loads(capsys.readouterr().out) == {"stock": [{"kind": "oversold", "level": 7}]}


def test_verify_refuses_what_it_does_not_know():
    with pytest.raises(CommandError, match="There is no weather"):
        call_command("verify", "weather")


def test_prune_keeps_what_was_promised_and_the_end_of_the_log(capsys):
    now = timezone.now()
    for hours, key in ((30, "kept"), (49, "old")):
        record = IdempotencyRecord.objects.create(caller="user:1", key=key, fingerprint="x")
        IdempotencyRecord.objects.filter(pk=record.pk).update(created_at=now - timedelta(hours=hours))
    EventRecord.objects.bulk_create(
        EventRecord(
            type="t", stream="s", audiences=[], data={}, at=now - timedelta(days=60), position=position
        )
        for position in (1, 2)
    )
    call_command("prune")
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["kept"]
    assert [event.position for event in EventRecord.objects.all()] == [2]
    assert "idempotency: 1 removed" in capsys.readouterr().out


def test_what_cannot_be_pruned_at_night_keeps_nothing_else(monkeypatch):
    broken, removed = OSError("the disk is full"), []
    pruners = {"events": Mock(side_effect=broken), "sessions": lambda: removed.append("sessions") or 3}
    monkeypatch.setattr("config.shared.tasks.PRUNERS", pruners)
    with capture_logs() as told, pytest.raises(ExceptionGroup) as failed:
        prune(timestamp=0)
    assert (removed, failed.value.exceptions) == (["sessions"], (broken,))
    assert [(line["event"], line["what"], line["log_level"]) for line in told] == [
        ("prune_failed", "events", "error"),
        ("pruned", "sessions", "info"),
    ]
