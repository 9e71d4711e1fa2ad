"""Shipping methods and taxes in people's notation; the API's serializers validate the forms."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from config.shared.admin import StaffAdmin
from config.shared.admin.forms import RowForm, SavesSerialized
from config.shared.admin.money import AmountField, amount_in, money, shown
from orders.models import ShippingMethod, TaxExemption, TaxRate
from orders.serializers.rules import ShippingMethodSerializer, TaxExemptionSerializer, TaxRateSerializer

Kind = ShippingMethod.Kind
EVERYWHERE = "Apart by commas; empty is everywhere."
MEMBERS = {"steps": "price_steps", "customer": "user"}


class WordsField(forms.CharField):
    """A list of short texts, separated by commas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminTextInputWidget, **kwargs)

    def clean(self, value: Any) -> list[str]:
        return [word.strip() for word in (super().clean(value) or "").split(",") if word.strip()]


class ShippingMethodForm(RowForm):
    serializer = ShippingMethodSerializer
    price = AmountField(help_text="Such as 4.90; with steps, what is above the last of them costs.")
    price_steps = forms.CharField(
        required=False, label="Steps", widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "placeholder": "1000: 4.90"}),
        help_text="A line each, rising: how far it reaches (grams, or the goods' worth such as 50.00), a colon, the price.",
    )  # fmt: skip
    free_from = AmountField(
        required=False, help_text="Goods' worth from which it costs nothing; empty is never."
    )
    countries = WordsField(help_text=f"Such as DE, AT. {EVERYWHERE}")
    regions = WordsField(help_text=f"As addresses have them, such as CA. {EVERYWHERE}")
    postal_prefixes = WordsField(help_text=f"Beginnings of postal codes. {EVERYWHERE}")

    class Meta:
        model = ShippingMethod
        fields = ["name", "seller", "kind", "currency", "max_weight_g", "min_days", "max_days"]
        labels = {"max_weight_g": "Heaviest (g)", "min_days": "Days at least", "max_days": "Days at most"}
        help_texts = {"seller": "Empty: the platform's, for shops that have none of their own."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.pk:
            self.initial["price"] = shown(row.price_amount, row.currency)
            self.initial["free_from"] = shown(row.free_from_amount, row.currency)
            self.initial["price_steps"] = "\n".join(
                f"{reach_of(row, step)}: {shown(step['price'], row.currency)}" for step in row.steps
            )
        for name in ("countries", "regions", "postal_prefixes"):
            self.initial[name] = ", ".join(getattr(row, name))

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        currency = given["currency"].upper()
        plain = (
            "name",
            "kind",
            "max_weight_g",
            "min_days",
            "max_days",
            "countries",
            "regions",
            "postal_prefixes",
        )
        try:
            return {name: given[name] for name in plain} | {
                "price": {"amount": amount_in(given["price"], currency), "currency": currency},
                "free_from": {"amount": amount_in(given["free_from"], currency), "currency": currency}
                if given["free_from"] else None,
                "steps": [] if given["kind"] == Kind.FLAT else steps_in(given["price_steps"], given["kind"], currency),
            }  # fmt: skip
        except ValidationError as problem:
            self.add_error(None, problem)
            return {}

    def field_of(self, member: str) -> str:
        return MEMBERS.get(member, member)


def reach_of(row: ShippingMethod, step: dict[str, int]) -> str:
    return shown(step["up_to"], row.currency) if row.kind == Kind.BY_TOTAL else str(step["up_to"])


def steps_in(text: str, kind: str, currency: str) -> list[dict[str, int]]:
    """Raises ValidationError for a line that is not a step."""
    steps = []
    for line in filter(None, map(str.strip, text.splitlines())):
        reach, colon, price = (part.strip() for part in line.partition(":"))
        if not colon or not (kind == Kind.BY_TOTAL or (reach.isascii() and reach.isdigit())):
            raise ValidationError(
                f"Steps: write “{line}” as a reach, a colon and a price, such as 1000: 4.90."
            )
        up_to = amount_in(reach, currency) if kind == Kind.BY_TOTAL else int(reach)
        steps.append({"up_to": up_to, "price": amount_in(price, currency)})
    return steps


@admin.register(ShippingMethod)
class ShippingMethodAdmin(SavesSerialized, StaffAdmin):
    form = ShippingMethodForm
    list_display = ["name", "owner", "kind", "costs", "free", "where", "days"]
    list_filter = ["kind"]
    list_select_related = ["seller"]
    search_fields = ["name", "seller__name"]
    autocomplete_fields = ["seller"]
    fieldsets = [
        (None, {"fields": ["name", "seller", "kind", ("price", "currency"), "price_steps", "free_from"]}),
        ("Where it goes", {"fields": ["countries", "regions", "postal_prefixes"]}),
        ("How long and how heavy", {"fields": [("min_days", "max_days"), "max_weight_g"]}),
    ]
    conditional_fields = {"price_steps": "kind != 'flat'"}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["seller"] if obj else []

    @admin.display(description="shop", ordering="seller__name")
    def owner(self, method: ShippingMethod) -> str:
        return str(method.seller or "the platform")

    @admin.display(description="costs", ordering="price_amount")
    def costs(self, method: ShippingMethod) -> str:
        least = min([step["price"] for step in method.steps], default=None)
        price = money(method.price_amount, method.currency)
        return price if least is None else f"{shown(least, method.currency)} to {price}"

    @admin.display(description="free from", ordering="free_from_amount")
    def free(self, method: ShippingMethod) -> str:
        return money(method.free_from_amount, method.currency)

    @admin.display(description="where")
    def where(self, method: ShippingMethod) -> str:
        places = ", ".join(method.countries) or "everywhere"
        return f"{places}, in parts" if method.regions or method.postal_prefixes else places

    @admin.display(description="days")
    def days(self, method: ShippingMethod) -> str:
        known = [str(days) for days in (method.min_days, method.max_days) if days is not None]
        return "–".join(dict.fromkeys(known)) or "-"


class TaxRateForm(RowForm):
    serializer = TaxRateSerializer
    percent = forms.DecimalField(min_value=0, max_value=100, decimal_places=4, label="Rate (%)", help_text="19 is 19 %.",
                                 widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))  # fmt: skip

    class Meta:
        model = TaxRate
        fields = ["country", "region", "tax_class", "inclusive"]
        help_texts = {
            "country": "Such as DE.",
            "region": "As addresses have it, such as CA; empty is the whole country.",
            "tax_class": "Of the goods (their attribute tax_class); “shipping” is the shipping fee's.",
            "inclusive": "Prices hold the tax already; else it is added.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["percent"] = in_percent(self.instance.rate)

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        plain = {name: given[name] for name in ("region", "tax_class", "inclusive")}
        return plain | {"country": given["country"].upper(), "rate": f"{given['percent'] / 100:f}"}

    def field_of(self, member: str) -> str:
        return "percent" if member == "rate" else member


def in_percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"


@admin.register(TaxRate)
class TaxRateAdmin(SavesSerialized, StaffAdmin):
    form = TaxRateForm
    list_display = ["country", "place", "tax_class", "share", "inclusive"]
    list_filter = ["country", "inclusive"]
    search_fields = ["country__iexact", "region__icontains"]
    fieldsets = [(None, {"fields": [("country", "region"), "tax_class", "percent", "inclusive"]})]

    @admin.display(description="region", ordering="region")
    def place(self, rate: TaxRate) -> str:
        return rate.region or "the whole country"

    @admin.display(description="rate", ordering="rate")
    def share(self, rate: TaxRate) -> str:
        return f"{in_percent(rate.rate)} %"


class TaxExemptionForm(RowForm):
    serializer = TaxExemptionSerializer

    class Meta:
        model = TaxExemption
        fields = ["user", "country", "reason"]
        labels = {"user": "Customer"}
        help_texts = {
            "country": "Such as DE; empty is everywhere.",
            "reason": "What you were shown, such as a VAT id.",
        }

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        return {
            "customer": str(given["user"].pk),
            "country": given["country"].upper(),
            "reason": given["reason"],
        }

    def field_of(self, member: str) -> str:
        return MEMBERS.get(member, member)


@admin.register(TaxExemption)
class TaxExemptionAdmin(SavesSerialized, StaffAdmin):
    form = TaxExemptionForm
    list_display = ["user", "where", "reason", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email__exact"]
    autocomplete_fields = ["user"]

    @admin.display(description="where", ordering="country")
    def where(self, exemption: TaxExemption) -> str:
        return exemption.country or "everywhere"
