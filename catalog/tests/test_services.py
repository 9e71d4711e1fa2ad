"""Stock services one at a time; many at once are in test_races."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.tests.factories import SellerFactory
from catalog import services
from catalog.errors import OutOfStock
from catalog.models import Brand, Location, Product, StockHold, StockLevel, StockMovement, Variant
from catalog.services.creation import create_product
from catalog.services.offers import NewVariant
from catalog.services.products import set_product_status
from catalog.services.stock import default_location
from catalog.signals import back_in_stock, prices_changed, products_published
from catalog.tests.factories import BrandFactory, ProductFactory, VariantFactory
from catalog.verification import verify_stock
from config.shared.actor import GUEST, Actor
from config.shared.models import EventRecord
from config.shared.money import Money
from config.shared.registry import VERIFIERS

pytestmark = pytest.mark.django_db
SOON = timezone.now() + timedelta(minutes=30)


@pytest.fixture
def variant():
    return VariantFactory(stock=5)


def hold(demand, reference="order:1"):
    services.hold_stock(demand=demand, reference=reference, expires_at=SOON)


def level_of(variant):
    level = StockLevel.objects.get(variant=variant)
    return level.on_hand, level.reserved


def flags(variant):
    fresh = Variant.objects.select_related("product").get(pk=variant.pk)
    return fresh.is_available, fresh.product.is_available


def quantities():
    return list(
        EventRecord.objects.filter(type="inventory.changed")
        .order_by("pk")
        .values_list("data__quantity", flat=True)
    )


@pytest.fixture
def restocked():
    heard = []
    back_in_stock.connect(hear := lambda variant, **kwargs: heard.append(variant.pk))
    yield heard
    back_in_stock.disconnect(hear)


def test_hold_reserves(variant):
    hold({variant.pk: 2})
    assert level_of(variant) == (5, 2)
    kept = StockHold.objects.get()
    assert (kept.quantity, kept.reference, kept.status, kept.expires_at) == (2, "order:1", "active", SOON)
    assert StockMovement.objects.count() == 1
    assert quantities() == [3]
    assert list(verify_stock()) == []


def test_hold_is_all_or_nothing_and_names_what_is_short(variant):
    scarce, sold_out = VariantFactory(stock=1), VariantFactory(stock=0)
    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        hold({variant.pk: 5, scarce.pk: 3, sold_out.pk: 1, 999_999: 1})
    assert refusal.value.members["lines"] == [
        {"variant": str(scarce.pk), "requested": 3, "available": 1},
        {"variant": str(sold_out.pk), "requested": 1, "available": 0},
        {"variant": "999999", "requested": 1, "available": 0},
    ]
    assert [level_of(row) for row in (variant, scarce)] == [(5, 0), (1, 0)]
    assert not StockHold.objects.exists()
    assert quantities() == []


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_demand_is_positive(variant, quantity):
    with pytest.raises(ValueError, match="positive"):
        hold({variant.pk: quantity})


def test_an_empty_demand_is_nothing(variant):
    hold({})
    services.sell_stock(demand={}, reference="order:1")
    services.return_stock(demand={}, reference="order:1", reason="")
    assert level_of(variant) == (5, 0)


def test_one_reference_does_not_hold_twice(variant):
    hold({variant.pk: 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        hold({variant.pk: 1})
    assert level_of(variant) == (5, 1)


def test_release_and_again(variant):
    hold({variant.pk: 2})
    assert services.release_holds(reference="order:1") is True
    assert services.release_holds(reference="order:1") is False
    assert services.sell_holds(reference="order:1") is False
    assert level_of(variant) == (5, 0)
    assert quantities() == [3, 5]
    hold({variant.pk: 1})  # the reference may hold anew
    assert list(verify_stock()) == []


def test_a_level_that_was_miscounted_does_not_keep_an_order_from_ending(variant):
    """`verify` tells of it; neither act goes below nothing."""
    for reference, end in (("order:1", services.release_holds), ("order:2", services.sell_holds)):
        hold({variant.pk: 2}, reference)
        StockLevel.objects.update(reserved=1)
        assert end(reference=reference) is True
        assert level_of(variant) == (5, 1)
    assert [*StockHold.objects.order_by("reference").values_list("status", flat=True)] == ["released", "sold"]


def test_sale_of_holds(variant):
    hold({variant.pk: 2})
    assert services.sell_holds(reference="order:1") is True
    assert services.sell_holds(reference="order:1") is False
    assert services.release_holds(reference="order:1") is False
    assert level_of(variant) == (3, 0)
    assert Product.objects.get().units_sold == 2
    sale = StockMovement.objects.get(kind="sold")
    assert (sale.delta, sale.on_hand_after, sale.reference) == (-2, 3, "order:1")
    assert list(verify_stock()) == []


def test_sale_without_a_hold_and_its_return(variant):
    hold({variant.pk: 4})
    with pytest.raises(OutOfStock), transaction.atomic():
        services.sell_stock(demand={variant.pk: 2}, reference="order:2")
    services.sell_stock(demand={variant.pk: 1}, reference="order:2")
    assert level_of(variant) == (4, 4)
    services.return_stock(demand={variant.pk: 1}, reference="order:2", reason="changed my mind")
    assert level_of(variant) == (5, 4)
    back = StockMovement.objects.get(kind="returned")
    assert (back.delta, back.reason, back.reference) == (1, "changed my mind", "order:2")
    assert Product.objects.get().units_sold == 0
    services.return_stock(demand={variant.pk: 1}, reference="order:3", reason="never sold by us")
    assert (level_of(variant), Product.objects.get().units_sold) == ((6, 4), 0)
    assert list(verify_stock()) == []


def test_extension(variant):
    assert services.extend_holds(reference="order:1", expires_at=SOON) is False
    hold({variant.pk: 1})
    later = SOON + timedelta(days=7)
    assert services.extend_holds(reference="order:1", expires_at=later) is True
    assert StockHold.objects.get().expires_at == later


def test_flags_flip_with_the_last_unit_only(variant, restocked, django_assert_num_queries):
    sibling = VariantFactory(product=variant.product, stock=0)
    with django_assert_num_queries(1):  # the hold, with its events
        hold({variant.pk: 4})
    assert flags(variant) == (True, True)
    hold({variant.pk: 1}, "order:2")
    assert flags(variant) == (False, False)
    services.release_holds(reference="order:2")
    assert flags(variant) == (True, True)
    assert restocked == [variant.pk]
    services.adjust_stock(variant=sibling, location=None, delta=1, reason="new", actor="user:1")
    assert restocked == [variant.pk, sibling.pk]
    assert list(verify_stock()) == []


def test_a_draft_that_comes_back_is_nobodys_news(variant, restocked):
    Product.objects.update(status="draft")
    hold({variant.pk: 5})
    services.release_holds(reference="order:1")
    assert restocked == []
    assert flags(variant) == (True, True)


def test_with_available(variant):
    hold({variant.pk: 2})
    assert Variant.objects.with_available().get(pk=variant.pk).available_quantity == 3
    assert Variant.objects.with_available().get(pk=VariantFactory(stock=0).pk).available_quantity == 0


def test_for_sale(variant):
    for product in (ProductFactory(status="draft"), ProductFactory(seller=SellerFactory(status="suspended"))):
        VariantFactory(product=product)
    VariantFactory(product=variant.product, is_archived=True, stock=0)
    assert [row.pk for row in Variant.objects.for_sale()] == [variant.pk]


def test_ratings_and_followers(variant):
    services.change_product_rating(product_id=variant.product_id, points=9, reviews=2)
    product = Product.objects.get()
    assert (product.rating_sum, product.rating_count, float(product.rating_average)) == (9, 2, 4.5)
    services.change_product_rating(product_id=variant.product_id, points=-9, reviews=-2)
    assert float(Product.objects.get().rating_average) == 0
    brand = BrandFactory()
    services.change_brand_followers(brand_id=brand.pk, by=1)
    assert Brand.objects.get().followers_count == 1


def test_publishing_and_prices_are_announced():
    heard = []
    products_published.connect(
        hear := lambda products, **kwargs: heard.extend(product.title for product in products), weak=False
    )
    prices_changed.connect(hear_price := lambda moves, **kwargs: heard.extend(moves), weak=False)
    offer = NewVariant(sku="A", price=Money(5, "USD"))
    product = create_product(
        seller=SellerFactory(), title="Draft", variants=[offer], actor="user:1", status="draft"
    )
    assert heard == []
    set_product_status(product=product, status="active")
    products_published.disconnect(hear)
    prices_changed.disconnect(hear_price)
    assert heard == ["Draft"]


def test_a_seller_has_one_first_location():
    seller = SellerFactory()
    assert default_location(seller_id=seller.pk) == default_location(seller_id=seller.pk)
    assert Location.objects.count() == 1


def test_which_products_somebody_may_follow():
    public, draft = ProductFactory(), ProductFactory(status="draft")
    names = [str(public.pk), draft.slug, str(draft.pk), "nothing", "0", "9" * 30, "a\x00"]
    assert services.visible_products(GUEST, names) == {str(public.pk)}
    assert services.visible_products(GUEST, [public.slug]) == {str(public.pk)}
    owner = Actor(user=draft.seller.user, role="seller", seller_id=draft.seller_id, seller_is_active=True)
    assert services.visible_products(owner, names) == {str(public.pk), str(draft.pk)}


@pytest.mark.parametrize(
    ("breakage", "kind"),
    [
        (lambda: StockLevel.objects.update(reserved=1), "reserved_differs_from_holds"),
        (lambda: StockLevel.objects.update(on_hand=9), "on_hand_differs_from_movements"),
        (lambda: Variant.objects.update(is_available=False), "variant_availability_wrong"),
        (lambda: Product.objects.update(is_available=False), "product_availability_wrong"),
        (lambda: Product.objects.update(price_amount=1), "product_price_wrong"),
    ],
)
def test_the_verifier_sees(variant, breakage, kind):
    assert list(VERIFIERS["stock"]()) == []
    breakage()
    assert kind in {row["kind"] for row in VERIFIERS["stock"]()}
