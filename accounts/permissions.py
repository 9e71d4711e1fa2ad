from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.errors import StepUpRequired
from accounts.models import Seller
from accounts.services.step_up import has_stepped_up
from config.shared.actor import ADMIN


class HoldsKeys(BasePermission):
    """Administrators and sellers. Whose shop is not open makes no new key, but may see and revoke old ones."""

    message = "Only administrators, and sellers whose shop is open, may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = request.actor
        makes_one = request.method == "POST"
        return actor.is_admin or (actor.is_seller and (actor.seller_is_active or not makes_one))


class MayEnrol(BasePermission):
    message = "A second factor is for staff and sellers."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not request.actor.is_guest and (request.actor.is_seller or request.actor.user.is_staff)


class MayApply(BasePermission):
    message = "An administrator does not keep a shop."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not request.actor.is_guest and request.actor.role != ADMIN


class HasShop(BasePermission):
    """Whoever has a shop, or an application for one, in any state."""

    message = "Only a seller may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.seller_id is not None


class ShopIsEditable(BasePermission):
    """A suspended shop can be read by its owner, not edited."""

    message = "This shop is suspended and cannot be edited."
    code = "shop_suspended"

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or request.actor.user.shop.status != Seller.Status.SUSPENDED


class SteppedUp(BasePermission):
    """For what moves money or gives rights: who is enrolled in TOTP has shown a code within the last five minutes.

    List it last (`permission_classes = [IsAdmin, SteppedUp]`), so that who may not do it anyway is told that. Reading
    never needs it.
    """

    message, code = StepUpRequired.detail, StepUpRequired.code

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or has_stepped_up(request.actor)
