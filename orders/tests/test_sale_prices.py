"""A sale of the catalogue is charged by the clock, whether or not lists show it yet."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Variant
from catalog.tests.factories import ProductFactory, VariantFactory
from orders.models import Cart, CartItem
from orders.services.reading import read_contents

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("starts", "total"), [(-HOUR, 3000), (HOUR, 3998)])
def test_the_cart_goes_by_the_clock(starts, total):
    kettle = VariantFactory(product=ProductFactory())
    cart = Cart.objects.create(token_digest="x" * 64, version=1, currency="USD")
    CartItem.objects.create(cart=cart, variant=kettle, quantity=2, price_amount=1999)
    times = {"sale_from": timezone.now() + starts, "sale_until": timezone.now() + 2 * HOUR}
    Variant.objects.filter(pk=kettle.pk).update(sale_amount=1500, **times)

    contents = read_contents(cart)

    assert (contents.subtotal.amount, contents.lines[0].unit_price.amount) == (total, total // 2)
    assert [change["kind"] for change in contents.changes] == ["price_changed"] * (total == 3000)
