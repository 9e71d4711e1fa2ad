"""Notices that Stripe never sent, or never so: refused, or without effect."""

import json
import time
from collections.abc import Iterator
from typing import Any

from bench.security.report import Check
from bench.security.wire import Answer
from payments.models import Payment, StripeEvent
from payments.tests.factories import signature

PATH = "payments/webhooks/stripe"
DAY = 86_400


def attack(scene: Any) -> Iterator[Check]:
    payment = Payment.objects.get(pk=scene.world.names["payment"])
    yield forged(scene, payment)
    yield replayed(scene, payment)
    yield lying(scene, payment)


def notice(intent: str, name: str, **changes: Any) -> dict[str, Any]:
    about = {"id": intent, "object": "payment_intent", "status": "succeeded", "amount_received": 10**6}
    kind = "payment_intent.succeeded"
    return {"id": f"evt_{name}", "type": kind, "livemode": False, "data": {"object": about}} | changes


def post(scene: Any, event: Any, header: str | None) -> Answer:
    headers = {} if header is None else {"stripe_signature": header}
    return scene.web.api("POST", PATH, json.dumps(event).encode(), **headers)


def forged(scene: Any, payment: Payment) -> Check:
    check, now = Check("webhooks of Stripe that are forged"), int(time.time())
    event = notice(payment.provider_reference, "forged")
    raw, altered = json.dumps(event), json.dumps(event | {"id": "evt_other"})
    good = signature(raw)
    headers = {
        "no signature": None, "an empty one": "", "nonsense": "t=1,v1=00", "of another secret": signature(raw, secret="whsec_guessed"),
        "of an empty secret": signature(raw, secret=" "), "five minutes old": signature(raw, moment=now - 301),
        "a day ahead": signature(raw, moment=now + DAY), "of another body": signature(altered), "scheme v0": good.replace("v1=", "v0="),
        "without its time": good.partition(",")[2], "with two times": f"t={now - 900},{good}", "a byte less": good[:-1],
        "in capitals": good.upper(), "moved in time": good.replace(f"t={now}", f"t={now - 1}") if f"t={now}" in good else "t=2",
    }  # fmt: skip
    for name, header in headers.items():
        answer = post(scene, event, header)
        check.tried(answer.status == 400 and answer.is_problem, f"{name}: {answer.status}")
    answer = scene.web.api("POST", PATH, raw.encode() + b" ", stripe_signature=good)
    check.tried(answer.status == 400, f"one byte more: {answer.status}")
    check.equal(StripeEvent.objects.filter(event_id="evt_forged").count(), 0, "notices kept")
    return check


def replayed(scene: Any, payment: Payment) -> Check:
    check = Check("a good webhook sent again: kept once")
    event = notice(payment.provider_reference, "replayed")
    header = signature(json.dumps(event))
    for _ in range(20):
        check.equal(post(scene, event, header).status, 200, "a repetition")
    check.equal(StripeEvent.objects.filter(event_id="evt_replayed").count(), 1, "notices kept")
    return check


def lying(scene: Any, payment: Payment) -> Check:
    """Rightly signed, but Stripe itself says otherwise when it is asked: nothing is paid."""
    check = Check("signed webhooks about another's or nobody's payment, or with another amount")
    own = payment.provider_reference
    events = [
        notice(own, "lie"), notice("pi_nobody", "foreign"), notice(own, "account", account="acct_another"),
        notice(own, "refund", type="charge.refunded"), notice(own, "transfer", type="transfer.reversed"),
    ]  # fmt: skip
    for event in events:
        answer = post(scene, event, signature(json.dumps(event)))
        check.tried(answer.status in {200, 400}, f"{event['id']}: {answer.status}")
    live = notice(own, "live", livemode=True)
    check.equal(post(scene, live, signature(json.dumps(live))).status, 400, "a live event in test mode")
    deadline = time.monotonic() + 15
    while StripeEvent.objects.filter(event_id="evt_lie", processed_at=None).exists():
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    check.equal(
        StripeEvent.objects.filter(event_id="evt_lie").exclude(processed_at=None).count(), 1, "looked into"
    )
    payment.refresh_from_db()
    check.tried(payment.status not in {"succeeded", "refunded"}, f"the payment is {payment.status}")
    check.equal(payment.order.status, "pending_payment", "the order")
    return check
