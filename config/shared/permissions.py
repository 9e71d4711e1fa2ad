"""Small predicates about the actor; they compose with `&`, `|` and `~`."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from config.shared import staff


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return not request.actor.is_guest


class IsAdmin(BasePermission):
    message = "Only an administrator may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.is_admin


class Administers(BasePermission):
    """Staff with the Django permission that the admin site would require; role Admin has them all.

    The permission is on the view's model: to view it, to add or delete a row, or to change one, as all other acts do.
    """

    message = "Only staff with the right permission may do this."
    acts = {"create": "add", "destroy": "delete"}

    def has_permission(self, request: Request, view: Any) -> bool:
        act = "view" if request.method in SAFE_METHODS else self.acts.get(view.action, "change")
        meta = view.queryset.model._meta
        return staff.may(request.actor, f"{meta.app_label}.{act}_{meta.model_name}")


class IsSeller(BasePermission):
    """The owner of a shop in any state; the service decides what a suspended shop may do."""

    message = "Only a seller may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.is_seller


class IsActiveSeller(IsSeller):
    message = "Only a seller whose shop is open may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and request.actor.seller_is_active


class IsCustomer(BasePermission):
    """Anyone who can buy with an account, including sellers and admins."""

    message = "Sign in to do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not request.actor.is_guest


class HasOrderToken(BasePermission):
    """A guest with an `Order-Token`; `visible_to` decides which order it opens."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.actor.order_token)


class ReadOnly(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS
