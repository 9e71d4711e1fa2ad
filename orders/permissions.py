from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from config.shared.permissions import HasOrderToken, IsAdmin, IsSeller, IsSignedIn

MayHaveOrders = IsSignedIn | HasOrderToken
FulfilsOrders = IsSeller | IsAdmin


class KeepsShop(BasePermission):
    """Sellers for what is theirs; a shop that is not open can be looked at only."""

    message = "Only a seller whose shop is open may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = request.actor
        return actor.is_seller and (actor.seller_is_active or request.method in SAFE_METHODS)
