"""Products as files: imports run as the same job as sellers' imports, exports have the same format."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from rest_framework.exceptions import APIException
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.desk import actor_of
from accounts.models import Seller
from catalog.models import ProductImport
from catalog.tasks import import_products
from catalog.transfer.exporting import export_csv
from catalog.transfer.importing import create_import
from config.shared.admin import ActForm, ReadOnlyAdmin, tagged
from config.shared.admin.acts import TWICE, ask, page_of, refuse, remember
from config.shared.lookups import named

MOST = 20 * 2**20  # bytes per file


class ShopForm(ActForm):
    shop = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget, help_text="Its slug or id.")

    def clean_shop(self) -> Seller:
        shop = Seller.objects.filter(named(self.cleaned_data["shop"])).first()
        if shop is None:
            raise forms.ValidationError("There is no such shop.")
        return shop


class ImportForm(ShopForm):
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text="CSV, Souk's columns or Shopify's.")
    dry_run = forms.BooleanField(
        required=False, initial=True, widget=UnfoldBooleanWidget, label="Only say what would happen"
    )

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > MOST:
            raise forms.ValidationError("At most 20 MB: larger files by `manage.py import_products`.")
        return self.cleaned_data["file"]


class ExportForm(ShopForm):
    format = forms.ChoiceField(
        choices=[("souk", "Souk's columns"), ("shopify", "Shopify's columns")], widget=UnfoldAdminSelectWidget
    )


@admin.register(ProductImport)
class ProductImportAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at",
        "seller",
        "filename",
        "state",
        "dry_run",
        "total",
        "done_products",
        "failed_count",
    ]
    list_filter = ["status", "dry_run"]
    list_select_related = ["seller"]
    search_fields = ["seller__slug__exact"]
    exclude = ["content"]
    actions_list = ["upload", "download"]
    state = tagged("status")

    def get_queryset(self, request: Any) -> QuerySet:
        return super().get_queryset(request).defer("content")

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.add_productimport")

    def has_download_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.view_product")

    @action(description="Import", permissions=["upload"], icon="upload")
    def upload(self, request: HttpRequest) -> HttpResponse:
        question = "Products whose handle the shop has already are changed, others are made. A file that was imported before changes nothing."
        return self.ask(request, "Import", question, ImportForm, self.begin)

    @action(description="Export", permissions=["download"], icon="download")
    def download(self, request: HttpRequest) -> HttpResponse:
        question = "The shop's products as CSV; no cell is one that a spreadsheet would run."
        return self.ask(request, "Export", question, ExportForm, self.send)

    def ask(
        self, request: HttpRequest, title: str, question: str, form_class: Any, then: Any
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = form_class(*given, row=None)
        if request.method == "POST" and form.is_valid() and (done := then(request, form)):
            return done
        back = reverse("admin:catalog_productimport_changelist")
        words = {"title": title, "question": question, "back": back}
        return ask(self.admin_site, request, form=form, opts=self.opts, **words)

    def begin(self, request: HttpRequest, form: ImportForm) -> HttpResponse | None:
        given = form.cleaned_data
        try:
            with transaction.atomic():
                if not remember(request, given["once"]):
                    messages.info(request, TWICE)
                    return HttpResponseRedirect(reverse("admin:catalog_productimport_changelist"))
                job = create_import(
                    seller=given["shop"],
                    file=given["file"].file,
                    filename=given["file"].name,
                    dry_run=given["dry_run"],
                    actor=actor_of(request).caller or "",
                )
                import_products.defer(import_id=job.pk)
        except APIException as refusal:
            return refuse(request, form, refusal)
        messages.success(request, "The import has begun: this page says how far it is.")
        return HttpResponseRedirect(page_of(job))

    def send(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        shop, format_ = form.cleaned_data["shop"], form.cleaned_data["format"]
        headers = {"Content-Disposition": f'attachment; filename="{shop.slug}-{format_}.csv"'}
        rows = export_csv(seller_id=shop.pk, format_=format_)
        return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)
