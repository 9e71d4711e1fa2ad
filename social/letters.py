"""The mail texts of notifications, by kind. `{names}` are facts, looked up when the mail is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import Seller
from catalog.models import Product, Variant
from config.shared.money import Money
from orders.models import Order, OrderPart
from orders.tokens import order_token
from social.models import Kind, Notification, Post


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject, text and the storefront page that it links to."""

    subject: str
    text: str
    page: str


ORDER, SALE, RETURN = "orders/{number}", "seller/orders/{part}", "seller/returns/{return}"
PRODUCT, SHOP = "products/{slug}", "shops/{shop_slug}"
LETTERS: dict[str, Letter] = {
    Kind.ORDER_PLACED: Letter(
        "We have your order {number}", "Thank you for your order {number} of {total}.", ORDER
    ),
    Kind.ORDER_PAID: Letter(
        "Order {number} is paid", "Your payment of {total} for order {number} has arrived.", ORDER
    ),
    Kind.ORDER_SHIPPED: Letter(
        "Order {number} is on its way", "A parcel of your order {number} has left.", ORDER
    ),
    Kind.ORDER_DELIVERED: Letter(
        "Order {number} has arrived", "Your order {number} was delivered. Enjoy!", ORDER
    ),
    Kind.ORDER_CANCELLED: Letter(
        "Order {number} was cancelled", "Your order {number}, or a part of it, was cancelled.", ORDER
    ),
    Kind.ORDER_EXPIRED: Letter(
        "Order {number} has expired",
        "Order {number} was not paid in time: nothing is held for you any more.",
        ORDER,
    ),
    Kind.ORDER_REFUNDED: Letter(
        "Money back for order {number}", "Money for your order {number} is on its way.", ORDER
    ),
    Kind.ORDER_CHANGED: Letter(
        "Order {number} has changed",
        "Something of your order {number} cannot be delivered; you get its price back.",
        ORDER,
    ),
    Kind.PAYMENT_FAILED: Letter(
        "Order {number} is not paid yet",
        "A payment for order {number} did not go through. Please try again: it is held for you only for a while.",
        ORDER,
    ),
    Kind.RETURN_REQUESTED: Letter(
        "A return for order {number}", "A customer sends back a part of {number}.", RETURN
    ),
    Kind.RETURN_APPROVED: Letter(
        "Your return is agreed to", "Please send back what you named of {number}.", ORDER
    ),
    Kind.RETURN_REJECTED: Letter(
        "Your return was declined", "The seller declines the return for {number}.", ORDER
    ),
    Kind.RETURN_RECEIVED: Letter(
        "Your return has arrived", "What you sent back of order {number} has arrived.", ORDER
    ),
    Kind.RETURN_CANCELLED: Letter(
        "Return called off", "The return for order {number} was called off.", RETURN
    ),
    Kind.PAYOUT_PAID: Letter(
        "A payout is on its way", "{amount} of your balance at {shop} were paid out.", "seller/payouts"
    ),
    Kind.PAYOUT_FAILED: Letter(
        "A payout came to nothing",
        "{amount} could not be paid out and are your balance at {shop} again.",
        "seller/payouts",
    ),
    Kind.DISPUTE_CHANGED: Letter(
        "A dispute about order {number}", "The payment of order {number} is disputed: {status}.", SALE
    ),
    Kind.STOCK_LOW: Letter(
        "{product} runs low", "{available} left of {product} ({sku}).", "seller/inventory/{variant}"
    ),
    Kind.SHOP_APPROVED: Letter(
        "Your shop {shop} is open", "{shop} is open: customers can find it now.", "seller"
    ),
    Kind.SHOP_REJECTED: Letter("Your application for {shop}", "We cannot open {shop} as it is.", "seller"),
    Kind.SHOP_SUSPENDED: Letter(
        "Your shop {shop} is suspended", "{shop} is closed for now; please write to us.", "seller"
    ),
    Kind.FOLLOWER_NEW: Letter(
        "{shop} has a new follower", "Somebody new follows {shop}.", "seller/followers"
    ),
    Kind.REVIEW_NEW: Letter(
        "{rating} of 5 for {product}", "A buyer has reviewed {product}: {rating} of 5.", PRODUCT
    ),
    Kind.REVIEW_REPLY: Letter(
        "{shop} has replied to you", "{shop} has replied to your review of {product}.", PRODUCT
    ),
    Kind.PRODUCT_NEW: Letter(
        "New at {shop}: {product}", "{shop} has something new: {product}, {price}.", PRODUCT
    ),
    Kind.PRICE_DROP: Letter("Prices have fallen at {shop}", "Now at {shop}: {products}.", SHOP),
    Kind.PRODUCT_RESTOCKED: Letter("{product} is back", "{shop} has {product} again, for {price}.", PRODUCT),
    Kind.ANNOUNCEMENT_NEW: Letter("{shop}: {title}", "{body}", SHOP),
    Kind.ALERT_BACK: Letter(
        "{product} is back in stock", "You can have {product} again, for {price}.", PRODUCT
    ),
    Kind.ALERT_PRICE: Letter("{product} costs less", "{product} is now {price}.", PRODUCT),
    Kind.QUESTION_NEW: Letter(
        "A question about {product}", "A customer asks something about {product}.", PRODUCT
    ),
    Kind.QUESTION_ANSWERED: Letter(
        "Your question was answered", "Your question about {product} has an answer.", PRODUCT
    ),
    Kind.MESSAGE_NEW: Letter(
        "A message about order {number}", "You have a message about your order {number}.", "orders/{number}"
    ),
}
# Texts that differ when the recipient is the seller of a part.
TO_SELLERS: Mapping[str, Letter] = {
    Kind.ORDER_PLACED: Letter("New order {number}", "Order {number} was placed; we await its payment.", SALE),
    Kind.ORDER_PAID: Letter(
        "Order {number} is paid: please ship", "Order {number} is paid and waits for you.", SALE
    ),
    Kind.ORDER_CANCELLED: Letter(
        "Order {number} was cancelled", "Do not ship your part of order {number}.", SALE
    ),
    Kind.ORDER_REFUNDED: Letter(
        "Refund for order {number}", "Money of order {number} went back to the customer.", SALE
    ),
}


class Facts(dict[str, str]):
    """Facts that are unknown, or gone, become a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


class Library:
    """Everything that the letters of some notifications mention, read by one statement per kind of object."""

    def __init__(self, rows: Iterable[Notification]) -> None:
        data = [row.data for row in rows]
        self.products = found(Product.objects.select_related("seller"), [*ids(data, "product"), *named(data)])
        self.sellers = found(Seller.objects.all(), ids(data, "seller"))
        self.orders = found(Order.objects.all(), ids(data, "order"))
        self.variants = found(Variant.objects.all(), ids(data, "variant"))
        self.posts = found(Post.objects.all(), ids(data, "post"))
        self.owners = dict(
            OrderPart.objects.filter(pk__in=ids(data, "part")).values_list("pk", "seller__user_id")
        )

    def letter(self, row: Notification) -> dict[str, str]:
        """`subject`, `text` and `link`."""
        letter, facts = self.chosen(row), self.facts(row)
        page = letter.page.format_map(facts)
        return {
            "subject": one_line(letter.subject.format_map(facts)),
            "text": letter.text.format_map(facts),
            "link": f"{settings.STOREFRONT_URL}/{page}",
        }

    def chosen(self, row: Notification) -> Letter:
        owner = self.owners.get(number(row.data.get("part")))
        of_seller = TO_SELLERS.get(row.kind) if owner is not None and owner == row.user_id else None
        return of_seller or LETTERS[row.kind]

    def facts(self, row: Notification) -> Facts:
        facts = Facts({name: str(value) for name, value in row.data.items()})
        order = self.orders.get(number(row.data.get("order")))
        if order is not None:
            facts |= {"number": order.number, "total": str(order.total)}
        return Facts(facts | self.of_goods(row) | self.of_post(row) | self.of_variant(row))

    def of_goods(self, row: Notification) -> dict[str, str]:
        product = self.products.get(number(row.data.get("product")))
        seller = self.sellers.get(number(row.data.get("seller"))) or (product and product.seller)
        facts = {"shop": seller.name, "shop_slug": seller.slug} if seller else {}
        if product is not None:
            facts |= {"product": product.title, "slug": product.slug, "price": str(product.price)}
        several = [
            self.products[pk] for pk in map(number, row.data.get("products", [])) if pk in self.products
        ]
        return facts | ({"products": told(several)} if several else {})

    def of_post(self, row: Notification) -> dict[str, str]:
        post = self.posts.get(number(row.data.get("post")))
        return {"title": post.title, "body": post.body} if post else {}

    def of_variant(self, row: Notification) -> dict[str, str]:
        variant = self.variants.get(number(row.data.get("variant")))
        return {"sku": variant.sku, "price": str(variant.price)} if variant else {}


SHOWN = 10  # products listed in a merged notification


def told(products: list[Product]) -> str:
    names = [
        f"{product.title} for {Money(product.price_amount, product.currency)}" for product in products[:SHOWN]
    ]
    more = len(products) - SHOWN
    return ", ".join([*names, *([f"and {more} more"] if more > 0 else [])])


def number(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isdecimal() else 0


def ids(data: Iterable[Mapping[str, Any]], name: str) -> list[int]:
    return [number(one[name]) for one in data if name in one]


def named(data: Iterable[Mapping[str, Any]]) -> list[int]:
    return [number(pk) for one in data for pk in one.get("products", [])]


def found(rows: Any, wanted: Iterable[int]) -> dict[int, Any]:
    wanted = set(wanted)
    return rows.in_bulk(wanted) if wanted else {}


def one_line(text: str) -> str:
    """Makes the text safe for a header."""
    return " ".join(text.split())[:150]


def guest_link(order: Order) -> str:
    """Gives the mail's reader access to the order; generated for each mail, stored nowhere."""
    return f"{settings.STOREFRONT_URL}/orders/{order.number}?token={order_token(order.pk)}"
