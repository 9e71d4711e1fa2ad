"""What the database itself refuses."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.models import Category, Product, StockHold, StockLevel, StockMovement, Variant
from catalog.tests.factories import CategoryFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "write",
    [
        lambda: StockLevel.objects.update(reserved=F("on_hand") + 1),
        lambda: StockLevel.objects.update(on_hand=-1),
        lambda: Product.objects.update(status="sold"),
        lambda: Product.objects.update(price_amount=-1),
        lambda: Variant.objects.update(price_amount=2**53),
        lambda: Variant.objects.update(compare_at_amount=-1),
        lambda: Variant.objects.update(is_archived=True),
        lambda: StockMovement.objects.update(kind="lost"),
        lambda: StockMovement.objects.update(delta=0),
        lambda: VariantFactory(product=Product.objects.get(), sku=Variant.objects.get().sku),
        lambda: VariantFactory(product=Product.objects.get(), options={}),
        lambda: StockHold.objects.create(
            level=StockLevel.objects.get(),
            variant=Variant.objects.get(),
            quantity=0,
            reference="x",
            expires_at="2030-01-01T00:00Z",
        ),
    ],
)
def test_constraints(write):
    VariantFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_movements_are_not_rewritten():
    VariantFactory()
    movement = StockMovement.objects.get()
    movement.delta = 5
    with pytest.raises(TypeError):
        movement.save()


def test_under_takes_ids_and_slugs():
    root = CategoryFactory()
    child = CategoryFactory(parent=CategoryFactory(parent=root))
    CategoryFactory()
    assert Category.objects.under(root.slug).count() == Category.objects.under(str(root.pk)).count() == 3
    assert list(Category.objects.under(child.slug)) == [child]


def test_texts():
    variant = VariantFactory(sku="A-1")
    level = StockLevel.objects.get()
    assert [str(row) for row in (variant, variant.product, StockMovement.objects.get(), level)] == [
        "A-1", variant.product.title, "received +10", f"{variant.pk} at {level.location_id}: 10 (0 reserved)",
    ]  # fmt: skip
