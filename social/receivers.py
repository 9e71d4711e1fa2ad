"""Turns signals of lower apps into notifications and posts, and starts social's jobs."""

from collections.abc import Iterable
from typing import Any

from django.db.models import prefetch_related_objects
from django.dispatch import receiver

from accounts.models import Seller
from accounts.signals import seller_approved, seller_rejected, seller_suspended
from catalog.models import Product, Variant
from catalog.services.stock_statements import LevelChange
from catalog.signals import PriceMove, back_in_stock, prices_changed, products_published, stock_low
from config.shared.money import Money
from config.shared.registry import TICKS
from orders.models import Order, OrderPart, Return, Shipment
from orders.signals import (
    items_removed,
    order_cancelled,
    order_expired,
    order_paid,
    order_placed,
    part_changed,
    part_shipped,
    return_changed,
)
from payments.models import Dispute, Payment, Payout
from payments.signals import dispute_changed, order_refunded, payment_failed, payout_ended
from social import tasks
from social.models import Notification, Post
from social.services import notify, post_all_news, post_news
from social.services.notifications import Told
from social.signals import news_posted, watch_due

Kind = Notification.Kind

# --- Orders --------------------------------------------------------------------------------------------------


@receiver(order_placed)
def tell_of_placed(order: Order, **kwargs: Any) -> None:
    """Mails the customer only: the sellers have nothing to do yet."""
    also = sellers(order)
    tell_customer(Kind.ORDER_PLACED, order, also=also, without_mail=[user_id for user_id, _ in also])


@receiver(order_paid)
def tell_of_paid(order: Order, **kwargs: Any) -> None:
    tell_all(Kind.ORDER_PAID, order)


@receiver(order_cancelled)
def tell_of_cancelled(order: Order, **kwargs: Any) -> None:
    tell_all(Kind.ORDER_CANCELLED, order)


@receiver(order_refunded)
def tell_of_refunded(order: Order, **kwargs: Any) -> None:
    tell_all(Kind.ORDER_REFUNDED, order)


@receiver(order_expired)
def tell_of_expired(order: Order, **kwargs: Any) -> None:
    """Notifies the customer only: sellers have nothing to do for an unpaid order."""
    tell_customer(Kind.ORDER_EXPIRED, order)


@receiver(payment_failed)
def tell_of_failed_payment(payment: Payment, **kwargs: Any) -> None:
    """Notifies the customer only, who may have left long before the bank declined."""
    tell_customer(Kind.PAYMENT_FAILED, payment.order, payment=str(payment.pk))


@receiver(part_shipped)
def tell_of_shipped(part: OrderPart, shipment: Shipment, **kwargs: Any) -> None:
    """Notifies the customer only: the seller has just shipped it."""
    tell_customer(Kind.ORDER_SHIPPED, part.order, part=str(part.pk), shipment=str(shipment.pk))


@receiver(part_changed)
def tell_of_part(part: OrderPart, status: str, **kwargs: Any) -> None:
    if status == OrderPart.Status.DELIVERED:
        tell_customer(Kind.ORDER_DELIVERED, part.order, part=str(part.pk))
    if status == OrderPart.Status.CANCELLED and is_partial(part):
        tell_all(Kind.ORDER_CANCELLED, part.order, of=part)


@receiver(items_removed)
def tell_of_removed(part: OrderPart, **kwargs: Any) -> None:
    """Notifies the customer only: the seller made the change."""
    tell_customer(Kind.ORDER_CHANGED, part.order, part=str(part.pk))


# Kind and recipient for each status of a return: the side that did not set it.
OF_RETURNS = {
    Return.Status.REQUESTED: (Kind.RETURN_REQUESTED, "seller"),
    Return.Status.APPROVED: (Kind.RETURN_APPROVED, "customer"),
    Return.Status.REJECTED: (Kind.RETURN_REJECTED, "customer"),
    Return.Status.RECEIVED: (Kind.RETURN_RECEIVED, "customer"),
    Return.Status.CANCELLED: (Kind.RETURN_CANCELLED, "seller"),
}


@receiver(return_changed)
def tell_of_return(returned: Return, **kwargs: Any) -> None:
    kind, side = OF_RETURNS[Return.Status(returned.status)]
    named_too = {"part": str(returned.part_id), "return": str(returned.pk)}
    if side == "customer":
        tell_customer(kind, returned.order, **named_too)
    else:
        owner = returned.part.seller.user_id
        notify(kind=kind, told=[(owner, named(returned.order, **named_too))])


def is_partial(part: OrderPart) -> bool:
    """Whether other parts of the order remain; if not, the order's own cancellation follows with its notification."""
    return OrderPart.objects.filter(order=part.order).exclude(status=OrderPart.Status.CANCELLED).exists()


def tell_all(kind: str, order: Order, *, of: OrderPart | None = None) -> None:
    """Notifies the customer and the sellers of the order, or of one part of it."""
    more = {"part": str(of.pk)} if of else {}
    tell_customer(kind, order, also=sellers(order, of=of), **more)


def tell_customer(
    kind: str, order: Order, *, also: Iterable[Told] = (), without_mail: Iterable[int] = (), **more: str
) -> None:
    """Notifies a user through their channels, a guest by mail."""
    data = named(order, **more)
    if order.user_id:
        notify(kind=kind, told=[(order.user_id, data), *also], without_mail=without_mail)
    else:
        guests = [(order.pk, data)] if order.email else []
        notify(kind=kind, told=also, guests=guests, without_mail=without_mail)


def sellers(order: Order, *, of: OrderPart | None = None) -> list[Told]:
    """The sellers of the order, or of one part; loaded parts and sellers are not read again."""
    prefetch_related_objects([order], "parts__seller")
    parts = [part for part in order.parts.all() if of is None or part.pk == of.pk]  # type: ignore[attr-defined]
    return [
        (part.seller.user_id, named(order, part=str(part.pk)))
        for part in sorted(parts, key=lambda part: part.pk)
    ]


def named(order: Order, **more: str) -> dict[str, str]:
    return {"order": str(order.pk), "number": order.number, **more}


# --- Shops ---------------------------------------------------------------------------------------------------


@receiver(seller_approved)
def tell_of_approved(seller: Seller, **kwargs: Any) -> None:
    tell_owner(Kind.SHOP_APPROVED, seller)


@receiver(seller_rejected)
def tell_of_rejected(seller: Seller, **kwargs: Any) -> None:
    tell_owner(Kind.SHOP_REJECTED, seller)


@receiver(seller_suspended)
def tell_of_suspended(seller: Seller, **kwargs: Any) -> None:
    tell_owner(Kind.SHOP_SUSPENDED, seller)


def tell_owner(kind: str, seller: Seller) -> None:
    notify(kind=kind, told=[(seller.user_id, {"seller": str(seller.pk)})])


@receiver(payout_ended)
def tell_of_payout(payout: Payout, **kwargs: Any) -> None:
    kind = Kind.PAYOUT_PAID if payout.status == Payout.Status.PAID else Kind.PAYOUT_FAILED
    amount = str(Money(payout.amount, payout.currency))
    data = {"seller": str(payout.seller_id), "payout": str(payout.pk), "amount": amount}
    notify(kind=kind, told=[(payout.seller.user_id, data)])


@receiver(dispute_changed)
def tell_of_dispute(dispute: Dispute, order: Order, **kwargs: Any) -> None:
    """Notifies the sellers only: the customer opened the dispute."""
    more = {"dispute": str(dispute.pk), "status": str(dispute.status)}
    notify(kind=Kind.DISPUTE_CHANGED, told=[(user_id, data | more) for user_id, data in sellers(order)])


@receiver(stock_low)
def tell_of_low_stock(change: LevelChange, **kwargs: Any) -> None:
    """Defers a job, because the stock is locked."""
    tasks.tell_of_low_stock.defer(
        variant_id=change.variant_id, location_id=change.location_id, available=change.after
    )


# --- News of shops -------------------------------------------------------------------------------------------


@receiver(products_published)
def post_new(products: list[Product], **kwargs: Any) -> None:
    post_all_news(kind=Post.Kind.NEW, news=[(product, {}) for product in products])


@receiver(prices_changed)
def post_drops(moves: list[PriceMove], **kwargs: Any) -> None:
    drops = [(move.variant.product, told_of(move)) for move in moves if is_drop(move)]
    post_all_news(kind=Post.Kind.PRICE_DROP, news=drops)


def is_drop(move: PriceMove) -> bool:
    """Whether the price of a public, unarchived variant fell."""
    is_lower = move.old.currency == move.new.currency and move.new.amount < move.old.amount
    return is_lower and move.variant.product.is_public and not move.variant.is_archived


def told_of(move: PriceMove) -> dict[str, Any]:
    prices = {"price": move.new.as_json(), "previous_price": move.old.as_json()}
    return {"variant": str(move.variant.pk), **prices}


@receiver(back_in_stock)
def post_restock(variant: Variant, **kwargs: Any) -> None:
    data = {"variant": str(variant.pk), "price": variant.price.as_json()}
    post_news(product=variant.product, kind=Post.Kind.RESTOCKED, data=data)


# --- Jobs ----------------------------------------------------------------------------------------------------

TICKS["social.mails"] = tasks.ask_for_mails


@receiver(news_posted)
def tell_followers(seller_id: int, **kwargs: Any) -> None:
    tasks.defer_telling(seller_id)


@receiver(watch_due)
def look_for_watchers(product_id: int, **kwargs: Any) -> None:
    tasks.alert_watchers.defer(product_id=product_id)
