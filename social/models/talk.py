"""Conversations of customers and shops: publicly below a product, or privately about a part of an order."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product
from config.shared import staff
from config.shared.actor import Actor
from orders.models import Order, OrderPart
from orders.models.amounts import one_of
from social.models.notifications import public_name


class AuthoredQuerySet(models.QuerySet):
    """Rows that anybody may read, unless staff have hidden them."""

    product = "product"

    def visible_to(self, actor: Actor) -> Any:
        if staff.may(actor, f"social.view_{self.model._meta.model_name}"):
            return self
        shown = Q(**{f"{self.product}__in": Product.objects.public()}, is_hidden=False)
        own = Q() if actor.is_guest else Q(user_id=actor.user_id)
        return self.filter(shown | own) if own else self.filter(shown)


class AnswerQuerySet(AuthoredQuerySet):
    product = "question__product"


class Question(models.Model):
    """Any user with an account may ask; an erased author's question stays without a name."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="questions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    body = models.TextField(max_length=1000)
    is_hidden = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AuthoredQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["product", "created_at", "id"], name="questions_of_product")]

    def __str__(self) -> str:
        return f"question {self.pk}"

    @property
    def author(self) -> str | None:
        return public_name(self.user) if self.user else None


class Answer(models.Model):
    """By the seller, or by a user who has received the product."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="answers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_seller = models.BooleanField(default=False)
    body = models.TextField(max_length=2000)
    is_hidden = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"answer {self.pk}"

    @property
    def author(self) -> str | None:
        """A shop answers under its own name."""
        if self.by_seller:
            return self.question.product.seller.name
        return public_name(self.user) if self.user else None


class Side(models.TextChoices):
    CUSTOMER = "customer"
    SELLER = "seller"


def parties(actor: Actor) -> Q:
    """Parts of orders that the actor may discuss: as the customer (a guest by token) or as the seller."""
    mine = Q(order__in=Order.objects.visible_to(actor).filter(theirs(actor)))
    return mine | Q(seller_id=actor.seller_id) if actor.is_seller else mine


def theirs(actor: Actor) -> Q:
    """Excludes staff's access to all orders: messages are private to the customer."""
    return Q(user_id=actor.user_id) if not actor.is_guest else Q(user=None)


class MessageQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "MessageQuerySet":
        """Customer and seller rows in a union, each by an index: an OR would read every part of every order."""
        mine = OrderPart.objects.filter(order__in=Order.objects.visible_to(actor).filter(theirs(actor)))
        if not actor.is_seller:
            return self.filter(part__in=mine)
        sold = OrderPart.objects.filter(seller_id=actor.seller_id)
        return self.filter(part__in=mine.order_by().values("pk").union(sold.order_by().values("pk")))


class Message(models.Model):
    """A message between customer and seller about a part of an order; nobody else may read it."""

    Side = Side

    part = models.ForeignKey(OrderPart, models.CASCADE, related_name="messages")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    side = models.CharField(max_length=10, choices=Side)
    body = models.TextField(max_length=2000, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [one_of("message_side", "side", Side)]
        indexes = [models.Index(fields=["part", "created_at", "id"], name="messages_of_part")]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Attachment(models.Model):
    """A picture in a message, re-encoded by us. It is private, so its bytes are stored here, not in public files."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    content = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"attachment {self.pk}"
