from typing import Any

import pytest

from accounts.tests.factories import UserFactory
from catalog.tests.factories import VariantFactory
from orders import services, signals
from orders.tests.factories import ADDRESS, OrderFactory, actor_of, put_in_cart
from orders.verification import verify_orders

NAMES = ["order_placed", "order_paid", "order_expired", "order_cancelled", "part_changed", "part_shipped"]
NAMES += ["items_removed", "return_changed", "return_received"]


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def buyer(user, as_user):
    """A signed-in client with `fill(variant, quantity)`."""
    client = as_user(user)
    client.fill = lambda variant, quantity=1: put_in_cart(actor_of(user), variant, quantity)
    return client


@pytest.fixture
def client(as_user, user):
    return as_user(user)


@pytest.fixture
def heard():
    """The signals that were sent, in order, each with its payload but the order or part."""
    sent, receivers = [], []
    for name in NAMES:

        def receive(signal, sender, name=name, **payload):
            kept = {
                key: value
                for key, value in payload.items()
                if key not in {"order", "part", "shipment", "returned"}
            }
            sent.append((name, kept))

        receivers.append(receive)
        getattr(signals, name).connect(receive)
    yield sent
    for name, receive in zip(NAMES, receivers, strict=True):
        getattr(signals, name).disconnect(receive)


@pytest.fixture
def gives_back():
    """As if somebody had the money, which payments, without a payment, has not: all that is due goes back."""
    asked = [signals.items_removed, signals.return_received]

    def give(amount, **payload):
        return amount

    for signal in asked:
        signal.connect(give)
    yield
    for signal in asked:
        signal.disconnect(give)


@pytest.fixture
def variant():
    return VariantFactory(price_amount=1000, stock=10)


@pytest.fixture
def order(variant):
    """Three of one variant, held."""
    return OrderFactory(variants=[variant], quantity=3)


@pytest.fixture
def two_parts():
    """A paid order with the parts of two sellers."""
    order = OrderFactory(variants=[VariantFactory(), VariantFactory()])
    return services.mark_order_paid(order_id=order.pk)


@pytest.fixture
def sound():
    """Whatever a test does, the books are right at its end."""
    yield
    assert list(verify_orders()) == []


@pytest.fixture
def place() -> Any:
    """POST /orders/place with a fresh key: `place(client, token=…, if_match=…, **body)`."""
    keys = iter(range(1000))

    def post(client: Any, *, token: str = "", key: str = "", if_match: str = "", **body: Any) -> Any:
        headers = {"Idempotency-Key": key or f"key-{next(keys)}"} | ({"Cart-Token": token} if token else {})
        headers |= {"If-Match": if_match} if if_match else {}
        return client.post("/api/v1/orders/place", {"shipping_address": ADDRESS} | body, headers=headers)

    return post
