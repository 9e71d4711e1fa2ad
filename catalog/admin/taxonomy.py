"""Categories, brands, and attribute types."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelect2Widget

from catalog.admin.forms import key_of
from catalog.models import AttributeType, Brand, Category
from catalog.serializers.taxonomy import BrandSerializer, CategorySerializer
from catalog.services.taxonomy import change_category, create_category, delete_brand, delete_category
from config.shared.admin import SavesChanges, StaffAdmin
from config.shared.admin.forms import SerializedForm


class BrandForm(SerializedForm):
    serializer, is_partial = BrandSerializer, True

    class Meta:
        model = Brand
        fields = ["name", "slug"]


@admin.register(Brand)
class BrandAdmin(SavesChanges, StaffAdmin):
    form = BrandForm
    list_display = ["name", "slug", "followers_count"]
    search_fields = ["name", "slug"]
    readonly_fields = ["followers_count"]
    prepopulated_fields = {"slug": ["name"]}

    def delete_model(self, request: HttpRequest, obj: Brand) -> None:
        delete_brand(brand=obj)


class CategoryForm(SerializedForm):
    serializer, is_partial = CategorySerializer, True
    parent = forms.ModelChoiceField(
        Category.objects.order_by("path"), required=False, widget=UnfoldAdminSelect2Widget, empty_label="the top",
        help_text="Moving a category takes all below it along.",
    )  # fmt: skip

    class Meta:
        model = Category
        fields = ["name", "slug"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        if self.instance.pk:
            self.initial["parent"] = Category.objects.get_parent(self.instance)

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        changed = super().body(given)
        if not changed.get("slug"):
            changed.pop("slug", None)
        return changed | ({"parent": key_of(changed["parent"])} if "parent" in changed else {})


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    form = CategoryForm
    list_display = ["indented", "slug", "numchild"]
    search_fields = ["name", "slug"]
    ordering = ["path"]
    fields = ["name", "slug", "parent"]

    @admin.display(description="name", ordering="path")
    def indented(self, category: Category) -> str:
        return "\N{NO-BREAK SPACE}" * 4 * (category.depth - 1) + category.name

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        if change:
            change_category(category=Category.objects.get(pk=obj.pk), changes=form.changes)
        else:
            obj.pk = create_category(**form.changes).pk

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        delete_category(category=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for category in queryset.order_by("-path"):
            delete_category(category=category)


@admin.register(AttributeType)
class AttributeTypeAdmin(SavesChanges, StaffAdmin):
    list_display = ["name", "category", "kind", "unit", "is_required"]
    list_filter = ["kind"]
    list_select_related = ["category"]
    search_fields = ["name", "category__name"]
    autocomplete_fields = ["category"]
