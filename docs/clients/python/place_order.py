"""Buys something for a customer, with the client that openapi-python-client made (as the package `souk_client`)."""

import os
from typing import TypeVar
from uuid import uuid4

from souk_client import AuthenticatedClient, Client
from souk_client.api.cart import cart_items_create
from souk_client.api.log_in import auth_register_create
from souk_client.api.orders import orders_place_create
from souk_client.api.payments import payments_confirm_create, payments_create
from souk_client.api.products import products_list, products_retrieve
from souk_client.models import (
    AddressRequest,
    Cart,
    CartLineRequest,
    CheckoutRequest,
    ConfirmRequest,
    NewPaymentRequest,
    OpenPayment,
    PaginatedProductRowList,
    PaymentStatus,
    PlacedOrder,
    Problem,
    Product,
    ProductsListSort,
    RegistrationRequest,
    SessionStart,
)

SOUK = os.environ.get("SOUK", "http://localhost:8000")
Expected = TypeVar("Expected")


def ok(answer: object, expected: type[Expected]) -> Expected:
    """The answer that was hoped for; a refusal ends the program with its stable code."""
    if isinstance(answer, Problem):
        raise SystemExit(f"{answer.code}: {answer.detail} ({answer.request_id})")
    assert isinstance(answer, expected)
    return answer


def main() -> None:
    registration = RegistrationRequest(
        email=f"{uuid4().hex}@example.com", password=f"client-{uuid4()}", name="Ada"
    )
    session = ok(auth_register_create.sync(client=Client(base_url=SOUK), body=registration), SessionStart)
    souk = AuthenticatedClient(base_url=SOUK, token=session.access)

    cheapest = products_list.sync(client=souk, in_stock=True, sort=ProductsListSort.PRICE, limit=1)
    listed = ok(cheapest, PaginatedProductRowList)
    product = ok(products_retrieve.sync(listed.results[0].id, client=souk), Product)
    variant = next(one for one in product.variants if one.available)

    ok(cart_items_create.sync(client=souk, body=CartLineRequest(variant=variant.id, quantity=1)), Cart)
    address = AddressRequest(
        name="Ada", line1="Karl-Marx-Allee 1", city="Berlin", postal_code="10178", country="DE"
    )
    checkout = CheckoutRequest(shipping_address=address)
    placed = orders_place_create.sync(client=souk, body=checkout, idempotency_key=uuid4().hex)
    order = ok(placed, PlacedOrder)
    begun = payments_create.sync(
        client=souk, body=NewPaymentRequest(order=order.id), idempotency_key=uuid4().hex
    )
    payment = ok(begun, OpenPayment)
    card = ConfirmRequest(payment_method="pm_card_visa")
    paid = ok(payments_confirm_create.sync(payment.id, client=souk, body=card), OpenPayment)

    total = f"{order.total.amount / 100:.2f} {order.total.currency}"
    print(f"{product.title}: order {order.number} of {total}, payment {paid.status}")
    assert paid.status == PaymentStatus.SUCCEEDED


if __name__ == "__main__":
    main()
