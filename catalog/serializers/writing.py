"""Input of sellers for products; strict, and every error has its pointer."""

from typing import Any

from rest_framework import serializers

from accounts.models import Seller
from catalog.models import Brand, Category, Product, Variant
from catalog.serializers.products import ProductSerializer, SaleSerializer, VariantSerializer
from catalog.serializers.references import ReferenceField
from catalog.serializers.taxonomy import SlugField
from catalog.serializers.values import AttributesField, OptionsField, TagsField
from catalog.services.currencies import MAX_CURRENCIES, FurtherPrice, check_further
from catalog.services.offers import MAX_VARIANTS, NewVariant, check_offers
from catalog.services.sales import Sale, check_sale
from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.errors import invalid

ADJUST = "Stock is changed by POST /inventory/adjust."


class SaleField(SaleSerializer):
    def to_internal_value(self, data: Any) -> Sale:
        return Sale(**super().to_internal_value(data))


class FurtherPriceSerializer(Serializer):
    """A price in another currency."""

    price = fields.MoneyField()
    compare_at_price = fields.MoneyField(required=False, allow_null=True)
    sale = SaleField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> FurtherPrice:  # type: ignore[override]
        return FurtherPrice(**one_currency(attrs))


def further_prices() -> FurtherPriceSerializer:
    return FurtherPriceSerializer(
        many=True,
        required=False,
        max_length=MAX_CURRENCIES,
        help_text="In further currencies, one each: these and no others. The price in its own may be among them.",
    )


class OfferSerializer(Serializer):
    """A variant's prices and properties; the response is the whole variant."""

    sku = fields.CharField(max_length=100)
    price = fields.MoneyField()
    compare_at_price = fields.MoneyField(required=False, allow_null=True)
    sale = SaleField(required=False, allow_null=True)
    prices = further_prices()
    weight_g = fields.IntegerField(required=False, allow_null=True)
    length_mm = fields.IntegerField(required=False, allow_null=True)
    width_mm = fields.IntegerField(required=False, allow_null=True)
    height_mm = fields.IntegerField(required=False, allow_null=True)
    barcode = fields.CharField(max_length=64, required=False, allow_blank=True)

    def to_representation(self, instance: Variant) -> dict[str, Any]:
        return VariantSerializer(instance, context=self.context).data


class NewVariantSerializer(OfferSerializer):
    options = OptionsField(required=False)
    stock = fields.IntegerField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return whole_offer(attrs)


class VariantChangeSerializer(OfferSerializer):
    """PATCH; `stock` is refused with an error that names the endpoint for it."""

    options = OptionsField(required=False)
    position = fields.IntegerField(required=False, max_value=1000)
    stock = serializers.JSONField(required=False)

    def validate_stock(self, value: Any) -> Any:
        raise serializers.ValidationError(ADJUST, "use_inventory_adjust")


def one_currency(offer: dict[str, Any]) -> dict[str, Any]:
    check_sale(offer.get("sale"), offer["price"])
    compare_at = offer.get("compare_at_price")
    if compare_at is not None and compare_at.currency != offer["price"].currency:
        raise invalid("compare_at_price", "Must be of the price's currency.", "currency_mismatch")
    return offer


def whole_offer(offer: dict[str, Any]) -> dict[str, Any]:
    offer = one_currency(offer)
    if "prices" in offer:
        offer["prices"] = check_further(offer["price"], offer["prices"])
    return offer


class ProductTextSerializer(Serializer):
    """Descriptive fields of a new or changed product; the response is the whole product."""

    title = fields.CharField(max_length=255)
    description = fields.CharField(max_length=50_000, required=False, allow_blank=True)
    category = ReferenceField(Category, required=False, allow_null=True)
    brand = ReferenceField(Brand, required=False, allow_null=True)
    attributes = AttributesField(required=False)
    tags = TagsField(required=False)
    seo_title = fields.CharField(required=False, allow_blank=True)
    seo_description = fields.CharField(max_length=500, required=False, allow_blank=True)

    def to_representation(self, instance: Product) -> dict[str, Any]:
        return ProductSerializer(instance).data


class NewProductSerializer(ProductTextSerializer):
    """Either `variants`, or a single variant's `sku`, `price`, `stock` at top level. An admin names the `seller`."""

    seller = ReferenceField(Seller, required=False)
    status = fields.ChoiceField([Product.Status.DRAFT, Product.Status.ACTIVE], default=Product.Status.ACTIVE)
    variants = NewVariantSerializer(many=True, required=False, min_length=1, max_length=MAX_VARIANTS)
    sku = fields.CharField(max_length=100, required=False)
    price = fields.MoneyField(required=False)
    compare_at_price = fields.MoneyField(required=False, allow_null=True)
    sale = SaleField(required=False, allow_null=True)
    prices = further_prices()
    weight_g = fields.IntegerField(required=False, allow_null=True)
    length_mm = fields.IntegerField(required=False, allow_null=True)
    width_mm = fields.IntegerField(required=False, allow_null=True)
    height_mm = fields.IntegerField(required=False, allow_null=True)
    barcode = fields.CharField(max_length=64, required=False, allow_blank=True)
    stock = fields.IntegerField(required=False)

    def validate_seller(self, seller: Seller) -> Seller:
        actor = self.context["request"].actor
        if not actor.is_admin and seller.pk != actor.seller_id:
            raise serializers.ValidationError("Only an administrator names another shop.", "not_yours")
        return seller

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        top = {name: attrs.pop(name) for name in NewVariantSerializer().fields if name in attrs}
        if "variants" in attrs and top:
            raise invalid(next(iter(top)), "Give it in each of the variants.", "ambiguous")
        if "variants" not in attrs:
            attrs["variants"] = [self.only_variant(top)]
        attrs["variants"] = [NewVariant(**clean(variant)) for variant in attrs["variants"]]
        check_offers(attrs["variants"])
        return attrs

    def only_variant(self, top: dict[str, Any]) -> dict[str, Any]:
        for name in ("sku", "price"):
            if name not in top:
                raise invalid(name, "Needed where no variants are given.", "required")
        return whole_offer(top)


def clean(variant: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variant.items() if value is not None}


class ProductChangeSerializer(ProductTextSerializer):
    """PATCH; prices only for a product with one variant. Status and stock have their own endpoints."""

    slug = SlugField(required=False)
    price = fields.MoneyField(required=False)
    compare_at_price = fields.MoneyField(required=False, allow_null=True)
    sale = SaleField(required=False, allow_null=True)
    prices = further_prices()
    status = serializers.JSONField(required=False)
    stock = serializers.JSONField(required=False)

    def validate_stock(self, value: Any) -> Any:
        raise serializers.ValidationError(ADJUST, "use_inventory_adjust")

    def validate_status(self, value: Any) -> Any:
        raise serializers.ValidationError(
            "The status is changed by POST /products/{id}/publish, /unpublish or DELETE.", "use_action"
        )
