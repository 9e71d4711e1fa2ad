import pytest

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.models import Brand, Product
from catalog.tests.factories import BrandFactory

pytestmark = pytest.mark.django_db


def test_the_form_of_a_brand_leaves_its_followers_alone(client, monkeypatch):
    """Who follows between the form's read and its write is counted."""
    brand = BrandFactory()
    client.force_login(AdminFactory())
    clean = Brand.full_clean

    def while_somebody_follows(self, *args, **kwargs):
        Brand.objects.filter(pk=self.pk).update(followers_count=3)
        return clean(self, *args, **kwargs)

    monkeypatch.setattr(Brand, "full_clean", while_somebody_follows)
    form = {"name": "Acme", "slug": brand.slug}
    assert client.post(f"/admin/catalog/brand/{brand.pk}/change/", form).status_code == 302
    brand.refresh_from_db()
    assert (brand.name, brand.followers_count) == ("Acme", 3)
    assert client.post("/admin/catalog/brand/add/", {"name": "New", "slug": "new"}).status_code == 302
    assert Brand.objects.filter(slug="new").exists()


def test_a_product_is_made_with_its_first_variant_through_the_service(client):
    shop = SellerFactory()
    client.force_login(AdminFactory())
    form = {"seller": shop.pk, "title": "Copper Kettle", "status": "active", "sku": "KET-1", "stock": "4",
            "price": "19,99", "currency": "eur", "description": "", "category": "", "brand": ""}  # fmt: skip
    for wrong, field in (({"sku": ""}, "sku"), ({"price": "1.999"}, "price"), ({"currency": "XXX"}, "price")):
        refused = client.post("/admin/catalog/product/add/", form | wrong)
        assert [*refused.context["adminform"].form.errors] == [field]
    assert not Product.objects.exists()
    made = client.post("/admin/catalog/product/add/", form)
    product = Product.objects.get()
    assert (made.status_code, product.slug) == (302, "copper-kettle")
    assert (product.seller, product.status, product.price_amount, product.currency) == (
        shop,
        "active",
        1999,
        "EUR",
    )
    variant = product.variants.get()
    assert (variant.sku, variant.levels.get().on_hand) == ("KET-1", 4)
    shop.refresh_from_db()
    assert shop.product_count == 1  # the service's, and what it tells
    again = client.post("/admin/catalog/product/add/", form)
    assert again.status_code == 302 and Product.objects.count() == 1  # the SKU is taken
    page = client.get("/admin/catalog/product/999/change/", HTTP_ACCEPT="text/html", follow=True)
    assert page.status_code == 200
    client.force_login(UserFactory(is_staff=True))
    for path in ("/admin/catalog/product/add/", "/admin/nowhere/"):
        told = client.get(path, HTTP_ACCEPT="text/html")
        assert told.status_code in {403, 404} and told.headers["Content-Type"].startswith("text/html")
    assert client.get("/admin/catalog/product/add/").json()["code"] == "permission_denied"
