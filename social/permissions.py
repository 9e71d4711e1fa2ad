from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from social.models import Review


class IsAuthor(BasePermission):
    message = "Only who wrote it may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Review) -> bool:
        return request.actor.is_admin or obj.user_id == request.actor.user_id


class IsItsSeller(BasePermission):
    message = "Only the seller of the product may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Review) -> bool:
        actor = request.actor
        return actor.is_admin or (actor.is_seller and obj.product.seller_id == actor.seller_id)
