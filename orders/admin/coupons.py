"""Coupons: the API's serializer validates the form, so that both have the same rules."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from catalog.models import Category, Product
from config.shared.admin import StaffAdmin
from config.shared.admin.forms import RowForm, SavesSerialized
from config.shared.admin.money import AmountField, amount_in, money, shown
from orders import services
from orders.models import Coupon
from orders.serializers.coupons import CouponSerializer

Kind = Coupon.Kind
VALUE_FIELDS = {Kind.PERCENT: "percent", Kind.FIXED: "off", Kind.BUY_X_GET_Y: "buy_quantity"}
BODY_TO_FORM = {"minimum": "minimum_worth", "automatic": "is_automatic", "stackable": "is_stackable"}
KINDS = [
    (Kind.PERCENT, "Per cent off"),
    (Kind.FIXED, "An amount off"),
    (Kind.FREE_SHIPPING, "Free shipping"),
    (Kind.BUY_X_GET_Y, "Buy some, get some cheaper"),
]


class SlugsField(forms.CharField):
    """Rows named by their slugs, separated by commas or white space."""

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}), **kwargs)

    def to_slugs(self, ids: list[int]) -> str:
        rows: Any = self.model
        return ", ".join(rows.objects.filter(pk__in=ids).order_by("slug").values_list("slug", flat=True))

    def clean(self, value: Any) -> list[str]:
        slugs = [slug for slug in re.split(r"[\s,]+", super().clean(value)) if slug]
        rows: Any = self.model
        found = dict(rows.objects.filter(slug__in=slugs).values_list("slug", "pk"))
        if missing := [slug for slug in slugs if slug not in found]:
            raise ValidationError(f"There is no {self.model._meta.verbose_name} {', '.join(missing)}.")
        return [str(found[slug]) for slug in slugs]


class CouponForm(RowForm):
    """The form in people's notation: amounts as "5.00", goods by their slugs."""

    kind = forms.ChoiceField(choices=KINDS, widget=UnfoldAdminSelectWidget, help_text="What it does.")
    off = AmountField(required=False, label="Amount off", help_text="Such as 5.00, in the currency below.")
    minimum_worth = AmountField(
        required=False, label="Minimum worth", help_text="Of the goods it is for; empty is none."
    )
    products = SlugsField(Product, help_text="Slugs of products that it is for; empty is everything.")
    categories = SlugsField(Category, help_text="Slugs of categories, with all below them.")

    serializer = CouponSerializer

    class Meta:
        model = Coupon
        fields = [
            "code", "kind", "percent", "buy_quantity", "get_quantity", "currency", "usage_limit",
            "usage_limit_per_customer", "starts_at", "ends_at", "is_automatic", "is_stackable", "is_first_order",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        coupon = self.instance
        if coupon.percent is not None:
            self.initial["percent"] = f"{coupon.percent.normalize():f}"
        self.initial["off"] = shown(coupon.amount, coupon.currency)
        self.initial["minimum_worth"] = shown(coupon.minimum_amount, coupon.currency)
        for name, ids in (("products", coupon.product_ids), ("categories", coupon.category_ids)):
            if name in self.fields:
                self.initial[name] = self.fields[name].to_slugs(ids)  # type: ignore[attr-defined]

    def _get_validation_exclusions(self) -> set[str]:
        """Keeps `keeps_code`, which is not in the form, in the validation of the code's uniqueness among kept codes."""
        return super()._get_validation_exclusions() - {"keeps_code"}  # type: ignore[misc]

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        times = {name: given[name].isoformat() if given[name] else None for name in ("starts_at", "ends_at")}
        flags = {name: given[f"is_{name}"] for name in ("automatic", "stackable", "first_order")}
        limits = {name: given[name] for name in ("usage_limit", "usage_limit_per_customer")}
        goods = {name: given[name] for name in ("products", "categories")}
        named = {"code": given["code"], "kind": given["kind"], "value": self.value(given)}
        return named | {"minimum": self.money(given, "minimum_worth")} | limits | times | flags | goods

    def value(self, given: dict[str, Any]) -> Any:
        percent = f"{given['percent'].normalize():f}" if given["percent"] else "100"
        if given["kind"] == Kind.PERCENT:
            return percent if given["percent"] else "0"
        if given["kind"] == Kind.BUY_X_GET_Y:
            return {"buy": given["buy_quantity"] or 0, "get": given["get_quantity"] or 0, "percent": percent}
        return self.money(given, "off") if given["kind"] == Kind.FIXED else None

    def money(self, given: dict[str, Any], name: str) -> dict[str, Any] | None:
        if not given[name]:
            return None
        currency = given["currency"].upper()
        try:
            return {"amount": amount_in(given[name], currency), "currency": currency}
        except ValidationError as problem:
            self.add_error(name, problem)
            return None

    def field_of(self, member: str) -> str:
        by_kind = VALUE_FIELDS.get(self.cleaned_data.get("kind", ""), "kind")
        return by_kind if member == "value" else BODY_TO_FORM.get(member, member)


@admin.register(Coupon)
class CouponAdmin(SavesSerialized, StaffAdmin):
    form = CouponForm
    list_display = ["code", "takes_off", "seller", "uses", "starts_at", "ends_at", "is_current"]
    list_filter = ["kind", "is_automatic", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["seller"]
    search_fields = ["code__istartswith"]
    date_hierarchy = "created_at"
    readonly_fields = ["used_count", "seller", "archived_at"]
    fieldsets = [
        (None, {"fields": ["code", "kind", "percent", "off", ("buy_quantity", "get_quantity"), "currency"]}),
        ("When and how often", {"fields": ["starts_at", "ends_at", ("usage_limit", "usage_limit_per_customer")]}),
        ("For what and whom", {"fields": ["minimum_worth", "products", "categories", "is_first_order"]}),
        ("How it works", {"fields": ["is_automatic", "is_stackable", ("used_count", "seller", "archived_at")]}),
    ]  # fmt: skip
    conditional_fields = {
        "percent": "kind == 'percent' || kind == 'buy_x_get_y'",
        "off": "kind == 'fixed'",
        "buy_quantity": "kind == 'buy_x_get_y'",
        "get_quantity": "kind == 'buy_x_get_y'",
    }

    @admin.display(description="takes off", ordering="kind")
    def takes_off(self, coupon: Coupon) -> str:
        if coupon.kind == Kind.FIXED:
            return money(coupon.amount, coupon.currency)
        if coupon.kind == Kind.FREE_SHIPPING:
            return "shipping"
        percent = f"{coupon.percent.normalize():f} %" if coupon.percent else ""
        is_set = coupon.kind == Kind.BUY_X_GET_Y
        return f"{percent} of {coupon.get_quantity} more with {coupon.buy_quantity}" if is_set else percent

    @admin.display(description="uses", ordering="used_count")
    def uses(self, coupon: Coupon) -> str:
        return f"{coupon.used_count} of {coupon.usage_limit or '∞'}"

    @admin.display(description="current", boolean=True)
    def is_current(self, coupon: Coupon) -> bool:
        return coupon.is_current(coupon.now)  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(now=Now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list, dict, set, list]:
        """Coupons are archived, so related rows do not block the deletion."""
        lacking = set() if self.has_delete_permission(request) else {"coupon"}
        return [str(coupon) for coupon in objs], {"coupons": len(objs)}, lacking, []

    def delete_model(self, request: HttpRequest, obj: Coupon) -> None:
        services.delete_coupon(coupon=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for coupon in queryset.order_by("pk"):
            services.delete_coupon(coupon=coupon)
