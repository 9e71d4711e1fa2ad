"""What sending costs, who may tax, and other services that say so."""

from decimal import Decimal

import pytest

from accounts.tests.factories import AdminFactory
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.errors import Unavailable
from orders.models import Order, OrderItem, ProviderAnswer, ShippingMethod, TaxExemption
from orders.services.pricing import Fee, TaxRule
from orders.services.providers import prune_answers
from orders.tests.factories import ADDRESS, CouponFactory, ShippingMethodFactory, TaxRateFactory
from orders.tests.looks import usd

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
QUOTE, OPTIONS, METHODS = "/api/v1/cart/quote", "/api/v1/cart/shipping-options", "/api/v1/shipping-methods"
STEPS = [{"up_to": 1000, "price": 400}, {"up_to": 5000, "price": 900}]


def quote(buyer, **address):
    return buyer.post(QUOTE, {"shipping_address": ADDRESS | address}).json()


def fee(buyer, **address):
    (shown,) = quote(buyer, **address)["shipping"]
    return shown["rule"], shown["price"]["amount"]


@pytest.mark.parametrize(("grams", "price"), [(500, 400), (501, 900), (2500, 900), (2501, 1500), (None, 400)])
def test_by_weight(buyer, grams, price):
    """Two units each time."""
    variant = VariantFactory(weight_g=grams)
    ShippingMethodFactory(seller=variant.seller, kind="by_weight", steps=STEPS, price_amount=1500)
    buyer.fill(variant, 2)
    assert fee(buyer) == ("by_weight", price)


def test_by_total_after_discounts_and_free_above(buyer):
    variant = VariantFactory(price_amount=1001)
    method = ShippingMethodFactory(seller=variant.seller, kind="by_total", steps=STEPS, price_amount=1500)
    buyer.fill(variant)
    assert fee(buyer) == ("by_total", 900)
    buyer.post(
        "/api/v1/cart/coupon",
        {"code": CouponFactory(kind="fixed", percent=None, amount=1, currency="USD").code},
    )
    assert fee(buyer) == ("by_total", 400)
    ShippingMethod.objects.filter(pk=method.pk).update(free_from_amount=1000)
    assert fee(buyer) == ("free_from", 0)


def test_too_heavy_is_not_taken(buyer):
    variant = VariantFactory(weight_g=2000)
    ShippingMethodFactory(seller=variant.seller, max_weight_g=3999)
    buyer.fill(variant)
    assert fee(buyer) == ("flat", 500)
    buyer.fill(variant)
    assert quote(buyer)["code"] == "no_shipping"


def test_zones_by_country_region_and_postal_code(buyer):
    variant = VariantFactory()
    for name, zone in {
        "west": {"countries": ["US"], "regions": ["CA", "OR"]},
        "bay": {"countries": ["US"], "regions": ["CA"], "postal_prefixes": ["94"], "price_amount": 100},
    }.items():
        ShippingMethodFactory(seller=variant.seller, name=name, **zone)
    buyer.fill(variant)

    def names(**place):
        query = "&".join(f"{name}={value}" for name, value in place.items())
        (seller,) = buyer.get(f"{OPTIONS}?{query}").json()["results"]
        return [option["name"] for option in seller["options"]]

    assert names(country="US") == names(country="US", region="CA", postal_code="94110") == ["bay", "west"]
    assert names(country="US", region="CA", postal_code="90001") == ["west"]
    assert names(country="US", region="or") == ["west"]
    assert names(country="US", region="NY") == names(country="GB") == []


def test_a_seller_writes_methods_and_their_steps_are_checked(as_user):
    product = ProductFactory()
    seller = as_user(product.seller.user)
    body = {"name": "Parcel", "kind": "by_weight", "price": usd(1500), "steps": STEPS, "regions": ["ca"]}
    made = seller.post(METHODS, body | {"min_days": 2, "max_days": 4, "max_weight_g": 30000})
    assert made.status_code == 201
    assert (made.json()["steps"], made.json()["regions"], made.json()["min_days"]) == (STEPS, ["CA"], 2)
    path = f"{METHODS}/{made.json()['id']}"
    for wrong, pointer in [
        ({"steps": []}, "/steps"),
        ({"kind": "flat"}, "/steps"),
        ({"steps": [STEPS[1], STEPS[0]]}, "/steps"),
        ({"steps": [{"up_to": -1, "price": 1}]}, "/steps/0/up_to"),
        ({"kind": "by_moon"}, "/kind"),
        ({"min_days": 5}, "/max_days"),
    ]:
        refusal = seller.patch(path, wrong)
        assert (refusal.status_code, refusal.json()["errors"][0]["pointer"]) == (400, pointer)
    assert ShippingMethod.objects.get().steps == STEPS


def test_the_delivery_estimate_is_shown_and_kept(buyer, place):
    variant = VariantFactory()
    ShippingMethodFactory(seller=variant.seller, min_days=2, max_days=4)
    buyer.fill(variant)
    assert quote(buyer)["shipping"][0]["delivery_days"] == {"min": 2, "max": 4}
    assert place(buyer).json()["parts"][0]["delivery_days"] == {"min": 2, "max": 4}


def test_a_tax_free_customer(buyer, user, place, as_user):
    TaxRateFactory(inclusive=True)
    buyer.fill(VariantFactory(price_amount=1200), 2)
    assert quote(buyer)["total"] == usd(2400)
    admin = as_user(AdminFactory())
    body = {"customer": str(user.pk), "country": "GB", "reason": "Embassy"}
    assert admin.post("/api/v1/admin/tax-exemptions", body).status_code == 201
    again = admin.post("/api/v1/admin/tax-exemptions", body)
    assert (again.status_code, again.json()["code"]) == (409, "tax_exemption_exists")
    shown = quote(buyer)
    assert (shown["tax_free"], shown["total"], shown["tax_total"]) == (True, usd(2000), usd(0))
    order = place(buyer, expected_total=usd(2000)).json()
    assert (order["tax_free"], order["total"], order["items"][0]["unit_price"]) == (
        True,
        usd(2000),
        usd(1000),
    )
    assert OrderItem.objects.get().tax_rate == 0


def test_tax_free_in_one_country_alone(buyer, user):
    TaxRateFactory()
    TaxExemption.objects.create(user=user, country="DE", reason="Embassy")
    buyer.fill(VariantFactory(price_amount=1000))
    assert (quote(buyer)["tax_free"], quote(buyer)["total"]) == (False, usd(1200))


# --- Other services -------------------------------------------------------------------------------------------


class FarTaxes:
    """7 % on everything, asked over the network."""

    calls_out = True
    asked: list = []

    def rules(self, request):
        self.asked.append(request)
        return [TaxRule(request.place.country, "", "standard", Decimal("0.07"), False)]


class FarShipping:
    calls_out = True
    asked: list = []

    def options(self, request):
        self.asked.append(request)
        return [Fee(parcel.seller_id, "far", "By air", 100 + parcel.weight) for parcel in request.parcels]


class SilentShipping:
    calls_out = True

    def options(self, request):
        raise Unavailable("Carrier")


@pytest.fixture
def far(settings):
    settings.TAX_PROVIDER = f"{__name__}.FarTaxes"
    settings.SHIPPING_PROVIDER = f"{__name__}.FarShipping"
    for provider in (FarTaxes, FarShipping):
        provider.asked.clear()


@pytest.mark.usefixtures("far")
def test_another_service_is_asked_by_the_quote_and_its_word_holds_for_the_order(buyer, place):
    variant = VariantFactory(price_amount=1000, weight_g=30)
    buyer.fill(variant, 2)
    refusal = place(buyer)
    assert (refusal.status_code, refusal.json()["code"], FarTaxes.asked) == (409, "quote_needed", [])
    shown = quote(buyer)
    assert (shown["shipping"][0]["name"], shown["total"]) == ("By air", usd(2000 + 160 + 140))
    assert quote(buyer)["total"] == shown["total"]
    order = place(buyer, expected_total=shown["total"])
    assert (order.status_code, order.json()["total"]) == (201, shown["total"])
    assert (len(FarTaxes.asked), len(FarShipping.asked)) == (1, 1)


@pytest.mark.usefixtures("far")
def test_its_word_is_for_what_was_asked_and_not_for_ever(buyer, place):
    buyer.fill(VariantFactory(price_amount=1000))
    quote(buyer)
    buyer.fill(VariantFactory(price_amount=500))
    assert place(buyer).json()["code"] == "quote_needed"
    quote(buyer)
    ProviderAnswer.objects.update(expires_at="2020-01-01T00:00Z")
    assert place(buyer).json()["code"] == "quote_needed"
    assert (prune_answers(), Order.objects.count()) == (3, 0)


def test_a_service_that_does_not_answer_is_503(buyer, settings):
    settings.SHIPPING_PROVIDER = f"{__name__}.SilentShipping"
    buyer.fill(VariantFactory())
    answer = buyer.post(QUOTE, {"shipping_address": ADDRESS})
    assert (answer.status_code, answer.json()["code"], answer.json()["dependency"]) == (
        503,
        "unavailable",
        "Carrier",
    )
    assert answer.headers["Retry-After"] == "5"
