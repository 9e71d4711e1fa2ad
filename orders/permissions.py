from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.permissions import SteppedUp
from accounts.services.step_up import has_stepped_up
from config.shared import staff
from config.shared.actor import Actor
from config.shared.permissions import HasOrderToken, IsAdmin, IsSeller, IsSignedIn
from orders.models import Order
from orders.tokens import order_of_token

MayHaveOrders = IsSignedIn | HasOrderToken
FulfilsOrders = IsSeller | IsAdmin


def may_act_on(actor: Actor, order: Order) -> bool:
    """Whether the actor may pay, cancel or otherwise change an order; seeing it, as staff can, is not enough.

    The customer may, so may whoever carries its `Order-Token`, and staff who may change orders.
    """
    return is_of(order, actor) or staff.may(actor, "orders.change_order")


def is_of(order: Order, actor: Actor) -> bool:
    """Whether the actor is the order's customer, by account or by `Order-Token`."""
    if actor.user_id is not None and order.user_id == actor.user_id:
        return True
    return bool(actor.order_token) and order_of_token(actor.order_token) == order.pk


class MayActOnOrder(BasePermission):
    """`visible_to` decides on reads; `may_act_on` on changes of an order, or of what has one (such as a payment)."""

    message = "Only its customer, or staff who may change orders, may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return request.method in SAFE_METHODS or may_act_on(request.actor, getattr(obj, "order", obj))


class GivesBackSteppedUp(SteppedUp):
    """Cancelling an order refunds it: staff must step up for that, its customer need not."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        is_free = request.method in SAFE_METHODS or is_of(obj, request.actor)
        return is_free or has_stepped_up(request.actor)


class KeepsShop(BasePermission):
    """Sellers, for what is theirs; while a shop is not open, they can only read."""

    message = "Only a seller whose shop is open may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = request.actor
        return actor.is_seller and (actor.seller_is_active or request.method in SAFE_METHODS)


class MayActOnReturn(BasePermission):
    """A return's customer may cancel it; the other steps are for the seller of the goods, and for staff."""

    message = "Only the seller, or staff who may change orders, may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        if request.method in SAFE_METHODS:
            return True
        actor = request.actor
        if view.action == "cancel":
            return may_act_on(actor, obj.order)
        is_own = actor.is_seller and obj.part.seller_id == actor.seller_id
        return is_own or staff.may(actor, "orders.change_order")
