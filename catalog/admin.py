from typing import Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from catalog.models import (
    AttributeType,
    Brand,
    Category,
    Location,
    PriceChange,
    Product,
    ProductImage,
    ProductImport,
    SearchPhrase,
    StockHold,
    StockLevel,
    StockMovement,
    Variant,
    VariantPrice,
)
from config.shared.admin import ReadOnlyAdmin, SavesChanges


@admin.register(Brand)
class BrandAdmin(SavesChanges, ModelAdmin):
    list_display = ["name", "slug", "followers_count"]
    search_fields = ["name", "slug"]
    readonly_fields = ["followers_count"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    list_display = ["name", "slug", "depth"]
    search_fields = ["name", "slug"]
    ordering = ["path"]


@admin.register(AttributeType)
class AttributeTypeAdmin(SavesChanges, ModelAdmin):
    list_display = ["name", "category", "kind", "unit", "is_required"]
    list_filter = ["kind"]
    list_select_related = ["category"]
    search_fields = ["name", "category__name"]
    autocomplete_fields = ["category"]


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ["title", "seller", "status", "price", "is_available", "units_sold", "created_at"]
    list_filter = ["status", "is_available"]
    list_select_related = ["seller"]
    search_fields = ["title", "slug", "handle"]


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    list_display = ["sku", "product", "price", "is_available", "is_archived"]
    list_select_related = ["product"]
    search_fields = ["sku", "barcode", "product__title"]


@admin.register(VariantPrice)
class VariantPriceAdmin(ReadOnlyAdmin):
    list_display = ["variant", "price", "compare_at_price", "is_sale_running"]
    list_select_related = ["variant"]
    search_fields = ["variant__sku"]


@admin.register(PriceChange)
class PriceChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "variant", "price", "compare_at_price", "is_sale", "actor"]
    list_select_related = ["variant"]
    search_fields = ["variant__sku"]


@admin.register(ProductImage)
class ProductImageAdmin(ReadOnlyAdmin):
    list_display = ["image", "product", "width", "height"]
    list_select_related = ["product"]


@admin.register(Location)
class LocationAdmin(ReadOnlyAdmin):
    list_display = ["name", "seller", "priority", "is_active"]
    list_select_related = ["seller"]


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = ["variant", "location", "on_hand", "reserved", "low_stock_threshold"]
    list_select_related = ["variant", "location"]
    search_fields = ["variant__sku"]


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ["at", "level", "kind", "delta", "on_hand_after", "reason", "actor", "reference"]
    list_filter = ["kind"]
    list_select_related = ["level"]
    search_fields = ["reference", "level__variant__sku"]


@admin.register(StockHold)
class StockHoldAdmin(ReadOnlyAdmin):
    list_display = ["reference", "variant", "quantity", "status", "expires_at"]
    list_filter = ["status"]
    list_select_related = ["variant"]
    search_fields = ["reference", "variant__sku"]


@admin.register(SearchPhrase)
class SearchPhraseAdmin(ReadOnlyAdmin):
    list_display = ["phrase", "searches"]
    ordering = ["-searches"]
    search_fields = ["phrase"]


@admin.register(ProductImport)
class ProductImportAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "seller", "filename", "status", "total", "done_products", "failed_count"]
    list_filter = ["status"]
    list_select_related = ["seller"]
    exclude = ["content"]

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).defer("content")
