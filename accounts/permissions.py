from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.errors import StepUpRequired
from accounts.models import Seller
from accounts.services.step_up import has_stepped_up
from config.shared.actor import ADMIN


class HoldsKeys(BasePermission):
    """Administrators and sellers. Sellers whose shop is not open can only see and revoke existing keys."""

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
    """Anyone who has a shop, or an application for one, in any state."""

    message = "Only a seller may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.seller_id is not None


class ShopIsEditable(BasePermission):
    """The owner of a suspended shop can read but not edit it."""

    message = "This shop is suspended and cannot be edited."
    code = "shop_suspended"

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or request.actor.user.shop.status != Seller.Status.SUSPENDED


class SteppedUp(BasePermission):
    """For acts that move money or give rights: users enrolled in TOTP must have proven a code in the last five minutes.

    List it last (`permission_classes = [IsAdmin, SteppedUp]`), so that users without the right are refused for that
    reason. Reads never need it.
    """

    message, code = StepUpRequired.detail, StepUpRequired.code

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or has_stepped_up(request.actor)
