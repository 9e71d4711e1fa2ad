from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AutocompleteSelect
from django.core import exceptions
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from rest_framework.exceptions import APIException, ValidationError
from unfold.admin import ModelAdmin
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display

from config.shared.admin.drill_down import DrillDown
from config.shared.errors import field_errors, invalid, translate

# The colour of each state, for staff who look for trouble.
COLOURS = {
    "success": "active paid succeeded delivered completed published won approved received shipped",
    "warning": "pending pending_payment processing partial partially_refunded inquiry open requested running accepted doing",
    "danger": "failed cancelled expired rejected suspended lost hidden gone failing refunded full",
    "info": "partially_shipped draft requires_action requires_payment_method todo",
}
LABELS = {state: colour for colour, states in COLOURS.items() for state in states.split()}
MOST = 10_000  # rows that a list counts and pages through; to find others, staff search or filter


class AtLeast(int):
    """A count that stopped early, shown as "10000+"."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class CappedPaginator(Paginator):
    """Counts no further than `MOST`, so that a list of a million rows costs no more than one of ten thousand."""

    template_name = "admin/capped_pagination.html"

    @cached_property
    def reached(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[: MOST + 1].count() if isinstance(rows, QuerySet) else len(rows)

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        return AtLeast(MOST) if self.is_capped else self.reached

    @property
    def is_capped(self) -> bool:
        return self.reached > MOST


STEP_UP = "step_up_required"


def is_step_up(refusal: Exception) -> bool:
    return getattr(refusal, "code", "") == STEP_UP


def step_up_page(request: HttpRequest) -> str:
    return f"{reverse('admin:step_up')}?{urlencode({'next': request.get_full_path()})}"


def tells_refusals(view: Callable[..., Any]) -> Callable[..., Any]:
    """Shows a service's refusal, or a conflict with a simultaneous save, as a message; nothing was written then."""

    @wraps(view)
    def told(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            with transaction.atomic():
                return view(self, request, *args, **kwargs)
        except (APIException, IntegrityError) as refusal:
            if is_step_up(refusal):
                return HttpResponseRedirect(step_up_page(request))
            for text in reasons(translate(refusal)):
                messages.error(request, text)
            return HttpResponseRedirect(request.get_full_path())

    return told


def is_key(model: type[Model], value: Any) -> bool:
    try:
        model._meta.pk.to_python(value)
    except exceptions.ValidationError:
        return False
    return "\x00" not in str(value)


class Autocomplete(AutocompleteSelect):
    """Treats a value that is no key as no choice, which the field then reports; Django's widget crashes on it."""

    def optgroups(self, name: str, value: list[Any], attrs: Any = None) -> Any:
        known = [one for one in value if not one or is_key(self.field.remote_field.model, one)]
        return super().optgroups(name, known, attrs)


class StaffAdmin(ModelAdmin):
    """Lists whose cost does not grow with their table, and acts (see `acts`) that fit the row's state."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    list_filter_submit = False
    show_facets = admin.ShowFacets.NEVER
    list_prefetch_related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related(*self.list_prefetch_related)

    @tells_refusals
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Treats a filter value that no row can have (the year 0) like an unreadable one."""
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError) as wrong:
            raise IncorrectLookupParameters(str(wrong)) from wrong

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Autocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @tells_refusals
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = super().changelist_view(request, *args, **kwargs)
        if self.date_hierarchy and "cl" in (getattr(answer, "context_data", None) or {}):
            answer.context_data["cl"].queryset = DrillDown(answer.context_data["cl"])
        return answer

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> Any:
        if not all(is_key(self.model, one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise invalid("selected", "What is selected are no rows of this list.")
        return super().response_action(request, queryset)

    @tells_refusals
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(request, *args, **kwargs)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        offered = super().get_actions_detail(request, object_id)
        allowed = [one for one in offered if request.user.has_perm(one.method.needs)]
        row = self.get_object(request, object_id) if allowed else None
        return [one for one in allowed if row is not None and one.method.when(row)]


def reasons(problem: Any) -> list[str]:
    """The messages of a refusal; any other exception is raised again."""
    if isinstance(problem, ValidationError):
        return [f"{error['pointer'].strip('/')}: {error['detail']}" for error in field_errors(problem.detail)]
    if isinstance(problem, APIException):
        return [str(problem.detail)]
    raise problem


class ReadOnly:
    """Rows that only services write: staff view them, and act through the buttons of the page."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, StaffAdmin):
    pass


class SavesChanges:
    """Writes only the edited columns, since counters of the row may have changed after the form was read."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save(update_fields=form.changed_data if change else None)


def link_to(row: Model | None, text: Any = None) -> str:
    """A link to the row's page on the site, as HTML."""
    if row is None:
        return "-"
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
                       reverse(name, args=[row.pk]), text or row)  # fmt: skip


def list_of(pairs: list[tuple[str, Any]]) -> str:
    """Names and values as an HTML list."""
    rows = format_html_join("", '<div class="fact"><dt>{}</dt><dd>{}</dd></div>', pairs)
    return format_html('<dl class="facts">{}</dl>', rows)


def tagged(column: str) -> Any:
    """A list column that shows a state in its colour."""

    @display(description=column.replace("_", " "), ordering=column, label=LABELS)
    def show(self: Any, row: Any) -> tuple[str, str]:
        value = str(getattr(row, column))
        return value, value.replace("_", " ")

    return show


def said(column: str) -> Any:
    """A state on a row's page, in words."""

    @display(description=column.replace("_", " "))
    def show(self: Any, row: Any) -> str:
        return str(getattr(row, column)).replace("_", " ")

    return show
