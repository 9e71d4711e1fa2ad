import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.response import Response

from config.shared import idempotency
from config.shared.errors import Conflict
from config.shared.idempotency import Attempt, InProgress
from config.shared.models import EventHead, IdempotencyRecord
from config.shared.postgres import prepared
from config.shared.tests.views import Count, ask

count = partial(ask, Count.as_view(), "post", "/count", cart_token="guest-1")


class RequiredCount(Count):
    idempotency = "required"


class CallingCount(Count):
    """Begins in one transaction, calls out, and answers in another; fails while `is_down`."""

    idempotency = "calls_out"
    is_down = False
    calls: list[str] = []

    def post(self, request):
        if not request.attempt.reference:
            with transaction.atomic():
                request.attempt.begin(reference=7)
                EventHead.objects.get_or_create(pk=1)
        self.calls.append(request.attempt.reference)
        if self.is_down:
            raise ConnectionError("the other service is down")
        return Response({"reference": request.attempt.reference}, status=201)


class RefusingCount(CallingCount):
    """Refuses what was done before, as a payment does of an order that is paid."""

    def post(self, request):
        if position():
            raise Conflict
        response = super().post(request)
        EventHead.objects.update_or_create(pk=1, defaults={"position": 1})
        return response


def missing_once(earlier):
    """The first look comes a moment too early."""
    looks = iter([lambda attempt: None])

    def look(attempt):
        return next(looks, earlier)(attempt)

    return look


WAITING = """
SELECT 1 FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""


def position() -> int:
    return EventHead.objects.values_list("position", flat=True).first() or 0


@pytest.mark.django_db
def test_the_first_answer_is_given_again_and_the_effect_happens_once():
    first = count(data={"step": 5}, idempotency_key="k")
    again = count(data={"step": 5}, idempotency_key="k")
    assert (first.status_code, again.status_code, position()) == (201, 201, 5)
    assert json.loads(again.content) == json.loads(first.content) == {"position": 5, "secret": "derived"}
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert b"derived" not in bytes(IdempotencyRecord.objects.get().body)


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused():
    count(data={"step": 5}, idempotency_key="k")
    other = count(data={"step": 6}, idempotency_key="k")
    assert (other.status_code, json.loads(other.content)["code"], position()) == (
        422,
        "idempotency_key_reused",
        5,
    )


@pytest.mark.django_db
def test_another_caller_may_use_the_same_key():
    count(data={"step": 5}, idempotency_key="k")
    ask(Count.as_view(), "post", "/count", {"step": 5}, cart_token="guest-2", idempotency_key="k")
    assert position() == 10


@pytest.mark.django_db
def test_a_caller_without_a_name_is_not_remembered():
    for _ in range(2):
        ask(Count.as_view(), "post", "/count", {"step": 5}, idempotency_key="k")
    assert (position(), IdempotencyRecord.objects.count()) == (10, 0)


@pytest.mark.django_db
def test_what_rolled_back_is_not_remembered():
    assert count(data={"step": 0}, idempotency_key="k").status_code == 400
    assert count(data={"step": 13}, idempotency_key="k").status_code == 500
    assert (position(), IdempotencyRecord.objects.count()) == (0, 0)
    assert count(data={"step": 2}, idempotency_key="k").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_required"),
        ("a b", "idempotency_key_invalid"),
        ("x" * 256, "idempotency_key_invalid"),
    ],
)
def test_a_missing_or_odd_key_is_refused(key, code):
    headers = {"idempotency_key": key} if key else {}
    response = ask(RequiredCount.as_view(), "post", "/count", {"step": 1}, cart_token="guest-1", **headers)
    assert (response.status_code, json.loads(response.content)["code"], position()) == (400, code, 0)


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_have_one_effect_and_one_answer():
    def send(_):
        try:
            response = count(data={"step": 3}, idempotency_key="k")
            return response.status_code, json.loads(response.content)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(50)))
    assert position() == 3
    assert {status for status, _ in answers} <= {201, 409}
    assert {body["code"] for status, body in answers if status == 409} <= {"idempotency_in_progress"}
    assert {body["position"] for status, body in answers if status == 201} == {3}


@pytest.mark.django_db(transaction=True)
def test_what_ended_while_the_key_was_being_locked_is_known(monkeypatch):
    """The lock waits here, so that the first request can end between the beginning of the second and its lock."""
    monkeypatch.setattr(idempotency, "LOCK", idempotency.LOCK.replace("pg_try_", "true FROM pg_"))

    def second():
        try:
            with transaction.atomic():
                return Attempt("guest-1", "k", "f").lock()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            first = Attempt("guest-1", "k", "f")
            assert first.lock() is None
            told = threads.submit(second)
            while not prepared.rows(WAITING):
                assert not told.done(), "the second did not wait"
            first.store(201, {"order": "1"})
        assert bytes(told.result().body) == b'{"order":"1"}'


@pytest.mark.django_db
def test_an_act_that_calls_out_is_not_refused_for_what_the_first_request_did(monkeypatch):
    call = partial(
        ask, RefusingCount.as_view(), "post", "/count", {}, cart_token="guest-1", idempotency_key="k"
    )
    first = call()
    monkeypatch.setattr(Attempt, "earlier", missing_once(Attempt.earlier))
    second = call()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert second.content == first.content
    refused = ask(
        RefusingCount.as_view(), "post", "/count", {}, cart_token="guest-1", idempotency_key="other"
    )
    assert (refused.status_code, json.loads(refused.content)["code"]) == (409, "conflict")


@pytest.mark.django_db
def test_an_act_that_called_out_in_vain_is_taken_up_again(monkeypatch):
    call = partial(
        ask, CallingCount.as_view(), "post", "/count", {}, cart_token="guest-1", idempotency_key="k"
    )
    monkeypatch.setattr(CallingCount, "calls", [])
    monkeypatch.setattr(CallingCount, "is_down", True)
    assert call().status_code == 500
    record = IdempotencyRecord.objects.get()
    assert (record.status, record.reference) == (None, "7")
    monkeypatch.setattr(CallingCount, "is_down", False)
    assert json.loads(call().content) == {"reference": "7", "secret": "derived"}
    assert call()["Idempotent-Replayed"] == "true"
    assert CallingCount.calls == ["7", "7"]


@pytest.mark.django_db
def test_an_act_that_is_still_calling_is_not_started_twice(monkeypatch):
    call = partial(
        ask, CallingCount.as_view(), "post", "/count", {}, cart_token="guest-1", idempotency_key="k"
    )
    monkeypatch.setattr(CallingCount, "calls", [])
    call()
    IdempotencyRecord.objects.update(status=None)
    refused = call()
    assert (refused.status_code, json.loads(refused.content)["code"]) == (409, "idempotency_in_progress")
    assert refused["Retry-After"] == "1"
    assert CallingCount.calls == ["7"]


@pytest.mark.django_db
def test_an_act_that_was_answered_meanwhile_is_not_taken_up():
    """Its lease is over; the answer came between the look at its row and the attempt to take it up."""
    past = timezone.now() - timedelta(hours=1)
    named = {"caller": "guest-1", "key": "k", "fingerprint": "f", "reference": "7"}
    record = IdempotencyRecord.objects.create(**named, status=201, body=b"{}", calling_until=past)
    with pytest.raises(InProgress):
        Attempt("guest-1", "k", "f").resume(record)
    assert IdempotencyRecord.objects.get().calling_until == past
