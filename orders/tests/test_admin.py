import pytest
from django.apps import apps
from django.db.models import ProtectedError

from accounts.tests.factories import AdminFactory, UserFactory
from orders.models import Coupon, CouponUse
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
