"""Products with variants and pictures, under the same rules as for sellers; brands, categories, attributes."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import TabularInline

from accounts.desk import actor_of
from catalog.admin.forms import ImageForm, NewProductForm, ProductForm, VariantForm
from catalog.models import Product, ProductImage, Variant
from catalog.serializers.writing import clean
from catalog.services.creation import create_product
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
from config.shared.admin.money import column
from config.shared.errors import PreconditionFailed

Status = Product.Status
MAY_CHANGE = "catalog.change_product"


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


class ImageInline(TabularInline):
    model, form = ProductImage, ImageForm
    verbose_name, verbose_name_plural = "picture", "pictures"
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
    """All edits go through the API's services; concurrent changes are not overwritten."""

    form = ProductForm
    list_display = ["title", "seller", "state", "price", "is_available", "units_sold", "created_at"]
    list_filter = ["status", "is_available", "is_on_sale"]
    list_select_related = ["seller"]
    search_fields = ["slug__exact"]
    search_help_text = "Words of the product, its slug, or a SKU."
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    autocomplete_fields = ["seller", "category", "brand"]
    fieldsets_of_new = [
        (None, {"fields": ["seller", "title", "description", ("category", "brand"), "status"]}),
        ("First variant", {"fields": [("sku", "stock"), ("price", "currency")]}),
    ]
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

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_form(request, obj, **kwargs | ({} if obj else {"form": NewProductForm}))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.fieldsets_of_new

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        """Searches by indexes only: a slug, a SKU, else full text."""
        term = term.strip()
        if not term:
            return queryset, False
        named = Q(slug=term.lower()) | Q(pk__in=Variant.objects.filter(sku__iexact=term).values("product"))
        if (found := queryset.filter(named)).exists():
            return found, False
        return queryset.matching(term), False  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if not change:
            made = create_product(seller=obj.seller, actor=actor_of(request).caller or "", **form.changes)
            obj.__dict__.update(made.__dict__)
            return
        lock_levels(product_id=obj.pk)
        product = lock_product(product_id=obj.pk)
        if product.version != form.cleaned_data["seen"]:
            raise PreconditionFailed
        if form.changes:
            update_product(product=product, changes=form.changes, actor=actor_of(request).caller or "")
        form.locked = product

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Replaces `formset.save()`: saves each row through its service, deletions last."""
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
        question="It is no longer offered. Past orders keep their lines.",
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
    """Deletes the row as stored: the form's instance already carries the submitted values."""
    if isinstance(row, Variant):
        archive_variant(product=product, variant=Variant.objects.get(pk=row.pk))
    else:
        delete_image(image=ProductImage.objects.get(pk=row.pk), product=product)
