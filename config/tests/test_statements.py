"""How many statements a purchase takes, with what the apps above orders do about it: BEGIN and COMMIT included."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import AdminFactory
from catalog.tests.factories import VariantFactory
from config.shared.events import relay
from config.tests.jobs import run_due_jobs
from orders.models import Order
from orders.services.rulebook import BOOK
from orders.tests.factories import ADDRESS, ShippingMethodFactory, TaxRateFactory

pytestmark = pytest.mark.django_db
ROOT = "/api/v1"


class Counted:
    """How many statements each step took; what a savepoint is here, is a transaction for a real client."""

    def __init__(self):
        self.steps = {}

    def step(self, name, act):
        with CaptureQueriesContext(connection) as asked:
            answer = act()
        self.steps[name] = len(asked)
        return answer


@pytest.fixture
def counted(record_property):
    counted = Counted()
    yield counted
    record_property("statements", str(counted.steps))


@pytest.fixture
def bought(api, counted):
    """A guest's order on a manual payment."""
    variant = VariantFactory()
    ShippingMethodFactory(seller=variant.seller), TaxRateFactory(country="GB")
    BOOK.current = (None, {})  # as in a process that has just begun
    line = {"variant": str(variant.pk), "quantity": 1}
    added = counted.step("line", lambda: api.post(f"{ROOT}/cart/items", line))
    cart = {"Cart-Token": added["Cart-Token"]}
    way = f"{ROOT}/cart/shipping-options?country=GB&postal_code=N1"
    counted.step("options", lambda: api.get(way, headers=cart))
    body = {"shipping_address": ADDRESS}
    quote = counted.step("quote", lambda: api.post(f"{ROOT}/cart/quote", body, headers=cart)).json()
    body |= {"email": "ada@example.com", "expected_total": quote["total"]}
    headers = {**cart, "Idempotency-Key": "place"}
    order = counted.step("place", lambda: api.post(f"{ROOT}/orders/place", body, headers=headers)).json()
    asked = {"order": order["id"], "provider": "manual", "method": "bank_transfer"}
    headers = {"Order-Token": order["access_token"], "Idempotency-Key": "pay"}
    payment = counted.step("pay", lambda: api.post(f"{ROOT}/payments", asked, headers=headers))
    assert payment.status_code == 201
    return payment.json()


def test_a_purchase_takes_thirty_five(bought, counted):
    """And of those a guest's new cart seven; the rules of the shop are read along in this first purchase of a process."""
    assert counted.steps == {"line": 7, "options": 2, "quote": 2, "place": 15, "pay": 9}
    assert sum(counted.steps.values()) == 35


def test_the_next_purchase_reads_no_rules(api, counted):
    variant = VariantFactory()
    for name in ("first", "second"):
        line = {"variant": str(variant.pk), "quantity": 1}
        counted.step(name, lambda line=line: api.post(f"{ROOT}/cart/items", line))
    assert (counted.steps["second"], counted.steps["first"]) == (6, 7)


def test_what_the_worker_adds(bought, counted, as_user, run_jobs):
    """For one order; of a second's orders the relay and the mails share all of it but one statement a mail."""
    counted.step("place and publish", relay.place)
    counted.step("mails", run_jobs)
    admin = as_user(AdminFactory())
    path, headers = f"{ROOT}/payments/{bought['id']}/settle", {"Idempotency-Key": "settle"}
    settled = counted.step("settle", lambda: admin.post(path, headers=headers))
    counted.step("mails and invoice", run_due_jobs)
    assert (settled.status_code, Order.objects.get().status) == (200, "paid")
    added = {name: counted.steps[name] for name in list(counted.steps)[5:]}
    assert added == {"place and publish": 5, "mails": 18, "settle": 34, "mails and invoice": 30}
