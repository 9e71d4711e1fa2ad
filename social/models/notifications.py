from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.shared.actor import Actor
from orders.models import Order
from orders.models.amounts import one_of
from social.models.own import OwnQuerySet
from social.models.posts import Post


class Kind(models.TextChoices):
    ORDER_PLACED = "order.placed"
    ORDER_PAID = "order.paid"
    ORDER_SHIPPED = "order.shipped"
    ORDER_DELIVERED = "order.delivered"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_EXPIRED = "order.expired"
    ORDER_REFUNDED = "order.refunded"
    ORDER_CHANGED = "order.changed"
    PAYMENT_FAILED = "payment.failed"
    RETURN_REQUESTED = "return.requested"
    RETURN_APPROVED = "return.approved"
    RETURN_REJECTED = "return.rejected"
    RETURN_RECEIVED = "return.received"
    RETURN_CANCELLED = "return.cancelled"
    PAYOUT_PAID = "payout.paid"
    PAYOUT_FAILED = "payout.failed"
    DISPUTE_CHANGED = "dispute.changed"
    STOCK_LOW = "stock.low"
    SHOP_APPROVED = "shop.approved"
    SHOP_REJECTED = "shop.rejected"
    SHOP_SUSPENDED = "shop.suspended"
    FOLLOWER_NEW = "follower.new"
    REVIEW_NEW = "review.new"
    REVIEW_REPLY = "review.reply"
    PRODUCT_NEW = "product.new"
    PRICE_DROP = "price.drop"
    PRODUCT_RESTOCKED = "product.restocked"
    ANNOUNCEMENT_NEW = "announcement.new"
    ALERT_BACK = "alert.back_in_stock"
    ALERT_PRICE = "alert.price_drop"
    QUESTION_NEW = "question.new"
    QUESTION_ANSWERED = "question.answered"
    MESSAGE_NEW = "message.new"


# News for followers of a shop: mailed to confirmed addresses only.
OF_FOLLOWED = {Kind.PRODUCT_NEW, Kind.PRICE_DROP, Kind.PRODUCT_RESTOCKED, Kind.ANNOUNCEMENT_NEW}
# Alerts that a user asked for.
ALERTS = {Kind.ALERT_BACK, Kind.ALERT_PRICE}
# Kinds that may wait for a digest; all others are mailed at once.
CAN_WAIT = OF_FOLLOWED | {Kind.FOLLOWER_NEW, Kind.REVIEW_NEW, Kind.REVIEW_REPLY, Kind.QUESTION_NEW}
# Kinds that are mailed only to users who turn that on.
NO_MAIL = {Kind.FOLLOWER_NEW, Kind.PRODUCT_NEW, Kind.PRODUCT_RESTOCKED}
# Mailed only if still true when the mail is due: a customer who pays with another card at once needs no such mail.
MAY_SETTLE = {Kind.PAYMENT_FAILED}
CHANNELS = ("in_app", "websocket", "email")


class Digest(models.TextChoices):
    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class PublicName(models.TextChoices):
    HIDDEN = "hidden"
    INITIAL = "initial"
    FULL = "full"


class SocialSettings(models.Model):
    """Notification and visibility settings of a user. `kinds` overrides the defaults: {kind: {channel: bool}}."""

    Digest, Name = Digest, PublicName

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="social_settings")
    digest = models.CharField(max_length=10, choices=Digest, default=Digest.OFF)
    kinds = models.JSONField(default=dict, blank=True)
    public_name = models.CharField(max_length=10, choices=PublicName, default=PublicName.INITIAL)
    keeps_history = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "social settings"
        constraints = [
            one_of("settings_digest", "digest", Digest),
            one_of("settings_name", "public_name", PublicName),
        ]

    def __str__(self) -> str:
        return f"settings of {self.user_id}"

    def wants(self, kind: str) -> Mapping[str, bool]:
        """Channel → whether the user wants notifications of this kind there."""
        return {
            channel: not (channel == "email" and kind in NO_MAIL) for channel in CHANNELS
        } | self.kinds.get(kind, {})

    def waits(self, kind: str) -> bool:
        """Whether a mail of this kind waits for the digest."""
        return self.digest != self.Digest.OFF and kind in CAN_WAIT


def settings_of(user: Any) -> SocialSettings:
    """The user's settings, or unsaved defaults."""
    return getattr(user, "social_settings", None) or SocialSettings(user_id=user.pk)


def public_name(user: Any) -> str | None:
    """The name that strangers see, as the user allows; by default the first name and an initial."""
    allowed, names = settings_of(user).public_name, user.name.split()
    if allowed == SocialSettings.Name.HIDDEN:
        return None
    if allowed == SocialSettings.Name.FULL:
        return user.name or None
    return " ".join([*names[:1], *(f"{name[0]}." for name in names[1:][-1:])]) or None


class NotificationQuerySet(OwnQuerySet):
    def visible_to(self, actor: Actor) -> "NotificationQuerySet":
        return super().visible_to(actor).filter(is_listed=True)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None, is_listed=True)

    def due(self) -> "NotificationQuerySet":
        """Rows whose mail is due, by the database's clock."""
        return self.filter(mail_due_at__lte=Now())


class Notification(models.Model):
    """A notification for a user, or for a guest (then `order` has the mail address).

    `data` holds ids and states only; details are read from their tables. `mail_due_at` is when the mail is to be sent,
    null if none is pending. Unread notifications with the same `merge_key` are merged into one row. `post` is the news
    that it reports.
    """

    Kind = Kind

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    order = models.ForeignKey(Order, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind)
    data = models.JSONField(default=dict)
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    merge_key = models.CharField(max_length=60, blank=True, default="", db_default="")
    is_listed = models.BooleanField(default=True, db_default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("notification_kind_known", "kind", Kind),
            models.CheckConstraint(
                condition=Q(user__isnull=False, order=None) | Q(user=None, order__isnull=False),
                name="notification_to_one",
            ),
            models.UniqueConstraint(
                fields=["user", "merge_key"],
                condition=Q(read_at=None) & ~Q(merge_key=""),
                name="notification_merged",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "created_at", "id"]),
            models.Index(
                fields=["user", "created_at", "id"],
                condition=Q(read_at=None, is_listed=True),
                name="notification_unread",
            ),
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="notification_due"
            ),
            models.Index(
                fields=["post", "user"], condition=Q(post__isnull=False), name="notification_of_post"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id or f'the guest of {self.order_id}'}"

    @property
    def read(self) -> bool:
        return self.read_at is not None
