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
    """Staff with the Django permission that the admin site would ask for; role Admin has them all.

    It is about the view's model: to view it, to add or delete a row, or to change one, which every other act is.
    """

    message = "Only staff with the right permission may do this."
    acts = {"create": "add", "destroy": "delete"}

    def has_permission(self, request: Request, view: Any) -> bool:
        act = "view" if request.method in SAFE_METHODS else self.acts.get(view.action, "change")
        meta = view.queryset.model._meta
        return staff.may(request.actor, f"{meta.app_label}.{act}_{meta.model_name}")


class IsSeller(BasePermission):
    """Whoever has a shop, in any of its states; what a suspended one may do is the service's rule."""

    message = "Only a seller may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.is_seller


class IsActiveSeller(IsSeller):
    message = "Only a seller whose shop is open may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and request.actor.seller_is_active


class IsCustomer(BasePermission):
    """Whoever can buy with an account: a seller and an admin can, too."""

    message = "Sign in to do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not request.actor.is_guest


class HasOrderToken(BasePermission):
    """A guest who carries an `Order-Token`; which order it opens is `visible_to`'s business."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.actor.order_token)


class ReadOnly(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS
