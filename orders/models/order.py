from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import ADMIN_AUDIENCE, Actor, user_audience
from orders.models.amounts import MoneyOf, amount_field, not_negative, one_of
from orders.tokens import order_of_token

LATEST = timedelta(minutes=15)  # after its hold an order expires, even while a payment is under way


class OrderStatus(models.TextChoices):
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class RefundStatus(models.TextChoices):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class Stock(models.TextChoices):
    HELD = "held"
    SOLD = "sold"
    RELEASED = "released"


class OrderQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see all, a customer their own; an order's token shows that order."""
        if staff.may(actor, "orders.view_order"):
            return self.all()
        opened = order_of_token(actor.order_token) if actor.order_token else None
        allowed = Q(pk=opened) if opened is not None else Q(pk__in=[])
        return self.filter(allowed if actor.is_guest else allowed | Q(user=actor.user_id))

    def due(self) -> Self:
        """Unpaid orders whose hold has run out, by the database's clock."""
        return self.filter(status=OrderStatus.PENDING_PAYMENT, hold_expires_at__lte=Now())

    def abandoned(self) -> Self:
        """Due and without an open payment, or overdue by more than `LATEST` whatever the payment's state."""
        return self.due().filter(Q(is_being_paid=False) | Q(hold_expires_at__lte=Now() - LATEST))

    def locked(self) -> Self:
        """FOR UPDATE: every writer of an order, its parts, items and shipments holds this lock."""
        return self.select_for_update(of=("self",), no_key=True)

    def with_contents(self) -> Self:
        """Prefetches everything that an order's JSON shows, in six queries."""
        return self.prefetch_related("items", "parts__items", "parts__shipments__items")


class Order(models.Model):
    """One checkout: frozen lines, prices and addresses, split into a part for each seller.

    total = subtotal - discount + shipping + tax - tax_included, where `tax` is all tax and `tax_included` the share of
    it that the prices already contain. `shipping` is after discounts. `hold_expires_at` is null once no stock is held.
    `discounts` lists what each coupon and promotion took off: `{"coupon", "code", "kind", "goods", "shipping"}`.
    `is_being_paid`: an open payment could still succeed, so payments ends it before the order expires.
    """

    Status, RefundStatus, Stock = OrderStatus, RefundStatus, Stock
    number = models.CharField(max_length=16)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    email = models.CharField(max_length=254, blank=True)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING_PAYMENT)
    refund_status = models.CharField(max_length=10, choices=RefundStatus.choices, default=RefundStatus.NONE)
    stock = models.CharField(max_length=10, choices=Stock.choices, default=Stock.HELD)
    subtotal_amount = amount_field()
    discount_amount = amount_field()
    shipping_amount = amount_field()
    tax_amount = amount_field()
    tax_included_amount = amount_field()
    total_amount = amount_field()
    coupon_code = models.CharField(max_length=40, blank=True)
    discounts = models.JSONField(default=list, blank=True, db_default=[])
    shipping_address = models.JSONField()
    billing_address = models.JSONField()
    note = models.CharField(max_length=1000, blank=True)
    is_tax_free = models.BooleanField(default=False, db_default=False)
    may_ship_unpaid = models.BooleanField(default=False)
    is_being_paid = models.BooleanField(default=False, db_default=False)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OrderQuerySet.as_manager()

    subtotal = MoneyOf("subtotal_amount")
    discount_total = MoneyOf("discount_amount")
    shipping_total = MoneyOf("shipping_amount")
    tax_total = MoneyOf("tax_amount")
    tax_included = MoneyOf("tax_included_amount")
    total = MoneyOf("total_amount")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="order_number"),
            one_of("order_status", "status", OrderStatus),
            one_of("order_refund_status", "refund_status", RefundStatus),
            one_of("order_stock", "stock", Stock),
            models.CheckConstraint(
                condition=Q(
                    total_amount=F("subtotal_amount")
                    - F("discount_amount")
                    + F("shipping_amount")
                    + F("tax_amount")
                    - F("tax_included_amount")
                ),
                name="order_total",
            ),
            not_negative(
                "order_amounts",
                "subtotal_amount",
                "discount_amount",
                "shipping_amount",
                "tax_included_amount",
                "total_amount",
            ),
            models.CheckConstraint(condition=Q(tax_amount__gte=F("tax_included_amount")), name="order_tax"),
            models.CheckConstraint(
                condition=Q(discount_amount__lte=F("subtotal_amount")), name="order_discount"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "created_at", "id"]),
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["status", "created_at", "id"]),
            models.Index(fields=["email"], name="order_email"),
            models.Index(fields=["hold_expires_at"], condition=Q(status="pending_payment"), name="order_due"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stock_reference(self) -> str:
        """The reference under which stock keeps the order's holds and movements."""
        return f"order:{self.pk}"

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None

    @property
    def can_ship(self) -> bool:
        """Whether the sellers may act on their parts."""
        closed = {self.Status.EXPIRED, self.Status.CANCELLED}
        return self.status not in closed and (self.is_paid or self.may_ship_unpaid)

    def audiences(self) -> list[str]:
        """The customer and the administrators; events that concern sellers add those."""
        own = [user_audience(self.user_id)] if self.user_id else []
        return [*own, ADMIN_AUDIENCE]


class OrderEvent(models.Model):
    """The timeline: append-only. `by` is customer, seller, admin or system; `by_user` is the user who acted."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    part = models.ForeignKey("orders.OrderPart", models.CASCADE, null=True, blank=True, related_name="events")
    type = models.CharField(max_length=40)
    status = models.CharField(max_length=20, help_text="the order's, or the part's where there is one")
    previous_status = models.CharField(max_length=20, blank=True)
    by = models.CharField(max_length=10)
    by_user = models.BigIntegerField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["order", "created_at", "id"])]

    def __str__(self) -> str:
        return f"{self.type} {self.status}"
