from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.shared import staff


class OwnsProduct(BasePermission):
    """The product (or the product of this variant or image) is of the actor's own, open shop; or the actor is an admin."""

    message = "Only its seller may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.actor.is_admin or (request.actor.is_seller and request.actor.seller_is_active)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        owner = getattr(obj, "product", obj).seller_id
        return request.actor.is_admin or request.actor.seller_id == owner


class MayEdit(BasePermission):
    """The Django permission that the admin site would ask for, for the view's model."""

    def has_permission(self, request: Request, view: Any) -> bool:
        act = {"GET": "view", "HEAD": "view", "POST": "add", "PATCH": "change", "DELETE": "delete"}.get(
            request.method
        )
        meta = view.queryset.model._meta
        return act is not None and staff.may(request.actor, f"{meta.app_label}.{act}_{meta.model_name}")
