from decimal import Decimal

import pytest
from django.apps import apps
from django.db.models import ProtectedError
from django.test import Client

from accounts.tests.factories import AdminFactory, UserFactory
from orders.models import Coupon, CouponUse, ShippingMethod, TaxExemption, TaxRate
from orders.tasks import expire_due
from orders.tests.factories import (
    CouponFactory,
    OrderFactory,
    ShippingMethodFactory,
    TaxRateFactory,
    order_with_coupon,
)

pytestmark = pytest.mark.django_db


def test_every_page_opens(client):
    order = OrderFactory()
    CouponFactory(), ShippingMethodFactory(), TaxRateFactory()
    client.force_login(AdminFactory())
    for name in ("order", "orderpart", "shipment", "cart", "coupon", "shippingmethod", "taxrate"):
        model = apps.get_model("orders", name)
        for row in [None, *model.objects.all()[:1]]:
            path = f"/admin/orders/{name}/" + (f"{row.pk}/change/" if row else "")
            assert client.get(path).status_code == 200, path
    assert client.get("/admin/orders/order/add/").status_code == 403
    assert client.post(f"/admin/orders/order/{order.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_job_of_every_minute():
    order = OrderFactory()
    type(order).objects.update(hold_expires_at="2020-01-01T00:00Z")
    expire_due(timestamp=0)
    order.refresh_from_db()
    assert order.status == "expired"


def test_the_form_of_a_coupon_leaves_its_uses_alone(client, monkeypatch):
    """An order that is placed between the form's read and its write is counted."""
    coupon = CouponFactory(usage_limit=5)
    client.force_login(AdminFactory())
    clean = Coupon.full_clean

    def while_somebody_buys(self, *args, **kwargs):
        Coupon.objects.filter(pk=self.pk).update(used_count=3)
        return clean(self, *args, **kwargs)

    monkeypatch.setattr(Coupon, "full_clean", while_somebody_buys)
    form = {"code": coupon.code, "kind": "percent", "percent": "20", "usage_limit": "5"}
    answer = client.post(f"/admin/orders/coupon/{coupon.pk}/change/", form, format="multipart")
    assert answer.status_code == 302
    coupon.refresh_from_db()
    assert (coupon.percent, coupon.used_count) == (20, 3)


def test_a_used_coupon_is_not_deleted(client, variant):
    coupon = CouponFactory()
    order_with_coupon(UserFactory(), variant, coupon)
    client.force_login(AdminFactory())
    client.post(f"/admin/orders/coupon/{coupon.pk}/delete/", {"post": "yes"}, format="multipart")
    with pytest.raises(ProtectedError):
        coupon.delete()
    assert CouponUse.objects.count() == 1


def test_shipping_and_taxes_are_said_as_people_do_and_checked_as_by_the_api():
    client = Client()
    client.force_login(AdminFactory())
    form = {"name": "Parcel", "seller": "", "kind": "by_weight", "price": "9.90", "currency": "eur", "free_from": "100",
            "price_steps": "1000: 4.90\n5000: 6.50", "countries": "DE, AT", "regions": "", "postal_prefixes": ""}  # fmt: skip
    add = "/admin/orders/shippingmethod/add/"
    for wrong, field in (
        ({"price_steps": "5000: 6.50\n1000: 4.90"}, "price_steps"),
        ({"price_steps": "a: 1"}, "__all__"),
        ({"countries": "XX"}, "countries"),
        ({"kind": "flat", "price": "-1"}, "price"),
    ):
        assert [*client.post(add, form | wrong).context["adminform"].form.errors] == [field]
    assert client.post(add, form).status_code == 302
    method = ShippingMethod.objects.get()
    assert (method.price_amount, method.currency, method.free_from_amount) == (990, "EUR", 10000)
    assert method.steps == [{"up_to": 1000, "price": 490}, {"up_to": 5000, "price": 650}]
    assert method.countries == ["DE", "AT"]
    change = f"/admin/orders/shippingmethod/{method.pk}/change/"
    assert client.get(change).context["adminform"].form.initial["price_steps"] == "1000: 4.90\n5000: 6.50"
    assert client.post(change, form | {"kind": "flat", "countries": ""}).status_code == 302
    method.refresh_from_db()
    assert (method.steps, method.countries, method.kind) == ([], [], "flat")

    rate = {"country": "de", "region": "", "tax_class": "standard", "percent": "19", "inclusive": "on"}
    assert client.post("/admin/orders/taxrate/add/", rate).status_code == 302
    assert client.post("/admin/orders/taxrate/add/", rate).status_code == 200  # there is one for this place
    assert TaxRate.objects.values_list("country", "rate", "inclusive").get() == ("DE", Decimal("0.19"), True)
    free = {"user": UserFactory().pk, "country": "", "reason": "VAT id"}
    assert client.post("/admin/orders/taxexemption/add/", free).status_code == 302
    assert TaxExemption.objects.get().user_id == free["user"]
