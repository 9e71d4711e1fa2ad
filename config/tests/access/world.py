"""A small market in which everything that a path can name exists, made by the real services."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from PIL import Image
from rest_framework.test import APIClient

from accounts.mail_tokens import EMAIL_CHANGE, RESET, VERIFICATION
from accounts.models import SecurityEvent, Seller, Session, User
from accounts.services import create_api_key, start_session, suspend_seller
from accounts.tests.factories import (
    AddressFactory,
    AdminFactory,
    SellerFactory,
    UserFactory,
    enrolled,
    token_for,
)
from catalog.models import AttributeType, Location, ProductImage, ProductImport, Variant
from catalog.services.stock import default_location
from catalog.tests.factories import BrandFactory, CategoryFactory, ProductFactory, VariantFactory
from config.shared.actor import ADMIN_AUDIENCE, Actor
from config.shared.webhooks.services import create_webhook, send_test
from config.tests.access.row import CALLERS
from orders.models import CartItem, Order, OrderPart, TaxExemption
from orders.services import (
    accept_part,
    approve_return,
    deliver_part,
    issue_credit_note,
    mark_order_paid,
    request_return,
    ship_part,
)
from orders.tests.factories import CouponFactory, ShippingMethodFactory, TaxRateFactory, actor_of, put_in_cart
from orders.tokens import new_cart_token, order_token
from payments.services import run_payouts, save_method, settle_payment
from payments.tests.factories import PaymentFactory, pay, place, signature
from social.models import Notification, ReviewPhoto
from social.services import (
    add_wish,
    answer,
    ask,
    block,
    create_wishlist,
    follow,
    notify,
    post_announcement,
    send_message,
    share_wishlist,
    write_review,
)
from social.unsubscribing import make_token

STEPS = (accept_part, ship_part, deliver_part)
EVENT = {
    "id": "evt_access",
    "type": "payment_intent.created",
    "livemode": False,
    "data": {"object": {"id": "pi_no"}},
}
CSV = b"handle,title,sku,price,currency,stock\nred-mug,Red mug,MUG-R,4.50,USD,3\n"


def picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    return buffer.getvalue()


FILES = {"image": ("photo.png", picture()), "logo": ("logo.png", picture()), "file": ("products.csv", CSV)}


@dataclass
class World:
    """`names` is what `{name}` in the table stands for, `clients` each caller's, `users` those who have an account."""

    names: dict[str, str] = field(default_factory=dict)
    clients: dict[str, APIClient] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def name(self, **rows: Any) -> None:
        """Texts are names as they are, rows by their id."""
        self.names |= {name: row if isinstance(row, str) else str(row.pk) for name, row in rows.items()}


def build_world() -> World:
    """Needs a transaction to be undone with, and the stand-in for Stripe."""
    world = World()
    add_people(world)
    add_access(world)
    add_webhooks(world)
    add_goods(world)
    add_rules(world)
    add_orders(world)
    add_carts(world)
    add_social(world)
    suspend_seller(seller_id=int(world.names["closed_shop"]))
    add_clients(world)
    add_payments(world)
    return world


def add_people(world: World) -> None:
    customer = UserFactory(name="Ada Lovelace", pending_email=f"{uuid.uuid4().hex}@example.com")
    other, applicant = UserFactory(), UserFactory()
    shop, rival, closed = SellerFactory(), SellerFactory(), SellerFactory()
    pending = SellerFactory(user=applicant, status=Seller.Status.PENDING)
    world.users = {
        "customer": customer, "other": other, "seller": shop.user, "rival": rival.user, "suspended": closed.user,
        "admin": AdminFactory(),
    }  # fmt: skip
    world.name(admin_user=world.users["admin"], other_user=other)
    world.name(customer=customer, shop=shop, rival_shop=rival, closed_shop=closed, pending_shop=pending)
    world.name(email=customer.email, new_email=f"{uuid.uuid4().hex}@example.com", password="correct-horse-9")
    world.name(address=AddressFactory(user=customer), refresh=start_session(user=customer).refresh)
    world.name(verification=VERIFICATION.make(customer), reset=RESET.make(customer))
    world.name(email_change=EMAIL_CHANGE.make(customer))


def add_access(world: World) -> None:
    """The seller has begun to set up TOTP, the rival has it; the code of the app stays good while the test runs."""
    seller, rival = world.users["seller"], world.users["rival"]
    begun = TOTPDevice.objects.create(user=seller, confirmed=False, tolerance=240)
    code = f"{totp(begun.bin_key):06}"
    recovery = enrolled(rival)[0]
    key, _ = create_api_key(user=seller, name="Warehouse", scopes=["catalog:read"])
    session = Session.objects.get(user=world.users["customer"])
    line = SecurityEvent.objects.latest("pk")
    world.name(api_key=key, session=session, line=line, code=code, recovery=recovery)


def add_webhooks(world: World) -> None:
    owners = {"": f"seller:{world.names['shop']}", "platform_": ADMIN_AUDIENCE}
    for name, owner in owners.items():
        webhook = create_webhook(owner=owner, url="https://example.com/hook")
        world.name(**{f"{name}webhook": webhook, f"{name}delivery": send_test(endpoint=webhook)})


def add_goods(world: World) -> None:
    shops = {name: Seller.objects.get(pk=world.names[name]) for name in ("shop", "rival_shop", "closed_shop")}
    leaf, brand = CategoryFactory(parent=(root := CategoryFactory())), BrandFactory()
    product = ProductFactory(seller=shops["shop"], category=root, brand=brand, option_names=["Size"])
    draft = ProductFactory(seller=shops["shop"], status="draft", option_names=["Size"])
    rival_product, closed_product = (
        ProductFactory(seller=shops[name]) for name in ("rival_shop", "closed_shop")
    )
    world.name(product=product, draft=draft, rival_product=rival_product, closed_product=closed_product)
    world.name(category=root, leaf=leaf, brand=brand, spare_brand=BrandFactory(), slug=product.slug)
    variant = VariantFactory(product=product, stock=50, options={"Size": "S"})
    world.name(variant=variant, spare_variant=VariantFactory(product=product, options={"Size": "M"}))
    world.name(draft_variant=VariantFactory(product=draft, options={"Size": "S"}))
    VariantFactory(product=draft, options={"Size": "M"})
    world.name(
        rival_variant=VariantFactory(product=rival_product),
        closed_variant=VariantFactory(product=closed_product),
    )
    for name, owner in {"image": product, "draft_image": draft}.items():
        file = f"products/{name}.webp"
        world.name(**{name: ProductImage.objects.create(product=owner, image=file, width=8, height=8)})
    world.name(hall=default_location(seller_id=shops["shop"].pk))
    world.name(attribute=AttributeType.objects.create(category=root, name="Mass", kind="number"))
    world.name(location=Location.objects.create(seller=shops["shop"], name="Second hall", priority=5))
    job = ProductImport.objects.create(seller=shops["shop"], actor="user:1", content=CSV, format="souk")
    world.name(job=job)


def add_rules(world: World) -> None:
    shop = Seller.objects.get(pk=world.names["shop"])
    coupon, platform = CouponFactory(seller=shop, code="SHOPTEN"), CouponFactory(code="TEN")
    world.name(coupon=coupon, platform_coupon=platform)
    method, common = ShippingMethodFactory(seller=shop), ShippingMethodFactory(seller=None)
    world.name(method=method, platform_method=common, tax_rate=TaxRateFactory())
    exempt = world.users["other"]
    world.name(tax_exemption=TaxExemption.objects.create(user=exempt, reason="Embassy"))


def add_orders(world: World) -> None:
    customer, other = world.users["customer"], world.users["other"]
    all_shops = ("variant", "rival_variant", "closed_variant")
    for name in ("unpaid", "carded", "transferred", "settled"):
        world.name(**{name: order_of(customer, world, "variant")})
    paid = advance(order_of(customer, world, *all_shops), steps=0)
    world.name(paid=paid, number=paid.number)
    for part in paid.parts.all():
        world.name(**{f"part_of_{part.seller_id}": part})
    for name, shop in {"part": "shop", "rival_part": "rival_shop", "closed_part": "closed_shop"}.items():
        world.names[name] = world.names[f"part_of_{world.names[shop]}"]
    for steps, name in enumerate(("accepted", "shipped", "delivered"), start=1):
        order = advance(order_of(customer, world, "variant"), steps=steps)
        world.name(**{name: order, f"{name}_part": order.parts.get(), f"{name}_item": order.items.get()})
    advance(order_of(other, world, "variant"), steps=len(STEPS))
    several = order_of(customer, world, "variant", "spare_variant")
    world.name(shop_part=advance(several, steps=0).parts.get(), shop_item=several.items.all()[0])
    add_returns(world, customer)
    note = issue_credit_note(
        order_id=int(world.names["delivered"]), reference="refund:1", amount=100, reason="late"
    )
    world.name(credited=note.order, credit_note=note)
    by_guest = order_of(None, world, "variant")
    world.name(guest_order=by_guest, order_token=order_token(by_guest.pk))


def add_returns(world: World, customer: User) -> None:
    for name in ("returned", "approved_return"):
        order = advance(order_of(customer, world, "variant"), steps=len(STEPS))
        goods = {order.items.get().pk: 1}
        world.name(**{name: request_return(order_id=order.pk, quantities=goods, reason="too small", by=None)})
    approve_return(return_id=int(world.names["approved_return"]), by=None)


def order_of(user: Any, world: World, *variants: str) -> Order:
    return place(user, *(Variant.objects.get(pk=world.names[name]) for name in variants))


def advance(order: Order, *, steps: int) -> Order:
    """Paid, and as many steps further."""
    mark_order_paid(order_id=order.pk)
    for part in order.parts.all():
        for step in STEPS[:steps]:
            step(part_id=part.pk, by=None)
    return Order.objects.get(pk=order.pk)


def add_carts(world: World) -> None:
    variant = Variant.objects.get(pk=world.names["variant"])
    token = new_cart_token()
    for name, actor in {
        "item": actor_of(world.users["customer"]),
        "guest_item": Actor(cart_token=token),
    }.items():
        put_in_cart(actor, variant)
        world.name(**{name: CartItem.objects.latest("pk")})
    world.name(cart_token=token)


def add_social(world: World) -> None:
    customer, shop = world.users["customer"], Seller.objects.get(pk=world.names["rival_shop"])
    product = Variant.objects.select_related("product__seller").get(pk=world.names["variant"]).product
    world.name(
        review=write_review(user=customer, product=product, rating=4),
        follow=follow(user=customer, seller=shop)[0],
    )
    rival = Seller.objects.get(pk=world.names["rival_shop"])
    world.name(
        block=block(seller=rival, user=world.users["other"])[0],
        announcement=post_announcement(seller=product.seller, title="Hello", body="There."),
        unsubscribe=make_token(customer.pk, "order.paid"),
    )
    add_wishes(world)
    add_talk(world)
    world.name(
        notification=notify(kind=Notification.Kind.ORDER_PAID, told=[(customer.pk, {"order": "1"})])[0]
    )


def add_wishes(world: World) -> None:
    customer = world.users["customer"]
    product = Variant.objects.select_related("product").get(pk=world.names["rival_variant"]).product
    wishlist = share_wishlist(wishlist=create_wishlist(user=customer, name="Birthday"))
    variant = Variant.objects.get(pk=world.names["rival_variant"])
    wish, _ = add_wish(user=customer, product=product, variant=variant, wishlist=wishlist)
    world.name(wishlist=wishlist, wish=wish, shared=str(wishlist.share_token))
    image = {"image": "reviews/full.webp", "thumbnail": "reviews/thumbnail.webp", "width": 8, "height": 8}
    world.name(review_photo=ReviewPhoto.objects.create(review_id=int(world.names["review"]), **image))


def add_talk(world: World) -> None:
    customer, seller = world.users["customer"], world.users["seller"]
    product = Variant.objects.select_related("product__seller").get(pk=world.names["variant"]).product
    question = ask(user=customer, product=product, body="How heavy is it?")
    world.name(question=question, answer=answer(actor=actor_of(seller), question=question, body="Light."))
    part = OrderPart.objects.select_related("order", "seller").get(pk=world.names["part"])
    shown = SimpleUploadedFile("photo.png", picture())
    message = send_message(part=part, side="customer", user=customer, body="Hello?", uploads=[shown])
    world.name(message=message, attachment=message.attachments.get())


def add_clients(world: World) -> None:
    for caller in CALLERS:
        user = world.users.get(caller)
        headers = {} if user is None else {"Authorization": f"Bearer {token_for(user)}"}
        world.clients[caller] = APIClient(raise_request_exception=False, headers=headers)


def add_payments(world: World) -> None:
    order = Order.objects.get(pk=world.names["carded"])
    opened = pay(world.clients["customer"], order)
    assert opened.status_code == 201, opened.content
    transferred = Order.objects.get(pk=world.names["transferred"])
    world.name(payment=opened.json()["id"])
    world.name(transfer=PaymentFactory(order=transferred, provider="manual", method="bank_transfer"))
    settled = PaymentFactory(
        order=Order.objects.get(pk=world.names["settled"]), provider="manual", method="bank_transfer"
    )
    settle_payment(payment_id=settled.pk, by=world.users["admin"])
    settled.order.parts.update(delivered_at=timezone.now() - timedelta(days=30))
    (payout,), _ = run_payouts(batch=uuid.uuid4())
    card = save_method(user=world.users["customer"], payment_method="pm_card_visa").payment_method
    world.name(payout=payout, card=str(card))
    world.name(stripe_signature=signature(json.dumps(EVENT, separators=(",", ":"))))
