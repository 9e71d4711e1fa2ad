"""An order, its parts and its items by one statement are what `save()` would have made of them."""

from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction

from accounts.tests.factories import SellerFactory
from config.shared.postgres import trees, writes
from orders.models import Order, OrderItem, OrderPart
from orders.tests.factories import ADDRESS

pytestmark = pytest.mark.django_db


def made(number: str = "SK-TREE", lines: int = 3) -> tuple[list, list, list]:
    order = Order(
        number=number, currency="EUR", shipping_address=ADDRESS, billing_address=ADDRESS, note="50 % '\\"
    )
    order.created_at = "2026-11-20T10:00:00Z"
    parts = [
        OrderPart(order=order, seller=SellerFactory(), currency="EUR", commission_rate=Decimal("0.125"))
        for _ in range(2)
    ]
    for part in parts:
        part.created_at = order.created_at
    items = [
        OrderItem(
            order=order,
            part=parts[n % 2],
            title=f"Line {n}",
            sku="s",
            options={},
            currency="EUR",
            quantity=n + 1,
        )
        for n in range(lines)
    ]
    return [order], parts, items


@pytest.mark.parametrize("lines", [1, 3, writes.MOST + 1])
def test_every_row_has_its_key_and_its_parents(lines):
    (order,), parts, items = made(lines=lines)
    trees.insert_tree([order], parts, items)
    assert [part.order_id for part in parts] == [order.pk] * 2 and parts[0].pk < parts[1].pk
    assert [(item.order_id, item.part_id) for item in items] == [
        (order.pk, parts[n % 2].pk) for n in range(lines)
    ]
    for row in (order, *parts, *items):
        stored = type(row).objects.get(pk=row.pk)
        names = [field.attname for field in row._meta.concrete_fields if field.attname != "created_at"]
        assert [getattr(stored, name) for name in names] == [getattr(row, name) for name in names]
    assert [row.title for row in OrderItem.objects.order_by("pk")] == [f"Line {n}" for n in range(lines)]


def test_a_constraint_and_a_text_that_is_too_long_are_errors_and_nothing_is_written():
    trees.insert_tree(*made())
    with pytest.raises(IntegrityError), transaction.atomic():
        trees.insert_tree(*made())
    levels = made("SK-LONG")
    levels[0][0].coupon_code = "x" * 41
    with pytest.raises(DataError), transaction.atomic():
        trees.insert_tree(*levels)
    assert Order.objects.count() == 1
