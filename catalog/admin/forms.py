"""Staff forms for products, variants and pictures, validated by the API's serializers."""

from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.models import Product, ProductImage, Variant
from catalog.serializers.products import ImageSerializer
from catalog.serializers.writing import (
    NewProductSerializer,
    NewVariantSerializer,
    ProductChangeSerializer,
    VariantChangeSerializer,
)
from config.shared.admin.forms import SerializedForm
from config.shared.admin.money import AmountField, amount_in, shown

Status = Product.Status


def key_of(row: Any) -> str | None:
    """The key of a row in the API."""
    return None if row is None else str(row.pk)


class NewProductForm(SerializedForm):
    """A product with its first variant; more variants, and pictures, are added on the product's page."""

    serializer = NewProductSerializer
    status = forms.ChoiceField(
        choices=[(Status.DRAFT, "Draft"), (Status.ACTIVE, "Active")], widget=UnfoldAdminSelectWidget
    )
    sku = forms.CharField(max_length=100, label="SKU", widget=UnfoldAdminTextInputWidget)
    price = AmountField(help_text="Such as 19.99.")
    currency = forms.CharField(max_length=3, widget=UnfoldAdminTextInputWidget)
    stock = forms.IntegerField(
        min_value=0, initial=0, label="First stock", widget=UnfoldAdminIntegerFieldWidget
    )

    class Meta:
        model = Product
        fields = ["seller", "title", "description", "category", "brand"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("currency", settings.DEFAULT_CURRENCY)

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        plain = {name: given[name] for name in ("title", "description", "status", "sku", "stock")}
        keys = {name: key_of(given[name]) for name in ("category", "brand")}
        currency = given["currency"].upper()
        try:
            price = {"amount": amount_in(given["price"], currency), "currency": currency}
        except forms.ValidationError as problem:
            self.add_error("price", problem)
            return {}
        return plain | keys | {"price": price}


class ProductForm(SerializedForm):
    serializer, is_partial = ProductChangeSerializer, True
    seen = forms.IntegerField(widget=forms.HiddenInput)
    tags = forms.CharField(
        required=False, max_length=5_000, widget=UnfoldAdminTextInputWidget, help_text="Apart by commas."
    )

    class Meta:
        model = Product
        fields = [
            "title",
            "slug",
            "description",
            "category",
            "brand",
            "attributes",
            "seo_title",
            "seo_description",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= {"seen": self.instance.version, "tags": ", ".join(self.instance.tags)}

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        changed = super().body(given)
        changed.pop("seen", None)
        keys = {name: key_of(changed[name]) for name in ("category", "brand") if name in changed}
        return changed | keys


class VariantForm(SerializedForm):
    """Prices are in the product's currency. `stock` applies to a new variant only; afterwards it is adjusted."""

    is_partial = True
    price = AmountField()
    compare_at_price = AmountField(required=False, label="Compare at")
    stock = forms.IntegerField(
        required=False, min_value=0, label="First stock", help_text="Of a new variant."
    )

    class Meta:
        model = Variant
        fields = ["sku", "options", "weight_g", "barcode", "position"]
        widgets = {"options": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["stock"].disabled = True
            self.initial["price"] = shown(self.instance.price_amount, self.instance.currency)
            self.initial["compare_at_price"] = shown(self.instance.compare_at_amount, self.instance.currency)

    @property
    def serializer(self) -> Any:  # type: ignore[override]
        return VariantChangeSerializer if self.instance.pk else NewVariantSerializer

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        changed = super().body(given)
        if changed.get("stock") is None:
            changed.pop("stock", None)
        if not self.instance.pk:
            changed = {name: value for name, value in changed.items() if value not in ("", None)}
            changed.pop("position", None)
        for name in {"price", "compare_at_price"} & changed.keys():
            changed[name] = self.money(name, changed[name])
        return changed

    def money(self, name: str, text: str) -> dict[str, Any] | None:
        currency = self.instance.product.currency
        try:
            return {"amount": amount_in(text, currency), "currency": currency} if text else None
        except forms.ValidationError as problem:
            self.add_error(name, problem)
            return None


class ImageForm(SerializedForm):
    serializer, is_partial = ImageSerializer, True
    upload = forms.FileField(required=False, label="New picture", widget=UnfoldAdminFileFieldWidget)

    class Meta:
        model = ProductImage
        fields = ["alt", "position"]

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        if not self.instance.pk and not given.get("upload"):
            self.add_error("upload", "Choose a picture.")
        return {name: value for name, value in super().body(given).items() if name != "upload"}
