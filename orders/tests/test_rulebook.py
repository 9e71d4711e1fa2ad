"""What is kept of the shop's rules is never older than the tables."""

import pytest
from django.db import transaction

from catalog.tests.factories import VariantFactory
from orders.models import Cart, CartItem, Coupon, RuleBook, TaxRate
from orders.services.quoting import make_quote
from orders.services.reading import read_contents
from orders.tests.factories import ADDRESS, CouponFactory, TaxRateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cart():
    cart = Cart.objects.create(token_digest="x" * 64, version=1, currency="USD")
    CartItem.objects.create(
        cart=cart, variant=VariantFactory(price_amount=1000), quantity=1, price_amount=1000
    )
    return cart


def total(cart):
    quote = make_quote(read_contents(cart), address=ADDRESS, chosen={})
    return quote.priced.sums.total


def test_the_next_quote_goes_by_a_changed_rate_whatever_path_changed_it(cart, django_assert_num_queries):
    rate = TaxRateFactory(country=ADDRESS["country"], rate="0.1", inclusive=False)
    assert total(cart) == 1100
    with django_assert_num_queries(1):
        assert total(cart) == 1100
    TaxRate.objects.filter(pk=rate.pk).update(rate="0.2")
    assert total(cart) == 1200
    rate.delete()
    assert total(cart) == 1000


def test_a_change_that_is_rolled_back_leaves_nothing_behind(cart):
    assert total(cart) == 1000
    with transaction.atomic():
        TaxRateFactory(country=ADDRESS["country"], rate="0.1", inclusive=False)
        assert total(cart) == 1100
        transaction.set_rollback(True)
    assert total(cart) == 1000


def test_a_use_of_a_promotion_turns_no_page_yet_a_limited_one_ends(cart):
    promotion = CouponFactory(is_automatic=True, usage_limit=1)
    reduced = total(cart)
    mark = RuleBook.objects.get().mark
    Coupon.objects.filter(pk=promotion.pk).update(used_count=1)
    assert (RuleBook.objects.get().mark, total(cart)) == (mark, 1000)
    assert reduced < 1000
    Coupon.objects.filter(pk=promotion.pk).update(usage_limit=2)
    assert (RuleBook.objects.get().mark != mark, total(cart)) == (True, reduced)
