from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.services import change_product_count
from accounts.tests.factories import SellerFactory
from catalog.models import Brand, Category, Product, StockLevel, StockMovement, Variant
from catalog.services.refreshing import refresh_products
from catalog.services.stock import default_location


class CategoryFactory(DjangoModelFactory):
    """A root, or under `parent`."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")

    @classmethod
    def _create(
        cls, model_class: type[Category], *args: Any, parent: Category | None = None, **kwargs: Any
    ) -> Category:
        if parent is None:
            return Category.objects.add_root(kwargs)
        return Category.objects.add_child(Category.objects.get(pk=parent.pk), kwargs)


class BrandFactory(DjangoModelFactory):
    class Meta:
        model = Brand

    name = factory.Sequence(lambda n: f"Brand {n}")
    slug = factory.Sequence(lambda n: f"brand-{n}")


class ProductFactory(DjangoModelFactory):
    """Active, without variants: VariantFactory adds them and brings price and availability up to date."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    seller = factory.SubFactory(SellerFactory)
    title = factory.Sequence(lambda n: f"Steel kettle {n}")
    slug = factory.Sequence(lambda n: f"steel-kettle-{n}")
    handle = factory.SelfAttribute("slug")
    status = "active"

    @factory.post_generation
    def counted(new: Product, created: bool, extracted: Any, **kwargs: Any) -> None:  # noqa: N805
        if new.status == "active":
            change_product_count(seller_id=new.seller_id, by=1)


class VariantFactory(DjangoModelFactory):
    """With `stock` units at the seller's first location, received by a movement. Options tell variants apart."""

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    seller = factory.SelfAttribute("product.seller")
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    price_amount = 1999
    currency = "USD"
    options = factory.LazyAttribute(lambda new: {"Size": new.sku} if new.product.variants.exists() else {})

    @classmethod
    def _create(cls, model_class: type[Variant], *args: Any, stock: int = 10, **kwargs: Any) -> Variant:
        variant = super()._create(model_class, *args, is_available=stock > 0, **kwargs)
        location = default_location(seller_id=variant.seller_id)
        level = StockLevel.objects.create(variant=variant, location=location, on_hand=stock)
        if stock:
            StockMovement.objects.create(level=level, kind="received", delta=stock, on_hand_after=stock)
        refresh_products([variant.product])
        return variant


def offer(title: str, **values: Any) -> Product:
    """A product with one variant."""
    price = {
        name: values.pop(name)
        for name in ("price_amount", "compare_at_amount", "currency", "stock")
        if name in values
    }
    product = ProductFactory(title=title, **values)
    VariantFactory(product=product, **price)
    return Product.objects.get(pk=product.pk)
