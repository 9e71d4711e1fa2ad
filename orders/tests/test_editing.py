"""A seller takes out what cannot be sent, before it is shipped."""

import pytest

from catalog.tests.factories import ProductFactory, VariantFactory
from orders import services
from orders.models import OrderEvent, OrderItem
from orders.tests.factories import OrderFactory
from orders.tests.looks import fresh, stock, usd

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound", "gives_back")]


def quantities():
    return sorted(OrderItem.objects.values_list("pk", "cancelled_quantity", "shipped_quantity"))


@pytest.fixture
def paid_two():
    """A paid order of one seller: three each of two variants."""
    product = ProductFactory()
    variants = [VariantFactory(product=product, price_amount=price, stock=10) for price in (1000, 500)]
    return services.mark_order_paid(order_id=OrderFactory(variants=variants, quantity=3).pk)


def remove(client, part, quantities):
    items = [{"id": str(key), "quantity": quantity} for key, quantity in quantities.items()]
    return client.post(f"/api/v1/orders/seller/{part.pk}/remove", {"items": items, "reason": "Broken"})


def test_a_seller_takes_a_line_out(as_user, paid_two, heard):
    part, (first, second) = paid_two.parts.get(), paid_two.items.all()
    seller = as_user(part.seller.user)
    assert remove(seller, part, {first.pk: 3, second.pk: 1}).status_code == 200
    assert heard == [("items_removed", {"amount": 3500})]
    assert (stock(first.variant), stock(second.variant)) == ((10, 0), (8, 0))
    services.accept_part(part_id=part.pk, by=None)
    services.ship_part(part_id=part.pk, by=None)
    assert fresh(part).status == "shipped"
    shown = as_user(paid_two.user).get(f"/api/v1/orders/{paid_two.pk}").json()
    assert [
        (row["quantity"], row["cancelled_quantity"], row["shipped_quantity"]) for row in shown["items"]
    ] == [
        (3, 3, 0),
        (3, 1, 2),
    ]
    assert shown["total"] == usd(4500)  # what was agreed stays; the refund says what went back
    event = OrderEvent.objects.get(type="order.items_removed")
    assert (event.by, event.data["reason"], event.data["refund"]) == ("seller", "Broken", usd(3500))


def test_what_remains_unsent_may_be_taken_out_and_the_part_is_shipped(paid_two):
    part, (first, second) = paid_two.parts.get(), paid_two.items.all()
    services.accept_part(part_id=part.pk, by=None)
    services.ship_part(part_id=part.pk, by=None, quantities={first.pk: 2})
    services.remove_items(part_id=part.pk, by=None, quantities={first.pk: 1, second.pk: 3}, reason="Lost")
    assert (fresh(part).status, fresh(paid_two).status) == ("shipped", "shipped")


def test_not_all_of_it_not_unpaid_not_too_many_not_shipped(as_user, paid_two):
    part, items = paid_two.parts.get(), list(paid_two.items.all())
    seller = as_user(part.seller.user)
    everything = remove(seller, part, {item.pk: 3 for item in items})
    assert (everything.status_code, everything.json()["code"]) == (409, "last_items")
    assert remove(seller, part, {items[0].pk: 4}).status_code == 400
    unpaid = OrderFactory(variants=[VariantFactory(product=ProductFactory(seller=part.seller))], quantity=2)
    refusal = remove(seller, unpaid.parts.get(), {unpaid.items.get().pk: 1})
    assert (refusal.status_code, refusal.json()["allowed"]) == (409, ["cancel"])
    services.accept_part(part_id=part.pk, by=None)
    services.ship_part(part_id=part.pk, by=None)
    sent = remove(seller, part, {items[0].pk: 1})
    assert (sent.status_code, sent.json()["allowed"]) == (409, ["deliver"])
    assert quantities() == [(item.pk, 0, 3) for item in items] + [(unpaid.items.get().pk, 0, 0)]


def test_a_cancel_after_an_edit_gives_back_the_rest(paid_two):
    first, second = paid_two.items.all()
    services.remove_items(part_id=paid_two.parts.get().pk, by=None, quantities={first.pk: 2}, reason="Broken")
    services.cancel_order(order_id=paid_two.pk, by=None)
    assert (stock(first.variant), stock(second.variant)) == ((10, 0), (10, 0))
