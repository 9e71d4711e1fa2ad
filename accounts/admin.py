from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import services
from accounts.desk import actor_of, stepped_up
from accounts.models import Address, ApiKey, SecurityEvent, Seller, Session, User
from accounts.models.security import Kind
from accounts.signals import user_registered
from config.shared.actor import ADMIN, CUSTOMER, SELLER
from config.shared.admin import ReadOnlyAdmin, StaffAdmin, act, run
from config.shared.requests import CURRENT

MAY_DECIDE = "accounts.change_seller"
# The library's own pages would reveal the secrets.
admin.site.unregister([TOTPDevice, StaticDevice, Group])


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, StaffAdmin):
    """What staff with a role may do, here and over the API."""


class PasswordForm(AdminPasswordChangeForm):
    def save(self, commit: bool = True) -> User:
        user = super().save(commit)
        request: Any = CURRENT.get()
        services.record(Kind.PASSWORD_CHANGED, user=user, by=request.user, at="admin site")
        return user


@admin.register(User)
class UserAdmin(BaseUserAdmin, StaffAdmin):
    """Role and activity are changed only by actions, which call the API's services."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, PasswordForm
    list_display = ("email", "name", "role", "is_active", "is_staff", "created_at")
    list_filter = ("role", "is_active", "is_staff", "groups")
    search_fields = ("email__istartswith", "name__icontains")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("role", "is_active", "is_staff", "groups")}),
        ("Times", {"fields": ("email_verified_at", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)
    actions = ("activate", "deactivate", "make_admin", "make_seller", "make_customer", "remove_totp")
    always_read_only = ("role", "is_active", "email_verified_at", "last_login", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only an administrator gives rights; administrators are staff by their role."""
        is_free = request.user.role == ADMIN and not (obj and obj.role == ADMIN)
        return self.always_read_only if is_free else (*self.always_read_only, "is_staff", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only an administrator may change other staff: to change their e-mail address or password would give access to
        their rights.

        Erased users cannot be changed.
        """
        if obj is not None and obj.erased_at is not None:
            return False
        if obj is not None and obj.is_staff and obj != request.user and request.user.role != ADMIN:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if {"is_staff", "groups"} & set(form.changed_data):
            stepped_up(request)
        has_moved = change and form.initial["email"] != obj.email
        if has_moved:
            obj.email_verified_at = None
        super().save_model(request, obj, form, change)
        if has_moved:
            services.record(Kind.EMAIL_CHANGED, user=obj, by=request.user, at="admin site")
            services.resend_verification(user=obj)
        if not change:
            user_registered.send(sender=User, user=obj)

    def change(self, request: HttpRequest, users: QuerySet, **changes: Any) -> None:
        actor = actor_of(request)
        run(request, users, lambda user: services.change_user(actor=actor, user_id=user.pk, **changes))

    @admin.action(permissions=["change"])
    def activate(self, request: HttpRequest, users: QuerySet) -> None:
        self.change(request, users, is_active=True)

    @admin.action(permissions=["change"])
    def deactivate(self, request: HttpRequest, users: QuerySet) -> None:
        self.change(request, users, is_active=False)

    @admin.action(permissions=["change"])
    def make_admin(self, request: HttpRequest, users: QuerySet) -> None:
        self.change(request, users, role=ADMIN)

    @admin.action(permissions=["change"])
    def make_seller(self, request: HttpRequest, users: QuerySet) -> None:
        self.change(request, users, role=SELLER)

    @admin.action(permissions=["change"])
    def make_customer(self, request: HttpRequest, users: QuerySet) -> None:
        self.change(request, users, role=CUSTOMER)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return request.user.role == ADMIN

    @admin.action(description="Remove TOTP of the selected users (a lost device)", permissions=["reset"])
    def remove_totp(self, request: HttpRequest, users: QuerySet) -> None:
        def remove(user: User) -> None:
            stepped_up(request)
            services.remove_totp(user=user, by=request.user)

        run(request, users, remove)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "last_used_at", "expires_at", "revoked_at", "address")
    list_select_related = ("user",)
    search_fields = ("user__email__exact",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    fields = ("user", "created_at", "last_used_at", "expires_at", "revoked_at", "user_agent", "address")


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    list_display = ("user", "name", "city", "country")
    list_select_related = ("user",)
    search_fields = ("user__email__exact", "name__icontains")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("name", "prefix", "user", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name", "prefix")
    exclude = ("digest",)
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")

    @admin.action(permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet) -> None:
        run(request, keys, lambda key: services.revoke_api_key(key=key, by=request.user))


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    """The audit trail, for administrators only."""

    list_display = ("created_at", "kind", "user", "by", "address", "request_id")
    list_select_related = ("user", "by")
    list_filter = ("kind",)
    search_fields = ("user__email__exact", "request_id__exact", "subject__exact")
    date_hierarchy = "created_at"

    def has_view_permission(self, request: HttpRequest, obj: SecurityEvent | None = None) -> bool:
        return request.user.is_active and request.user.role == ADMIN


def decision(
    decide: Callable[..., Seller], name: str, *, question: str, icon: str, leads_to: Seller.Status
) -> tuple[Any, Any]:
    """A decision of staff on shops: as an action on the selected ones, and as an act on a shop's page."""

    def several(self: Any, request: HttpRequest, sellers: QuerySet) -> None:
        run(request, sellers, lambda seller: decide(seller_id=seller.pk, by=request.user))

    def one(self: Any, request: HttpRequest, seller: Seller, asked: dict) -> None:
        decide(seller_id=seller.pk, by=request.user)

    several.__name__, one.__name__ = name, f"{name}_one"  # the site tells them apart by name
    act_on_one = act(
        title=name.capitalize(),
        question=question,
        needs=MAY_DECIDE,
        icon=icon,
        when=lambda seller: leads_to in seller.possible_decisions,
    )
    return admin.action(permissions=["change"])(several), act_on_one(one)


@admin.register(Seller)
class SellerAdmin(StaffAdmin):
    """An administrator sets the commission; the state is changed only by actions, which call the API's services."""

    list_display = ("name", "user", "status", "commission_rate", "product_count", "created_at")
    list_filter = ("status",)
    list_select_related = ("user",)
    search_fields = ("name", "slug", "user__email")
    readonly_fields = [field.name for field in Seller._meta.fields if field.name != "commission_rate"]
    date_hierarchy = "created_at"
    actions = ("approve", "reject", "suspend")
    actions_detail = ("approve_one", "reject_one", "suspend_one")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Seller | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Seller | None = None) -> list[str]:
        return self.readonly_fields + ([] if request.user.role == ADMIN else ["commission_rate"])

    def save_model(self, request: HttpRequest, obj: Seller, form: ModelForm, change: bool) -> None:
        if not form.changed_data:
            return
        stepped_up(request)
        services.set_commission_rate(seller_id=obj.pk, rate=obj.commission_rate, by=request.user)

    approve, approve_one = decision(
        services.approve_seller,
        "approve",
        question="The shop opens, and its customer becomes a seller.",
        icon="check_circle",
        leads_to=Seller.Status.ACTIVE,
    )
    reject, reject_one = decision(
        services.reject_seller,
        "reject",
        question="The application is turned down; who applied may apply again.",
        icon="cancel",
        leads_to=Seller.Status.REJECTED,
    )
    suspend, suspend_one = decision(
        services.suspend_seller,
        "suspend",
        question="The shop closes: its products are not public, and its webhooks and payouts pause.",
        icon="block",
        leads_to=Seller.Status.SUSPENDED,
    )
