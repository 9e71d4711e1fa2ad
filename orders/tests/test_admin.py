import pytest
from django.apps import apps

from accounts.tests.factories import AdminFactory
from orders.tasks import expire_due
from orders.tests.factories import CouponFactory, OrderFactory, ShippingMethodFactory, TaxRateFactory

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
