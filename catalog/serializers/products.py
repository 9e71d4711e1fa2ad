"""Representations of products. Rows are built by hand: a field object per value would take most of a page's time."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from rest_framework import serializers

from accounts.models import Seller
from accounts.serializers.sellers import RatingSerializer
from catalog.models import Brand, Category, Product, ProductImage, ProductPrice, Variant
from catalog.models.sales import Priced
from catalog.serializers.references import ReferenceField, reference
from catalog.serializers.values import AttributesField, OptionsField, TagsField
from catalog.services.sales import sale_of
from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.api.uploads import UploadField
from config.shared.money import Money

STORAGE = ProductImage._meta.get_field("image").storage


def money(value: Money | None) -> dict[str, Any] | None:
    return None if value is None else value.as_json()


class ThumbnailsSerializer(Serializer):
    small = serializers.CharField()
    medium = serializers.CharField()
    large = serializers.CharField()


class ImageSerializer(Serializer):
    id = fields.IdField(read_only=True)
    url = serializers.CharField(read_only=True)
    alt = fields.CharField(allow_blank=True, required=False)
    position = fields.IntegerField(required=False, max_value=1000)
    width = fields.IntegerField(read_only=True)
    height = fields.IntegerField(read_only=True)
    thumbnails = ThumbnailsSerializer(read_only=True)

    def to_representation(self, instance: ProductImage) -> dict[str, Any]:
        return image_json(instance)


class SaleSerializer(Serializer):
    """A price from `starts_at` until `ends_at`, or until it is removed."""

    price = fields.MoneyField()
    starts_at = fields.TimeField()
    ends_at = fields.TimeField(required=False, allow_null=True)


class PriceSerializer(Serializer):
    """A variant's price in one of its currencies."""

    price = fields.MoneyField()
    compare_at_price = fields.MoneyField(allow_null=True)
    lowest_price_30_days = fields.MoneyField(
        allow_null=True, help_text="Of the thirty days before a reduction began; null where there is none."
    )
    sale_ends_at = serializers.DateTimeField(allow_null=True)
    regular_price = fields.MoneyField(required=False, help_text="For its owner alone.")
    sale = SaleSerializer(required=False, allow_null=True, help_text="For its owner alone.")


class VariantSerializer(PriceSerializer):
    """`prices` has one per currency, the variant's own first."""

    id = fields.IdField(read_only=True)
    sku = fields.CharField(max_length=100)
    prices = PriceSerializer(many=True)
    options = OptionsField()
    available = fields.BooleanField(read_only=True)
    on_backorder = fields.BooleanField(
        read_only=True, help_text="Can be bought, but has yet to come in: it ships later."
    )
    weight_g = fields.IntegerField(allow_null=True)
    length_mm = fields.IntegerField(allow_null=True)
    width_mm = fields.IntegerField(allow_null=True)
    height_mm = fields.IntegerField(allow_null=True)
    barcode = fields.CharField(max_length=64)
    position = fields.IntegerField()

    def to_representation(self, instance: Variant) -> dict[str, Any]:
        return variant_json(instance, instance.product, is_owners=self.is_owners(instance))

    def is_owners(self, variant: Variant) -> bool:
        request = self.context.get("request")
        return request is not None and (
            request.actor.is_admin or request.actor.seller_id == variant.seller_id
        )


def image_json(image: ProductImage) -> dict[str, Any]:
    url = STORAGE.url
    return {
        "id": str(image.pk),
        "url": url(str(image.image)),
        "alt": image.alt,
        "position": image.position,
        "width": image.width,
        "height": image.height,
        "thumbnails": {size: url(name) for size, name in image.thumbnails.items()},
    }


def lowest_in(currency: str, variants: Sequence[Variant]) -> ProductPrice:
    """A product's price in a further currency; at least one variant must have a price in it."""
    offers = [offer for variant in variants if (offer := variant.offer_in(currency))]
    lowest = min(offers, key=lambda offer: offer.shown_price.amount)
    return ProductPrice(
        currency=currency,
        price_amount=lowest.shown_price.amount,
        compare_at_amount=lowest.shown_compare_at and lowest.shown_compare_at.amount,
        prior_amount=lowest.prior_amount,
    )


def variant_json(
    variant: Variant, product: Product, *, currency: str = "", is_owners: bool = False
) -> dict[str, Any]:
    """The price is in `currency` if the variant has one. A product without `currencies` has one price per variant."""
    offers = [variant, *(variant.prices.all() if product.currencies else [])]
    prices = [price_json(offer, is_owners=is_owners) for offer in offers]
    shown = next((index for index, offer in enumerate(offers) if offer.currency == currency), 0)
    return {
        "id": str(variant.pk),
        "sku": variant.sku,
        **prices[shown],
        "prices": prices,
        "options": ordered(variant.options, product.option_names),
        "available": variant.is_available,
        "on_backorder": variant.is_on_backorder,
        "weight_g": variant.weight_g,
        "length_mm": variant.length_mm,
        "width_mm": variant.width_mm,
        "height_mm": variant.height_mm,
        "barcode": variant.barcode,
        "position": variant.position,
    }


def price_json(priced: Priced, *, is_owners: bool) -> dict[str, Any]:
    """Only the owner sees a future sale."""
    shown = {
        "price": priced.shown_price.as_json(),
        "compare_at_price": money(priced.shown_compare_at),
        "lowest_price_30_days": money(priced.prior_price),
        "sale_ends_at": priced.sale_until if priced.is_sale_running else None,
    }
    return shown | owners_json(priced) if is_owners else shown


def owners_json(priced: Priced) -> dict[str, Any]:
    sale = sale_of(priced)
    told = sale and {"price": sale.price.as_json(), "starts_at": sale.starts_at, "ends_at": sale.ends_at}
    return {"regular_price": priced.regular_price.as_json(), "sale": told}


def ordered(options: dict[str, str], names: list[str]) -> dict[str, str]:
    """In the seller's order, which a JSON column does not keep."""
    return {name: options[name] for name in [*names, *options] if name in options}


class ProductRowSerializer(Serializer):
    """A product in a list: `image` is its first picture."""

    id = fields.IdField()
    slug = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(Product.Status.choices)
    price = fields.MoneyField()
    compare_at_price = fields.MoneyField(allow_null=True)
    lowest_price_30_days = fields.MoneyField(allow_null=True)
    available = serializers.BooleanField()
    seller = ReferenceField(Seller)
    brand = ReferenceField(Brand, allow_null=True)
    category = ReferenceField(Category, allow_null=True)
    rating = RatingSerializer(source="*")
    tags = TagsField()
    image = ImageSerializer(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Product) -> dict[str, Any]:
        return list_row_of(instance)


def list_row_of(product: Product) -> dict[str, Any]:
    images = product.first_images  # type: ignore[attr-defined]
    return row_of(product) | {"image": image_json(images[0]) if images else None}


def rating_of(product: Product) -> dict[str, Any]:
    """The average is null without reviews, whereas the column used for sorting is 0."""
    count = product.rating_count
    return {"average": float(product.rating_average) if count else None, "count": count}


def row_of(product: Product) -> dict[str, Any]:
    """`shown` is its price in the requested currency, if that is not its own."""
    priced = getattr(product, "shown", None) or product
    return {
        "id": str(product.pk),
        "slug": product.slug,
        "title": product.title,
        "status": product.status,
        "price": priced.price.as_json(),
        "compare_at_price": money(priced.compare_at_price),
        "lowest_price_30_days": money(priced.prior_price),
        "available": product.is_available,
        "seller": reference(product.seller),
        "brand": reference(product.brand),
        "category": reference(product.category),
        "rating": rating_of(product),
        "tags": product.tags,
        "created_at": product.created_at,
    }


class ProductSerializer(ProductRowSerializer):
    description = serializers.CharField()
    seo_title = serializers.CharField()
    seo_description = serializers.CharField()
    attributes = AttributesField()
    variants = VariantSerializer(many=True)
    images = ImageSerializer(many=True)
    image = None

    def to_representation(self, instance: Product) -> dict[str, Any]:
        """In the context's `currency`, as far as it has prices in it; each variant also has all its own prices."""
        variants, currency = instance.live_variants, self.context.get("currency", "")  # type: ignore[attr-defined]
        if instance.currencies:
            prefetch_related_objects(variants, "prices")
        if currency in instance.currencies:
            instance.shown = lowest_in(currency, variants)  # type: ignore[attr-defined]
        return whole_of(instance, variants, instance.images.all(), currency=currency)


def whole_of(
    product: Product, variants: Iterable[Variant], images: Iterable[ProductImage], *, currency: str
) -> dict[str, Any]:
    return row_of(product) | {
        "description": product.description,
        "seo_title": product.seo_title,
        "seo_description": product.seo_description,
        "attributes": product.attributes,
        "variants": [variant_json(variant, product, currency=currency) for variant in variants],
        "images": [image_json(image) for image in images],
    }


class ImageUploadSerializer(Serializer):
    image = UploadField(max_length=255)
    alt = fields.CharField(allow_blank=True, default="")
