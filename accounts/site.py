"""The admin site: by password, and by a code for whoever is enrolled in TOTP or must be (`ADMIN_REQUIRE_TOTP`)."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.services.step_up import is_enrolled, verify_code


class LogInForm(AuthenticationForm):
    code = forms.CharField(
        label="Code of your authenticator app, or a recovery code",
        required=False,
        max_length=32,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )

    def confirm_login_allowed(self, user: Any) -> None:
        """After the password was found right. django-otp's own receiver marks the browser's session as verified."""
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
            raise ValidationError(
                "This code is wrong, or it is too soon to try again.", code="wrong_code"
            ) from None


class AdminSite(UnfoldAdminSite):
    login_form = LogInForm
    login_template = "accounts/admin_login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """A session that began before its user enrolled, or before the setting was on, must log in again."""
        if not super().has_permission(request):
            return False
        return request.user.is_verified() or not (settings.ADMIN_REQUIRE_TOTP or is_enrolled(request.user))
