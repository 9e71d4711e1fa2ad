"""Webhooks going out, against a receiver that listens on loopback."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
import structlog
import time_machine
from asgiref.sync import async_to_sync
from django.core import mail
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.tests.factories import AdminFactory, SellerFactory
from catalog.tests.factories import VariantFactory
from config.shared.errors import Problem
from config.shared.events import log, readers, relay
from config.shared.events.control import end_access
from config.shared.events.declared import Event
from config.shared.models import EventRecord, LogReader
from config.shared.tests.test_outbound import Canary, serving
from config.shared.webhooks import delivery as sending
from config.shared.webhooks import reader, services
from config.shared.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.tasks import retry
from config.tests.locks import locks_of

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Sold(Event, type="test.sold", stream="test"):
    number: int


@pytest.fixture
def receiver(monkeypatch):
    """Keeps the headers, too."""
    with serving(Canary()) as canary:
        yield canary


def webhook(receiver, owner="admin", **options):
    return services.create_webhook(owner=owner, url=receiver.url, **options)


def happen(*numbers, audiences=("admin",)):
    for number in numbers:
        log.append(Sold(number=number), audiences=audiences)
    async_to_sync(relay.drain)()
    return readers.read_all()


def bodies(receiver):
    return [body.decode() for *_, body in receiver.seen]


def states():
    return list(WebhookDelivery.objects.order_by("pk").values_list("status", "attempts"))


def test_an_event_is_sent_signed_and_logged(receiver, run_jobs):
    endpoint = webhook(receiver)
    happen(7)
    assert run_jobs() == ["webhooks.deliver"]
    event = EventRecord.objects.get(type="test.sold")
    [sent] = receiver.requests
    told = Webhook(endpoint.secret).verify(sent.body, sent.headers)
    at = f"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert told == {
        "type": "test.sold",
        "id": str(event.position),
        "timestamp": at,
        "data": {"number": 7},
    }
    delivery = WebhookDelivery.objects.get()
    assert sent.headers["webhook-id"] == f"msg_{delivery.pk}"
    assert (delivery.status, delivery.attempts, delivery.position) == ("delivered", 1, event.position)
    line = WebhookAttempt.objects.get()
    assert (line.status, line.answer, line.error, line.url) == (200, "sung", "", receiver.url)
    assert line.request_headers["webhook-signature"] == sent.headers["webhook-signature"]


def test_a_delivery_has_the_id_of_the_request_that_it_comes_from(receiver, run_jobs, as_user):
    """Through the log, the reader and the job; stock tells of itself by a statement of its own."""
    webhook(receiver)
    variant = VariantFactory()
    body = {"variant": str(variant.pk), "delta": 3, "reason": "counted"}
    answer = as_user(AdminFactory()).post(
        "/api/v1/inventory/adjust", body, headers={"X-Request-Id": "req-mine"}
    )
    assert answer.status_code in {200, 201}, answer.json()
    with structlog.contextvars.bound_contextvars(request_id="req-job"):
        happen(1)
    run_jobs()
    sent = WebhookAttempt.objects.values_list("request_headers", flat=True)
    assert {headers["X-Request-Id"] for headers in sent} == {"req-job", "req-mine"}


def test_a_changed_byte_or_another_secret_is_no_signature(receiver, run_jobs):
    endpoint = webhook(receiver)
    happen(1)
    run_jobs()
    [sent] = receiver.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(sent.body.replace(b"1", b"2"), sent.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(sent.body, sent.headers)


def test_who_is_told_what(receiver):
    everything, orders_only = (
        webhook(receiver),
        services.create_webhook(owner="admin", url=receiver.url + "&2", events=["order.placed"]),
    )
    shop = services.create_webhook(owner="seller:1", url=receiver.url)
    happen(1, audiences=["admin", "seller:1"])
    happen(2, audiences=["seller:2", "product:9"])
    happen(3, audiences=["user:5"])
    end_access(["user:5"], code="session_ended")
    happen()
    assert [(row.endpoint_id, row.body[-13:]) for row in WebhookDelivery.objects.order_by("pk")] == [
        (everything.pk, '{"number":1}}'),
        (shop.pk, '{"number":1}}'),
        (everything.pk, '{"number":2}}'),
    ]
    assert not orders_only.deliveries.exists()


def test_what_happened_before_is_not_told(receiver):
    LogReader.objects.all().delete()
    happen(1)
    webhook(receiver)
    assert happen(2) == 1
    assert WebhookDelivery.objects.count() == 1


def test_a_failure_is_tried_again_later_with_the_same_id_until_it_succeeds(receiver, run_jobs):
    webhook(receiver)
    receiver.status = 500
    begun = timezone.now()
    happen(1)
    run_jobs()
    delivery = WebhookDelivery.objects.get()
    assert timedelta(seconds=45) < delivery.next_attempt_at - begun < timedelta(seconds=80)
    assert run_jobs() == []
    WebhookDelivery.objects.update(next_attempt_at=begun)
    receiver.status = 204
    retry(0)
    assert run_jobs() == ["webhooks.deliver"]
    first, second = receiver.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert states() == [("delivered", 2)]
    assert WebhookEndpoint.objects.get().failures == 0
    assert list(WebhookAttempt.objects.values_list("status", flat=True)) == [500, 204]


def test_deliveries_are_sent_in_the_order_of_the_log(receiver, run_jobs):
    webhook(receiver)
    happen(*range(5))
    run_jobs()
    assert [body[-3] for body in bodies(receiver)] == list("01234")


def test_an_endpoint_that_does_not_answer_waits_as_a_whole(receiver, run_jobs):
    """Three failures in a row, then one request at a time."""
    endpoint = webhook(receiver)
    receiver.status = 503
    happen(*range(9))
    run_jobs()
    assert len(receiver.seen) == 3
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.resume_at > timezone.now()) == (3, True)
    WebhookEndpoint.objects.update(resume_at=timezone.now())
    retry(0)
    run_jobs()
    assert len(receiver.seen) == 4
    receiver.status = 200
    WebhookEndpoint.objects.update(resume_at=timezone.now())
    retry(0)
    run_jobs()
    assert (
        WebhookDelivery.objects.filter(status="delivered").count() == 5
    )  # the four that failed wait for their time


def test_a_wish_to_wait_is_heeded(receiver, run_jobs):
    webhook(receiver)
    receiver.status, receiver.headers = 429, {"Retry-After": "7200"}
    begun = timezone.now()
    happen(1)
    run_jobs()
    wait = WebhookDelivery.objects.get().next_attempt_at - begun
    assert timedelta(seconds=7200) <= wait < timedelta(seconds=7230)


def test_after_days_a_delivery_is_given_up(receiver, run_jobs):
    webhook(receiver)
    receiver.status = 500
    happen(1)
    WebhookDelivery.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
    run_jobs()
    assert states() == [("failed", 1)]


def test_what_was_delivered_is_not_given_up(receiver, run_jobs):
    webhook(receiver)
    happen(1)
    run_jobs()
    WebhookDelivery.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert (sending.give_up_expired(), states()) == (0, [("delivered", 1)])


def test_after_five_days_of_failures_the_endpoint_is_switched_off_and_its_owner_told(receiver, run_jobs):
    shop = SellerFactory(user__email="shop@example.com")
    endpoint = webhook(receiver, owner=f"seller:{shop.pk}")
    receiver.status = 500
    happen(1, audiences=[endpoint.owner])
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5, seconds=1), failures=9)
    assert run_jobs() == ["webhooks.deliver", "accounts.send_webhook_notice"]
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.disabled_reason) == (False, "failing")
    assert [(m.to, m.subject) for m in mail.outbox] == [(["shop@example.com"], "A webhook was switched off")]
    assert endpoint.url in mail.outbox[0].body
    told = EventRecord.objects.get(type="webhook.disabled")
    assert (told.audiences, told.data) == (
        [endpoint.owner],
        {"webhook": str(endpoint.pk), "reason": "failing"},
    )
    happen(2, audiences=[endpoint.owner])
    assert WebhookDelivery.objects.count() == 1


def test_an_endpoint_that_is_gone_is_switched_off_at_once(receiver, run_jobs):
    AdminFactory(email="boss@example.com")
    webhook(receiver)
    receiver.status = 410
    happen(1)
    run_jobs()
    assert WebhookEndpoint.objects.get().disabled_reason == "gone"
    assert [m.to for m in mail.outbox] == [["boss@example.com"]]


def test_switched_on_again_it_is_sent_what_waits(receiver, run_jobs):
    endpoint = webhook(receiver)
    happen(1)
    services.change_webhook(endpoint=endpoint, changes={"is_active": False})
    run_jobs()
    assert receiver.seen == []
    services.change_webhook(endpoint=endpoint, changes={"is_active": True})
    run_jobs()
    assert states() == [("delivered", 1)]


def test_a_rotated_secret_and_the_one_before_both_sign_for_a_day(receiver, run_jobs):
    endpoint = webhook(receiver)
    old = endpoint.secret
    new = services.rotate_secret(endpoint=endpoint).secret
    happen(1)
    run_jobs()
    [sent] = receiver.requests
    for secret in (old, new):
        assert Webhook(secret).verify(sent.body, sent.headers)["type"] == "test.sold"
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert WebhookEndpoint.objects.get().secrets_in_force == [new]


def test_an_address_inside_is_never_called(receiver, run_jobs, settings):
    """It was public, or allowed, when it was written down: what counts is where it leads now."""
    webhook(receiver)
    settings.OUTBOUND_LOOPBACK = False
    happen(1)
    run_jobs()
    assert receiver.connections == 0
    assert WebhookAttempt.objects.get().error == "address_refused: The address is not a public one."


def test_a_long_answer_is_cut(receiver, run_jobs):
    webhook(receiver)
    receiver.body = b"\x00\xff" + b"x" * 5000
    happen(1)
    run_jobs()
    assert len(WebhookAttempt.objects.get().answer) == 999


def test_a_worker_that_dies_after_sending_sends_again_with_the_same_id(receiver, run_jobs, monkeypatch):
    endpoint = webhook(receiver)
    happen(1)
    record = sending.record
    monkeypatch.setattr(sending, "record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sending.send_due(endpoint_id=endpoint.pk)
    monkeypatch.setattr(sending, "record", record)
    run_jobs()
    assert len(receiver.requests) == 1  # its lease holds for a minute
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    retry(0)
    run_jobs()
    assert len({sent.headers["webhook-id"] for sent in receiver.requests}) == 1
    assert (len(receiver.requests), states()) == (2, [("delivered", 2)])


def test_what_is_sent_and_recorded_is_locked(receiver):
    """Or two workers would send it twice, and the count of failures would miss some."""
    endpoint, found = webhook(receiver), []
    happen(1)
    locks = locks_of(lambda: found.append(sending.claim(endpoint.pk)))
    assert locks == ["shared_webhookdelivery in order"]
    locks = locks_of(lambda: sending.record(found[0], sending.Outcome({}, 204)))
    assert locks == ["shared_webhookendpoint in order", "shared_webhookdelivery in order"]
    assert states() == [("delivered", 1)]
    for act in (
        lambda: services.change_webhook(endpoint=endpoint, changes={"description": "new"}),
        lambda: services.rotate_secret(endpoint=endpoint),
        lambda: services.send_test(endpoint=endpoint),
    ):
        assert locks_of(act)[0] == "shared_webhookendpoint"


def test_what_became_due_first_is_sent_first(receiver):
    endpoint = webhook(receiver)
    happen(1, 2)
    first, second = WebhookDelivery.objects.order_by("pk")
    WebhookDelivery.objects.filter(pk=second.pk).update(
        next_attempt_at=first.next_attempt_at - timedelta(hours=1)
    )
    assert [sending.claim(endpoint.pk).pk for _ in range(2)] == [second.pk, first.pk]


def test_a_reader_that_dies_loses_and_doubles_nothing(receiver, monkeypatch):
    webhook(receiver)
    delivery_of, calls = reader.delivery_of, []

    def dying(endpoint, event):
        calls.append(event)
        return delivery_of(endpoint, event) if len(calls) < 3 else 1 / 0

    monkeypatch.setattr(reader, "delivery_of", dying)
    with pytest.raises(ZeroDivisionError):
        happen(*range(4))
    assert WebhookDelivery.objects.count() == 0
    monkeypatch.setattr(reader, "delivery_of", delivery_of)
    assert happen() == 4
    assert happen() == 0
    assert WebhookDelivery.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_double_nothing(receiver):
    webhook(receiver)
    for number in range(30):
        log.append(Sold(number=number), audiences=["admin"])
    relay.place()

    def read(_):
        try:
            return readers.read_all()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(read, range(4))) == 30
    assert WebhookDelivery.objects.count() == 30


def test_a_reader_that_is_told_to_stop_reads_no_further(receiver):
    webhook(receiver)
    log.append(Sold(number=1), audiences=["admin"])
    async_to_sync(relay.drain)()
    assert readers.read_all(lambda: True) == 0
    assert WebhookDelivery.objects.count() == 0
    assert readers.read_all() == 1
    assert WebhookDelivery.objects.count() == 1


def test_the_log_keeps_what_is_not_read_yet(receiver, settings):
    webhook(receiver)
    for number in range(3):
        log.append(Sold(number=number), audiences=["admin"])
    async_to_sync(relay.drain)()
    EventRecord.objects.update(at=timezone.now() - settings.EVENT_RETENTION - timedelta(days=1))
    assert log.prune() == 0
    readers.read_all()
    assert log.prune() == 2


def test_an_owner_has_ten_at_most(receiver):
    for number in range(services.MAX_ENDPOINTS):
        services.create_webhook(owner="seller:1", url=f"https://example.com/{number}")
    with pytest.raises(Problem) as refusal:
        services.create_webhook(owner="seller:1", url="https://example.com/more")
    assert refusal.value.code == "too_many_webhooks"
    services.create_webhook(owner="seller:2", url="https://example.com/0")


def test_the_log_of_deliveries_is_pruned_but_for_what_waits(receiver, run_jobs, settings):
    webhook(receiver)
    happen(1)
    run_jobs()
    happen(2)
    WebhookDelivery.objects.update(
        created_at=timezone.now() - settings.WEBHOOK_LOG_RETENTION - timedelta(days=1)
    )
    assert services.prune_deliveries() == 2  # the delivery and its attempt
    assert states() == [("pending", 0)]


def test_the_example_of_the_documents_verifies(receiver, run_jobs, settings):
    text = (settings.BASE_DIR / "docs" / "clients.md").read_text()
    names = {}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], names)
    endpoint = webhook(receiver)
    services.rotate_secret(endpoint=endpoint)
    happen(1)
    run_jobs()
    [sent] = receiver.requests
    assert names["verify"](endpoint.secret, sent.headers, sent.body)
    assert not names["verify"](endpoint.secret, sent.headers, sent.body + b" ")
    assert not names["verify"]("whsec_" + "A" * 44, sent.headers, sent.body)
    assert not names["verify"](endpoint.secret, sent.headers | {"webhook-timestamp": "1"}, sent.body)
