from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class OwnsProduct(BasePermission):
    """The product, or the variant's or image's product, is of the actor's own open shop; or the actor is an admin."""

    message = "Only its seller may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.is_admin or (request.actor.is_seller and request.actor.seller_is_active)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        owner = getattr(obj, "product", obj).seller_id
        return request.actor.is_admin or request.actor.seller_id == owner
