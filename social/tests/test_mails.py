from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.db.models.functions import Now
from django.utils import timezone

from accounts.tests.factories import SellerFactory, UserFactory
from catalog.services.products import update_product
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.money import Money
from orders.services import mark_order_paid
from payments.intents import Intent
from payments.services import apply_intent
from payments.tests.factories import PaymentFactory, place
from social import services
from social.models import Kind, Notification
from social.services.notifications import next_digest

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> Any:
    return UserFactory(email="ada@example.com", email_verified_at=timezone.now())


def let_time_pass() -> None:
    Notification.objects.exclude(mail_due_at=None).update(mail_due_at=Now() - timedelta(seconds=1))


def sent() -> list[tuple[str, list[str]]]:
    return [(message.subject, message.to) for message in mail.outbox]


def test_an_orders_mails(user: Any, run_jobs: Any) -> None:
    order = place(user, VariantFactory(product=ProductFactory(seller__user__email="shop@example.com")))
    run_jobs()
    assert sent() == [(f"We have your order {order.number}", ["ada@example.com"])]
    mark_order_paid(order_id=order.pk)
    run_jobs()
    run_jobs()

    assert sent()[1:] == [
        (f"Order {order.number} is paid", ["ada@example.com"]),
        (f"Order {order.number} is paid: please ship", ["shop@example.com"]),
    ]
    assert Notification.objects.filter(mail_due_at__isnull=False).count() == 0


def test_a_guests_link_opens_the_order(run_jobs: Any, api: Any) -> None:
    order = place(None, VariantFactory())
    run_jobs()

    [message] = mail.outbox
    link = next(line for line in message.body.splitlines() if line.startswith("http"))
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert (message.to, urlsplit(link).path) == (["guest@example.com"], f"/orders/{order.number}")
    read = api.get(f"/api/v1/orders/{order.pk}", headers={"Order-Token": token})
    assert (read.status_code, read.json()["number"]) == (200, order.number)
    assert "List-Unsubscribe" not in message.extra_headers


def test_texts_of_strangers_are_escaped_and_stay_out_of_headers(user: Any, run_jobs: Any) -> None:
    evil = "<script>alert(1)</script>\r\nBcc: all@example.com {0.__class__} {number}"
    shop = SellerFactory(name=evil)
    services.follow(user=user, seller=shop)
    services.post_announcement(seller=shop, title=evil, body=evil)
    run_jobs()
    let_time_pass()
    services.send_due_mails(most=100)

    [message] = mail.outbox
    html = message.alternatives[0].content
    assert "\n" not in message.subject and set(message.message().keys()) & {"Bcc", "Cc"} == set()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert evil.splitlines()[0] in message.body and "{0.__class__} {number}" in message.body


def test_price_drops_are_one_mail_and_only_to_confirmed_addresses(user: Any, run_jobs: Any) -> None:
    shop, stranger = SellerFactory(name="Volt"), UserFactory(email_verified_at=None)
    for follower in (user, stranger):
        services.follow(user=follower, seller=shop)
    for amount in (1000, 900):
        variant = VariantFactory(product=ProductFactory(seller=shop, title=f"Lamp {amount}"))
        update_product(product=variant.product, changes={"price": Money(amount, "USD")})
    run_jobs()
    assert mail.outbox == []  # more may come
    let_time_pass()
    services.send_due_mails(most=100)
    services.send_due_mails(most=100)

    assert sent() == [("Prices have fallen at Volt", ["ada@example.com"])]
    assert "Lamp 900 for 9.00 USD, Lamp 1000 for 10.00 USD" in mail.outbox[0].body


def test_a_digest(user: Any, run_jobs: Any) -> None:
    began = timezone.now()
    shop = SellerFactory(name="Volt")
    services.follow(user=user, seller=shop)
    services.change_settings(user=user, digest="daily", kinds={Kind.PRODUCT_NEW: {"email": True}})
    for title in ("Lamp", "Plug"):
        services.post_news(product=ProductFactory(seller=shop, title=title), kind=Kind.PRODUCT_NEW)
    order = place(user, VariantFactory())
    run_jobs()
    assert sent() == [(f"We have your order {order.number}", ["ada@example.com"])]
    waiting = Notification.objects.filter(user=user, kind=Kind.PRODUCT_NEW)
    due = {next_digest(moment, weekly=False) for moment in (began, timezone.now())}  # two, at the hour itself
    assert set() < {row.mail_due_at for row in waiting} <= due
    let_time_pass()
    services.send_due_mails(most=100)

    assert sent()[1:] == [("2 news for you", ["ada@example.com"])]
    assert all(f"something new: {title}" in mail.outbox[1].body for title in ("Lamp", "Plug"))


@pytest.mark.parametrize(
    ("now", "weekly", "then"),
    [
        ("2026-03-04 07:59", False, "2026-03-04 08:00"),
        ("2026-03-04 08:00", False, "2026-03-05 08:00"),
        ("2026-03-04 09:00", True, "2026-03-09 08:00"),
        ("2026-03-09 07:00", True, "2026-03-09 08:00"),
        ("2026-03-09 08:30", True, "2026-03-16 08:00"),
    ],
)
def test_when_digests_go_out(now: str, weekly: bool, then: str) -> None:
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, then))
    assert next_digest(moment, weekly=weekly) == expected


def test_a_mail_server_that_fails_is_asked_again(user: Any, monkeypatch: Any) -> None:
    [row] = services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": "SK-1"})])
    with monkeypatch.context() as patch:
        patch.setattr(locmem.EmailBackend, "send_messages", fail)
        services.send_due_mails(most=100)
    row.refresh_from_db()
    assert (row.mailed_at, row.mail_due_at > timezone.now()) == (None, True)
    let_time_pass()
    services.send_due_mails(most=100)
    services.send_due_mails(most=100)

    row.refresh_from_db()
    assert (len(mail.outbox), row.mail_due_at, row.mailed_at is not None) == (1, None, True)


def fail(*args: Any) -> None:
    raise OSError("no route")


def test_many_mails_share_a_connection_and_a_broken_one_is_made_anew(user: Any, monkeypatch: Any) -> None:
    services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": f"SK-{n}"}) for n in range(4)])
    opened, send = [], locmem.EmailBackend.send_messages

    def break_at_the_second(backend: Any, messages: Any) -> int:
        if "SK-1" in messages[0].subject:
            raise SMTPServerDisconnected
        return send(backend, messages)

    monkeypatch.setattr(locmem.EmailBackend, "open", lambda backend: opened.append("open"))
    monkeypatch.setattr(locmem.EmailBackend, "close", lambda backend: opened.append("close"))
    monkeypatch.setattr(locmem.EmailBackend, "send_messages", break_at_the_second)
    services.send_due_mails(most=100)

    assert [subject.split()[1] for subject, _ in sent()] == ["SK-0", "SK-2", "SK-3"]
    assert opened == ["open", "open", "close", "open", "open", "close"]
    assert Notification.objects.filter(mailed_at=None).count() == 1


@pytest.fixture
def clock(monkeypatch: Any) -> Any:
    """The worker's, which goes only when a test says so."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("social.services.mails.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def hook(monkeypatch: Any, before: Any) -> None:
    """Calls `before` with the subject of each mail that is about to be sent."""
    send = locmem.EmailBackend.send_messages

    def hooked(backend: Any, messages: Any) -> int:
        before(messages[0].subject)
        return send(backend, messages)

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", hooked)


def test_a_slow_mail_server_has_what_is_left_leased_anew(user: Any, clock: Any, monkeypatch: Any) -> None:
    services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": f"SK-{n}"}) for n in range(6)])
    leases: list[Any] = []

    def take_two_minutes(subject: str) -> None:
        [until] = {row.mail_due_at for row in Notification.objects.exclude(mail_due_at=None)}
        leases.append(until)
        clock.now += 120

    hook(monkeypatch, take_two_minutes)
    assert services.send_due_mails(most=100) == 6

    first, *_, last = leases
    assert leases == [first] * 3 + [last] * 3 and last > first
    assert Notification.objects.filter(mailed_at=None).count() == 0


def test_a_worker_that_was_too_slow_leaves_what_another_has_taken(
    user: Any, clock: Any, monkeypatch: Any
) -> None:
    rows = services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": f"SK-{n}"}) for n in range(4)])

    def let_another_go_on(subject: str) -> None:
        if "SK-0" in subject:
            Notification.objects.exclude(pk=rows[0].pk).update(mail_due_at=Now() - timedelta(seconds=1))
            assert services.send_due_mails(most=100) == 3
            clock.now = 601

    hook(monkeypatch, let_another_go_on)
    assert services.send_due_mails(most=100) == 1

    assert [subject.split()[1] for subject, _ in sent()] == ["SK-1", "SK-2", "SK-3", "SK-0"]
    assert Notification.objects.filter(mailed_at=None).count() == 0


def test_of_a_payment_that_failed_is_mailed_what_is_still_so(user: Any, api: Any) -> None:
    stuck, paid, guests = (place(who, VariantFactory(stock=5)) for who in (user, user, None))
    for order in (stuck, paid, guests):
        fail_at_the_bank(order)
    mark_order_paid(order_id=paid.pk)
    Notification.objects.exclude(kind=Kind.PAYMENT_FAILED).update(mail_due_at=None)
    assert services.send_due_mails(most=100) == 0
    let_time_pass()
    services.send_due_mails(most=100)

    title = "Order {} is not paid yet"
    assert sent() == [
        (title.format(stuck.number), ["ada@example.com"]),
        (title.format(guests.number), ["guest@example.com"]),
    ]
    assert "token=" in mail.outbox[1].body
    assert Notification.objects.filter(user=user, kind=Kind.PAYMENT_FAILED).count() == 2


def fail_at_the_bank(order: Any) -> None:
    """A bank debit: taken, and days later refused; Stripe may say so twice."""
    payment = PaymentFactory(order=order, provider_reference=f"pi_{order.pk}", status="processing")
    for _ in range(2):
        apply_intent(payment_id=payment.pk, intent=refused(payment))


def refused(payment: Any) -> Intent:
    return Intent(
        id=payment.provider_reference,
        status="requires_payment_method",
        money=payment.money,
        received=0,
        token=payment.token.hex,
        is_live=False,
        failure_code="insufficient_funds",
        failure_message="No.",
    )


def test_who_changed_their_mind_meanwhile_gets_none(user: Any) -> None:
    services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": "SK-1"})])
    services.change_settings(user=user, kinds={Kind.ORDER_PAID: {"email": False}})
    services.send_due_mails(most=100)

    assert mail.outbox == []
    assert Notification.objects.get().mail_due_at is None
