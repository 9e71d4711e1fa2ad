"""The admin site: log-in by password, plus a code for users enrolled in TOTP or required to be (`ADMIN_REQUIRE_TOTP`)."""

from functools import update_wrapper
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework.exceptions import APIException
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.desk import mark_stepped_up
from accounts.models.security import Kind
from accounts.services.credentials import user_with, watched_attempt
from accounts.services.step_up import is_enrolled, verify_code
from accounts.services.trail import record
from config.shared.requests import CURRENT, address_of

WRONG_CODE = "This code is wrong, or it is too soon to try again."


class LogInForm(AuthenticationForm):
    code = forms.CharField(
        label="Code of your authenticator app, or a recovery code",
        required=False,
        max_length=32,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )

    def confirm_login_allowed(self, user: Any) -> None:
        """Called after the password was verified. django-otp's own receiver marks the browser's session as verified."""
        super().confirm_login_allowed(user)
        code = self.cleaned_data.get("code", "")
        if is_enrolled(user):
            user.otp_device = self.device_of(user, code)
        elif settings.ADMIN_REQUIRE_TOTP:
            raise ValidationError("Set up TOTP first: POST /api/v1/me/totp.", code="totp_required")

    def device_of(self, user: Any, code: str) -> Any:
        if not code:
            raise ValidationError("Enter the code of your authenticator app, too.", code="code_required")
        try:
            return verify_code(user=user, code=code)
        except APIException:
            raise ValidationError(WRONG_CODE, code="wrong_code") from None


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Applies the lock-out of a log-in, and records failures."""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        request: Any = CURRENT.get()
        try:
            with watched_attempt(email=self.user.email, address=address_of(request), at="password change"):
                user_with(email=self.user.email, password=password)
        except APIException as refusal:
            raise ValidationError(str(refusal.detail), code="password_incorrect") from None
        return password

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        record(Kind.PASSWORD_CHANGED, user=user, at="admin site")
        return user


class StepUpForm(forms.Form):
    code = forms.CharField(
        label="Code of your authenticator app, or a recovery code",
        max_length=32,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        try:
            verify_code(user=self.user, code=code)
        except APIException:
            raise ValidationError(WRONG_CODE, code="wrong_code") from None
        return code


class AdminSite(UnfoldAdminSite):
    login_form = LogInForm
    login_template = "accounts/admin_login.html"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuses NUL characters in queries: no column holds one, and PostgreSQL raises an error in a search for one."""
        page = super().admin_view(view, cacheable)

        def sane(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if "%00" in request.META.get("QUERY_STRING", ""):
                raise SuspiciousOperation("A NUL character")
            return page(request, *args, **kwargs)

        return update_wrapper(sane, page)

    def extra_urls(self) -> list[Any]:
        return [path("step-up/", self.admin_view(self.step_up), name="step_up")]

    def step_up(self, request: HttpRequest) -> HttpResponse:
        """Asks for a code before acts that need a fresh one, and returns to them."""
        form = StepUpForm(request.POST if request.method == "POST" else None, user=request.user)
        back = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
            back = reverse(f"{self.name}:index")
        if request.method == "POST" and form.is_valid():
            mark_stepped_up(request)
            return HttpResponseRedirect(back)
        context = {
            **self.each_context(request),
            "title": "Show a code",
            "question": "What comes next moves money or rights: it takes a code that is at most five minutes old.",
            "form": form,
            "back": back,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def has_permission(self, request: HttpRequest) -> bool:
        """A session that began before its user enrolled, or before the setting was enabled, must log in again."""
        if not super().has_permission(request):
            return False
        return request.user.is_verified() or not (settings.ADMIN_REQUIRE_TOTP or is_enrolled(request.user))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The library's own view, with our form."""
        request.current_app = self.name  # type: ignore[attr-defined]
        view = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )
        return view(request)
