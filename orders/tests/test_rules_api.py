"""Coupons, shipping methods and tax rates."""

import pytest
from django.contrib.auth.models import Permission

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.tests.factories import VariantFactory
from orders.models import Coupon, ShippingMethod, TaxRate
from orders.tests.factories import (
    CouponFactory,
    ShippingMethodFactory,
    TaxRateFactory,
)
from orders.tests.looks import usd

pytestmark = pytest.mark.django_db
COUPONS, METHODS, RATES = "/api/v1/coupons", "/api/v1/shipping-methods", "/api/v1/admin/tax-rates"
PLACE = "/api/v1/orders/place"


@pytest.fixture
def shop():
    return SellerFactory()


@pytest.fixture
def seller(as_user, shop):
    return as_user(shop.user)


@pytest.fixture
def admin(as_user):
    return as_user(AdminFactory())


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("percent", 10, 10),
        ("percent", "12.5", "12.5"),
        ("percent", "15", 15),
        ("fixed", usd(500), usd(500)),
        ("free_shipping", None, None),
    ],
)
def test_create_a_coupon(seller, shop, kind, value, shown):
    body = {"code": "summer-24", "kind": kind, "value": value, "minimum": usd(1000), "usage_limit": 5}
    answer = seller.post(COUPONS, body | {"ends_at": "2100-01-01T00:00:00+01:00"})
    assert answer.status_code == 201, answer.json()
    coupon = Coupon.objects.get()
    created = answer.json()["created_at"]
    assert answer.json() == {
        "id": str(coupon.pk),
        "code": "SUMMER-24",
        "kind": kind,
        "value": shown,
        "minimum": usd(1000),
        "usage_limit": 5,
        "usage_limit_per_customer": None,
        "starts_at": None,
        "ends_at": "2099-12-31T23:00:00Z",
        "automatic": False,
        "stackable": True,
        "first_order": False,
        "products": [],
        "categories": [],
        "used_count": 0,
        "seller": str(shop.pk),
        "created_at": created,
    }
    assert seller.get(f"{COUPONS}/{coupon.pk}").json() == answer.json()


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"kind": "buy_x_get_y"}, "/value", "invalid"),
        ({"kind": "half"}, "/kind", "invalid_choice"),
        ({"value": 0}, "/value", "invalid"),
        ({"value": 101}, "/value", "invalid"),
        ({"value": True}, "/value", "invalid"),
        ({"value": "1e1"}, "/value", "invalid"),
        ({"value": "NaN"}, "/value", "invalid"),
        ({"value": -5}, "/value", "invalid"),
        ({"value": 10.5}, "/value", "invalid"),
        ({"value": usd(5)}, "/value", "invalid"),
        ({"value": None}, "/value", "invalid"),
        ({"kind": "fixed"}, "/value", "invalid"),
        ({"kind": "fixed", "value": usd(0)}, "/value", "invalid"),
        (
            {"kind": "fixed", "value": usd(5), "minimum": {"amount": 1, "currency": "EUR"}},
            "/minimum",
            "currency_mismatch",
        ),
        ({"usage_limit": 0}, "/usage_limit", "min_value"),
        ({"usage_limit": "5"}, "/usage_limit", "wrong_type"),
        ({"code": "a b"}, "/code", "pattern"),
        ({"starts_at": "2030-01-01T00:00:00"}, "/starts_at", "invalid"),
        (
            {"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"},
            "/ends_at",
            "before_start",
        ),
        ({"used_count": 7, "seller": "1"}, None, None),
    ],
)
def test_a_wrong_coupon_is_400(seller, body, pointer, code):
    answer = seller.post(COUPONS, {"code": "TEN", "kind": "percent", "value": 10} | body)
    if pointer is None:  # read-only members are ignored
        assert answer.status_code == 201
        assert (answer.json()["used_count"], Coupon.objects.get().seller_id is not None) == (0, True)
        return
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert not Coupon.objects.exists()


def test_a_code_is_taken_once(seller, as_user):
    CouponFactory(code="TEN")
    answer = seller.post(COUPONS, {"code": "ten", "kind": "percent", "value": 10})
    assert (answer.status_code, answer.json()["code"]) == (409, "code_taken")


def test_an_edit_leaves_the_count_of_uses_alone(seller, shop):
    coupon = CouponFactory(seller=shop, used_count=0, usage_limit=9)
    Coupon.objects.update(used_count=4)
    body = seller.patch(f"{COUPONS}/{coupon.pk}", {"value": 20, "usage_limit": 5}).json()
    assert (body["value"], body["usage_limit"], body["used_count"], body["code"]) == (20, 5, 4, coupon.code)
    refused = seller.patch(f"{COUPONS}/{coupon.pk}", {"usage_limit": 3})
    assert (refused.status_code, refused.json()["code"]) == (409, "usage_limit_below_uses")


def test_a_new_kind_needs_its_value(seller, shop):
    coupon = CouponFactory(seller=shop)
    assert seller.patch(f"{COUPONS}/{coupon.pk}", {"kind": "fixed"}).status_code == 400
    assert (
        seller.patch(f"{COUPONS}/{coupon.pk}", {"kind": "free_shipping", "value": None}).json()["value"]
        is None
    )


def test_goods_that_are_not_there_are_named_as_they_were_sent(seller):
    product = VariantFactory().product
    body = {"code": "TEN", "kind": "percent", "value": 10}
    answer = seller.post(COUPONS, body | {"categories": ["kitchen", "999", "0"]})
    assert [(one["pointer"], one["detail"]) for one in answer.json()["errors"]] == [
        ("/categories", "There is no such row: kitchen, 999, 0.")
    ]
    assert not Coupon.objects.exists()
    made = seller.post(COUPONS, body | {"products": [str(product.pk), f"0{product.pk}"]})
    assert (made.status_code, made.json()["products"]) == (201, [str(product.pk)])


def test_a_sellers_rules_are_their_own(as_user, shop, seller):
    coupon, method = CouponFactory(seller=shop), ShippingMethodFactory(seller=shop)
    platform = CouponFactory(), ShippingMethodFactory(seller=None)
    rows = {COUPONS: (coupon, platform[0]), METHODS: (method, platform[1])}
    other, customer = as_user(SellerFactory().user), as_user(UserFactory())
    for path, (own, foreign) in rows.items():
        assert [row["id"] for row in seller.get(path).json()["results"]] == [str(own.pk)]
        assert seller.get(f"{path}/{foreign.pk}").status_code == 404
        for method_name in ("get", "patch", "delete"):
            assert (
                getattr(other, method_name)(
                    f"{path}/{own.pk}", {} if method_name != "get" else None
                ).status_code
                == 404
            )
            assert getattr(customer, method_name)(f"{path}/{own.pk}").status_code == 403
        assert seller.delete(f"{path}/{own.pk}").status_code == 204
        assert seller.get(f"{path}/{own.pk}").status_code == 404
        assert seller.get(path).json()["results"] == []


def test_a_suspended_seller_can_only_look(as_user):
    shop = SellerFactory(status="suspended")
    client = as_user(shop.user)
    assert client.get(COUPONS).status_code == 200
    assert client.post(COUPONS, {"code": "TEN", "kind": "percent", "value": 10}).status_code == 403
    assert not Coupon.objects.exists()


def test_shipping_methods(seller, shop):
    body = {
        "name": "Parcel",
        "price": usd(500),
        "free_from": usd(5000),
        "countries": ["GB"],
        "postal_prefixes": ["sw1"],
    }
    answer = seller.post(METHODS, body)
    assert answer.status_code == 201
    method = ShippingMethod.objects.get()
    shown = {"id": str(method.pk), **body, "postal_prefixes": ["SW1"], "seller": str(shop.pk)}
    shown |= {
        "kind": "flat",
        "steps": [],
        "regions": [],
        "max_weight_g": None,
        "min_days": None,
        "max_days": None,
    }
    assert answer.json() == shown | {"created_at": answer.json()["created_at"]}
    changed = seller.patch(f"{METHODS}/{method.pk}", {"price": usd(0), "free_from": None}).json()
    assert (changed["price"], changed["free_from"], changed["countries"]) == (usd(0), None, ["GB"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"price": 500}, "/price"),
        ({"price": {"amount": -1, "currency": "USD"}}, "/price"),
        ({"free_from": {"amount": 1, "currency": "EUR"}}, "/free_from"),
        ({"countries": ["England"]}, "/countries/0"),
        ({"countries": "GB"}, "/countries"),
        ({"name": ""}, "/name"),
    ],
)
def test_a_wrong_shipping_method_is_400(seller, body, pointer):
    answer = seller.post(METHODS, {"name": "Parcel", "price": usd(500)} | body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not ShippingMethod.objects.exists()


@pytest.mark.parametrize("permission", ["view", "add", "change", "delete"])
def test_staff_do_what_they_are_given(as_user, permission):
    """To see them is what the other acts need besides."""
    user, rate = UserFactory(is_staff=True), TaxRateFactory()
    names = ["view_taxrate", f"{permission}_taxrate"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    staff = as_user(user)
    found = {
        "view": staff.get(RATES).status_code,
        "add": staff.post(RATES, {"country": "DE", "rate": "0.19", "inclusive": True}).status_code,
        "change": staff.patch(f"{RATES}/{rate.pk}", {"rate": "0.1"}).status_code,
        "delete": staff.delete(f"{RATES}/{rate.pk}").status_code,
    }
    done = {"view": 200, "add": 201, "change": 200, "delete": 204}
    assert found == dict.fromkeys(done, 403) | {"view": 200, permission: done[permission]}


def test_the_platforms_rules(admin):
    coupon = admin.post("/api/v1/admin/coupons", {"code": "ALL", "kind": "percent", "value": 5}).json()
    method = admin.post("/api/v1/admin/shipping-methods", {"name": "Post", "price": usd(100)}).json()
    assert (coupon["seller"], method["seller"]) == (None, None)
    foreign = CouponFactory(seller=SellerFactory())
    assert admin.get(f"/api/v1/admin/coupons/{foreign.pk}").status_code == 200


def test_tax_rates(admin):
    body = {"country": "US", "region": "ca", "tax_class": "Books", "rate": "0.0725", "inclusive": False}
    answer = admin.post(RATES, body)
    assert answer.status_code == 201
    rate = TaxRate.objects.get()
    shown = {"id": str(rate.pk), **body, "region": "CA", "tax_class": "books"}
    assert answer.json() == shown | {"created_at": answer.json()["created_at"]}
    again = admin.post(RATES, body)
    assert (again.status_code, again.json()["code"]) == (409, "tax_rate_exists")
    plain = admin.post(RATES, {"country": "DE", "rate": "0.19", "inclusive": True}).json()
    assert (plain["region"], plain["tax_class"], plain["rate"]) == ("", "standard", "0.19")
    assert admin.patch(f"{RATES}/{plain['id']}", {"rate": "0.2"}).json()["tax_class"] == "standard"


@pytest.mark.parametrize(
    "body",
    [
        {"rate": 0.19},
        {"rate": "19"},
        {"rate": "-0.1"},
        {"rate": "NaN"},
        {"country": "XX"},
        {"inclusive": "yes"},
    ],
)
def test_a_wrong_tax_rate_is_400(admin, body):
    assert admin.post(RATES, {"country": "DE", "rate": "0.19", "inclusive": True} | body).status_code == 400
    assert not TaxRate.objects.exists()


@pytest.mark.parametrize("path", ["/api/v1/admin/coupons", "/api/v1/admin/shipping-methods", RATES])
def test_the_platforms_rules_are_staffs(api, as_user, seller, path):
    TaxRateFactory()
    for client, status in [(api, 401), (as_user(UserFactory()), 403), (seller, 403)]:
        assert client.get(path).status_code == status
        assert client.post(path, {}).status_code == status
