import pytest

from accounts.tests.factories import AdminFactory
from catalog.models import Brand
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
