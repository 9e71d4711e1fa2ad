"""What staff do to a row: a button on its page leads to a form that asks for confirmation; only its POST acts.

An act calls a service; if that refuses, the form shows why. The form carries a key, so that a form submitted twice acts
once: the key is written in the transaction of the act.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from rest_framework.exceptions import APIException
from unfold.decorators import action

from config.shared.admin.base import is_step_up, reasons, step_up_page
from config.shared.errors import translate
from config.shared.models import IdempotencyRecord

SHOW_CODE = "Show a code of your authenticator app first."
TWICE = "This form was sent before: what it asked for is done."


class ActForm(forms.Form):
    """The questions of an act; `row` is the row that it acts on."""

    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.fields["once"].initial = uuid.uuid4


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    do: Callable[..., str | None]
    title: str
    question: str
    needs: str
    form: type[ActForm]
    in_transaction: bool


def act(
    *,
    title: str,
    question: str,
    needs: str,
    icon: str = "bolt",
    form: type[ActForm] = ActForm,
    when: Callable[[Any], bool] = lambda row: True,
    in_transaction: bool = True,
) -> Callable[[Callable[..., str | None]], Any]:
    """Turns `do(self, request, row, asked)`, which calls a service and returns a message, into a page of a ModelAdmin.

    `needs` is a permission such as "orders.change_order"; the button is shown if `when(row)` is true. An act that calls
    another service is not `in_transaction`; it must then be harmless to repeat.
    """

    def decorator(do: Callable[..., str | None]) -> Any:
        spec = Act(
            do=do, title=title, question=question, needs=needs, form=form, in_transaction=in_transaction
        )

        @wraps(do)
        def page(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
            return answer(self, request, object_id, spec)

        offered: Any = action(description=title, icon=icon)(page)
        offered.when, offered.needs = when, needs  # `StaffAdmin` checks both before it shows the button
        return offered

    return decorator


def answer(site: Any, request: HttpRequest, object_id: str, spec: Act) -> HttpResponse:
    if not (site.has_view_permission(request) and request.user.has_perm(spec.needs)):
        raise PermissionDenied
    row = site.get_object(request, object_id)
    if row is None:
        raise Http404
    form = spec.form(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid():
        done = attempt(site, request, row, form, spec)
        if done is not None:
            return done
    asked = {"title": spec.title, "question": spec.question, "form": form, "back": page_of(row)}
    return ask(site.admin_site, request, opts=site.opts, original=row, **asked)


def ask(
    admin_site: Any, request: HttpRequest, *, title: str, question: str, form: Any, back: str, **more: Any
) -> TemplateResponse:
    """The page that asks before something is done; `back` is the link for those who change their mind."""
    context = admin_site.each_context(request) | more
    context |= {"title": title, "question": question, "form": form, "back": back}
    return TemplateResponse(request, "admin/act.html", context)


def attempt(site: Any, request: HttpRequest, row: Model, form: ActForm, spec: Act) -> HttpResponse | None:
    """A redirect if the act succeeded; None if it was refused, with the reason on the form."""
    asked = dict(form.cleaned_data)
    once = asked.pop("once")
    try:
        if spec.in_transaction:
            with transaction.atomic():
                if not remember(request, once):
                    messages.info(request, TWICE)
                    return HttpResponseRedirect(page_of(row))
                told = spec.do(site, request, row, asked)
        else:
            told = spec.do(site, request, row, asked)
    except (APIException, IntegrityError) as refusal:
        return refuse(request, form, refusal)
    messages.success(request, told or f"{spec.title}: done.")
    return HttpResponseRedirect(page_of(row))


def remember(request: HttpRequest, once: uuid.UUID) -> bool:
    """False if a form with this key has acted already. Of two at once, the second waits for the first one's commit."""
    try:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                caller=f"user:{request.user.pk}", key=f"admin-{once}", fingerprint="admin"
            )
    except IntegrityError:
        return False
    return True


def refuse(request: HttpRequest, form: ActForm, refusal: Exception) -> HttpResponse | None:
    if is_step_up(refusal):
        messages.warning(request, SHOW_CODE)
        return HttpResponseRedirect(step_up_page(request))
    for text in reasons(translate(refusal)):
        form.add_error(None, text)
    return None


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def run(request: HttpRequest, rows: QuerySet, do: Callable[[Any], Any]) -> None:
    """Acts on each row through a service; a refusal is shown and does not stop the others."""
    for row in rows.order_by("pk"):
        try:
            do(row)
        except (APIException, IntegrityError) as refusal:
            if is_step_up(refusal):
                messages.error(request, format_html('<a href="{}">{}</a>', step_up_page(request), SHOW_CODE))
                return
            messages.error(request, f"{row}: {' '.join(reasons(translate(refusal)))}")
        else:
            messages.success(request, f"{row}: done.")
