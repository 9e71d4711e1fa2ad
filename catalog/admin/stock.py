"""Stock, and the records of prices and searches."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.desk import actor_of
from catalog.models import (
    Location,
    PriceChange,
    ProductImage,
    SearchPhrase,
    StockHold,
    StockLevel,
    StockMovement,
    Variant,
    VariantPrice,
)
from catalog.services.inventory import set_threshold
from catalog.services.stock import adjust_stock
from config.shared.admin import ActForm, ReadOnlyAdmin, act, recent_values, tagged
from config.shared.admin.money import column

MAY_CHANGE = "catalog.change_stocklevel"


class AdjustForm(ActForm):
    delta = forms.IntegerField(
        label="Change", widget=UnfoldAdminIntegerFieldWidget, min_value=-(2**31) + 1, max_value=2**31 - 1,
        help_text="Such as 12 for a delivery, or -1 for a broken one.",
    )  # fmt: skip
    reason = forms.CharField(max_length=255, widget=UnfoldAdminTextInputWidget)

    def clean_delta(self) -> int:
        if not self.cleaned_data["delta"]:
            raise forms.ValidationError("Must not be 0.")
        return self.cleaned_data["delta"]


class ThresholdForm(ActForm):
    threshold = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=UnfoldAdminIntegerFieldWidget)


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = [
        "variant",
        "product",
        "location",
        "on_hand",
        "reserved",
        "available",
        "low_stock_threshold",
    ]
    list_select_related = ["variant__product", "location"]
    search_fields = ["variant__sku__iexact"]
    search_help_text = "A whole SKU."
    actions_detail = ["adjust", "threshold"]

    @admin.display(description="product")
    def product(self, level: StockLevel) -> str:
        return level.variant.product.title

    @act(
        title="Adjust stock",
        question="Corrects what lies there. The movement is kept with the reason and your name.",
        needs=MAY_CHANGE,
        icon="exposure",
        form=AdjustForm,
    )
    def adjust(self, request: HttpRequest, level: StockLevel, asked: dict) -> str:
        caller = actor_of(request).caller or ""
        after = adjust_stock(variant=level.variant, location=level.location, actor=caller, **asked)
        return f"{after.on_hand} are there now."

    @act(
        title="Set threshold",
        question="From how many on the stock counts as low: its seller is told when it falls to that.",
        needs=MAY_CHANGE,
        icon="notification_important",
        form=ThresholdForm,
    )
    def threshold(self, request: HttpRequest, level: StockLevel, asked: dict) -> None:
        set_threshold(level=level, threshold=asked["threshold"])


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ["at", "level", "kind", "delta", "on_hand_after", "reason", "actor", "reference"]
    list_filter = ["kind"]
    list_select_related = ["level"]
    search_fields = ["reference__exact", "level__variant__sku__iexact"]
    readonly_fields = ["at"]


@admin.register(StockHold)
class StockHoldAdmin(ReadOnlyAdmin):
    list_display = ["reference", "variant", "quantity", "state", "expires_at"]
    list_filter = ["status"]
    list_select_related = ["variant"]
    search_fields = ["reference__exact", "variant__sku__iexact"]
    state = tagged("status")


@admin.register(Location)
class LocationAdmin(ReadOnlyAdmin):
    list_display = ["name", "seller", "priority", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["seller"]
    search_fields = ["seller__slug__exact"]


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    list_display = ["sku", "product", "price", "is_available", "is_archived"]
    list_filter = ["is_archived", "is_available"]
    list_select_related = ["product"]
    search_fields = ["sku__iexact", "barcode__exact"]
    price = column("price_amount", "price")


@admin.register(VariantPrice)
class VariantPriceAdmin(ReadOnlyAdmin):
    """Prices of variants in currencies other than their own."""

    list_display = ["variant", "price", "compare_at_price", "is_sale_running"]
    list_filter = [recent_values("currency")]
    list_select_related = ["variant"]
    search_fields = ["variant__sku__iexact"]


@admin.register(PriceChange)
class PriceChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "variant", "price", "compare_at_price", "is_sale", "actor"]
    list_select_related = ["variant"]
    search_fields = ["variant__sku__iexact"]


@admin.register(ProductImage)
class ProductImageAdmin(ReadOnlyAdmin):
    list_display = ["image", "product", "width", "height"]
    list_select_related = ["product"]


@admin.register(SearchPhrase)
class SearchPhraseAdmin(ReadOnlyAdmin):
    list_display = ["phrase", "searches"]
    ordering = ["-searches"]
    search_fields = ["phrase"]
