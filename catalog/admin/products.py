"""Products with their variants and pictures, edited as their sellers edit them; brands, categories, attributes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.desk import actor_of
from catalog.models import Product, ProductImage, Variant
from catalog.serializers.products import ImageSerializer
from catalog.serializers.writing import (
    NewVariantSerializer,
    ProductChangeSerializer,
    VariantChangeSerializer,
    clean,
)
from catalog.services.images import add_image, delete_image
from catalog.services.offers import NewVariant
from catalog.services.products import (
    archive_variant,
    count_edit,
    create_variant,
    lock_product,
    set_product_status,
    update_product,
    update_variant,
)
from catalog.services.stock import lock_levels
from config.shared.admin import StaffAdmin, act, said, tagged
from config.shared.admin.forms import SerializedForm
from config.shared.admin.money import AmountField, amount_in, column, shown
from config.shared.errors import PreconditionFailed

Status = Product.Status
MAY_CHANGE = "catalog.change_product"


def key_of(row: Any) -> str | None:
    """How the API names a row."""
    return None if row is None else str(row.pk)


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
    """Prices are of the product's currency. Stock is said for a new variant alone: later it is adjusted."""

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


class VariantInline(TabularInline):
    model, form = Variant, VariantForm
    verbose_name_plural = "variants"
    fields = [
        "sku",
        "options",
        "price",
        "compare_at_price",
        "stock",
        "left",
        "weight_g",
        "barcode",
        "position",
    ]
    readonly_fields = ["left"]
    hide_title = True
    extra = 0
    max_num = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super().get_queryset(request).filter(is_archived=False).select_related("product").with_available()
        )  # type: ignore[attr-defined]

    @admin.display(description="available")
    def left(self, variant: Variant) -> Any:
        return getattr(variant, "available_quantity", "-")


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


class ImageInline(TabularInline):
    model, form = ProductImage, ImageForm
    verbose_name_plural = "pictures"
    fields = ["preview", "upload", "alt", "position"]
    readonly_fields = ["preview"]
    hide_title = True
    extra = 0
    max_num = 50

    @admin.display(description="picture")
    def preview(self, image: ProductImage) -> str:
        if not image.pk:
            return "-"
        url = image.image.storage.url
        small = image.thumbnails.get("small", image.image.name)
        return format_html('<a href="{}"><img src="{}" alt="{}" class="souk-thumb" loading="lazy"></a>',
                           url(image.image.name), url(small), image.alt)  # fmt: skip


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    """Everything goes through the services that the API calls; what has changed meanwhile is not overwritten."""

    form = ProductForm
    list_display = ["title", "seller", "state", "price", "is_available", "units_sold", "created_at"]
    list_filter = ["status", "is_available", "is_on_sale"]
    list_select_related = ["seller"]
    search_fields = ["slug__exact"]
    search_help_text = "Words of the product, its slug, or a SKU."
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    autocomplete_fields = ["category", "brand"]
    fieldsets = [
        (None, {"fields": ["seen", "title", ("status_now", "seller"), "description", ("category", "brand"), "tags"]}),
        ("Attributes", {"classes": ["tab"], "fields": ["attributes"]}),
        ("Address and search engines", {"classes": ["tab"], "fields": ["slug", "seo_title", "seo_description"]}),
        ("Figures", {"classes": ["tab"], "fields": [("price", "units_sold"), ("rating_average", "rating_count"), ("created_at", "updated_at")]}),
    ]  # fmt: skip
    readonly_fields = [
        "seller",
        "status_now",
        "price",
        "units_sold",
        "rating_average",
        "rating_count",
        "created_at",
        "updated_at",
    ]
    inlines = [VariantInline, ImageInline]
    actions_detail = ["publish", "unpublish", "archive"]
    warn_unsaved_form = True
    status_now = said("status")
    state, price = tagged("status"), column("price_amount", "price")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Their sellers, or an import, make them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        """By indexes alone: a slug, a SKU, else the words of the search."""
        term = term.strip()
        if not term:
            return queryset, False
        named = Q(slug=term.lower()) | Q(pk__in=Variant.objects.filter(sku__iexact=term).values("product"))
        if (found := queryset.filter(named)).exists():
            return found, False
        return queryset.matching(term), False  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        lock_levels(product_id=obj.pk)
        product = lock_product(product_id=obj.pk)
        if product.version != form.cleaned_data["seen"]:
            raise PreconditionFailed
        if form.changes:
            update_product(product=product, changes=form.changes, actor=actor_of(request).caller or "")
        form.locked = product

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """In place of `formset.save()`: each row through its service, what goes away last."""
        save = save_variant if formset.model is Variant else save_image
        gone = set(formset.deleted_forms)
        for row in formset.forms:
            if row not in gone and row.has_changed():
                save(request, form.locked, row)
        for row in gone:
            if row.instance.pk:
                remove(form.locked, row.instance)
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

    @act(
        title="Publish",
        question="Everybody sees it, and the shop's followers are told.",
        needs=MAY_CHANGE,
        icon="visibility",
        when=lambda product: product.status != Status.ACTIVE,
    )
    def publish(self, request: HttpRequest, product: Product, asked: dict) -> None:
        move(product, Status.ACTIVE)

    @act(
        title="Unpublish",
        question="Nobody but its seller and staff see it.",
        needs=MAY_CHANGE,
        icon="visibility_off",
        when=lambda product: product.status == Status.ACTIVE,
    )
    def unpublish(self, request: HttpRequest, product: Product, asked: dict) -> None:
        move(product, Status.DRAFT)

    @act(
        title="Archive",
        question="It is offered no more. Past orders keep their lines.",
        needs=MAY_CHANGE,
        icon="archive",
        when=lambda product: product.status != Status.ARCHIVED,
    )
    def archive(self, request: HttpRequest, product: Product, asked: dict) -> None:
        move(product, Status.ARCHIVED)


def move(product: Product, status: str) -> None:
    set_product_status(product=lock_product(product_id=product.pk), status=status)


def save_variant(request: HttpRequest, product: Product, row: VariantForm) -> None:
    if row.instance.pk is None:
        new = NewVariant(**clean(row.changes))
        create_variant(product=product, variant=new, actor=actor_of(request).caller or "")
        return
    variant = Variant.objects.live().get(pk=row.instance.pk)
    variant.product = product
    count_edit(product)
    update_variant(variant=variant, changes=row.changes, actor=actor_of(request).caller or "")


def save_image(request: HttpRequest, product: Product, row: ImageForm) -> None:
    if row.instance.pk is None:
        given = row.cleaned_data
        add_image(product_id=product.pk, upload=given["upload"], alt=given["alt"], lock=lambda key: product)
        return
    count_edit(product)
    ProductImage.objects.filter(pk=row.instance.pk, product=product).update(**row.changes)


def remove(product: Product, row: Any) -> None:
    """Of a row as the database has it: the form's has been written to."""
    if isinstance(row, Variant):
        archive_variant(product=product, variant=Variant.objects.get(pk=row.pk))
    else:
        delete_image(image=ProductImage.objects.get(pk=row.pk), product=product)
