import uuid
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import staff
from accounts.countries import COUNTRIES
from accounts.slugs import RESERVED
from config.shared.actor import ADMIN, CUSTOMER, SELLER, Actor, role_id


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, actor: Actor) -> "UserQuerySet":
        """Everybody for those who administer users; oneself for anybody else."""
        return self if staff.may(actor, "accounts.view_user") else self.filter(pk=actor.user_id)

    def admins(self) -> "UserQuerySet":
        return self.filter(role=ADMIN, is_active=True)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def create_user(self, email: str, password: str | None = None, **values: Any) -> "User":
        user = self.model(email=email.lower(), **values)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> "User":
        flags = {"role": ADMIN, "is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **(values | flags))


class User(AbstractBaseUser, PermissionsMixin):
    """A person with one role. Role Admin is Django's superuser; other staff get their rights from groups."""

    ROLES = [(ADMIN, "Admin"), (SELLER, "Seller"), (CUSTOMER, "Customer")]

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, choices=ROLES, default=CUSTOMER)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may enter the admin site", default=False)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="user_email",
                violation_error_code="email_taken",
                violation_error_message="There is an account with this e-mail address.",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(condition=Q(role__in=[ADMIN, SELLER, CUSTOMER]), name="user_role"),
            models.CheckConstraint(
                condition=Q(role=ADMIN, is_superuser=True, is_staff=True)
                | (~Q(role=ADMIN) & Q(is_superuser=False)),
                name="user_admin_is_superuser",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="user_created"),
            models.Index(fields=["id"], condition=Q(role=ADMIN), name="user_admins"),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends every session, whoever sets it; what an intruder holds is worthless from then on."""
        is_new_password = self._password is not None and not self._state.adding
        super().save(*args, **kwargs)
        if is_new_password:
            self.sessions.end()

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password = self.password  # a change like any other when it is saved

    @property
    def role_number(self) -> int:
        """The role as tokens and `/me` show it."""
        return role_id(self.role)

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def shop(self) -> "Seller | None":
        """Their shop in any state, or None."""
        return getattr(self, "seller", None)

    def set_role(self, role: str) -> None:
        """Changes the role and the flags that go with it; the caller saves."""
        if ADMIN in (role, self.role):
            self.is_staff = role == ADMIN
        self.role, self.is_superuser = role, role == ADMIN


def new_id() -> str:
    return uuid.uuid4().hex


class SessionQuerySet(models.QuerySet["Session"]):
    def open(self) -> "SessionQuerySet":
        return self.filter(revoked_at=None)

    def end(self) -> int:
        """Ends the open ones among them, and with them their access tokens; returns how many."""
        return self.open().update(revoked_at=timezone.now())


class Session(models.Model):
    """A log-in: the family of refresh tokens that follow one another, of which only the last is good."""

    id = models.CharField(max_length=32, primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_jti = models.CharField(max_length=32, default=new_id)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="session_expires")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d %H:%M}"


class SellerQuerySet(models.QuerySet["Seller"]):
    def public(self) -> "SellerQuerySet":
        return self.filter(status=Seller.Status.ACTIVE)

    def visible_to(self, actor: Actor) -> "SellerQuerySet":
        """Open shops, one's own in any state, and all for those who administer sellers."""
        if staff.may(actor, "accounts.view_seller"):
            return self
        own = Q() if actor.is_guest else Q(user_id=actor.user_id)
        return self.filter(Q(status=Seller.Status.ACTIVE) | own)


class Seller(models.Model):
    """A shop. `version` counts the owner's edits; ratings, followers and counts change without it."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        REJECTED = "rejected"
        SUSPENDED = "suspended"

    # Which states each decision may be taken in.
    DECISIONS = {
        Status.ACTIVE: {Status.PENDING, Status.REJECTED, Status.SUSPENDED},
        Status.REJECTED: {Status.PENDING},
        Status.SUSPENDED: {Status.ACTIVE},
    }

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="seller")
    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=80)
    description = models.TextField(max_length=5000, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    commission_rate = models.DecimalField(max_digits=7, decimal_places=6, default=Decimal("0.1"))
    rating_sum = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    followers_count = models.PositiveIntegerField(default=0)
    product_count = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SellerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="seller_slug",
                violation_error_code="slug_taken",
                violation_error_message="There is a shop with this slug.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__regex=r"^[0-9]*$") & ~Q(slug__in=sorted(RESERVED)),
                name="seller_slug_is_no_id",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "active", "rejected", "suspended"]), name="seller_status"
            ),
            models.CheckConstraint(condition=Q(commission_rate__range=(0, 1)), name="seller_commission_rate"),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="seller_created"),
            models.Index(fields=["followers_count", "id"], name="seller_followers"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def rating_average(self) -> float | None:
        """Points a review, to two places; None without reviews."""
        return round(self.rating_sum / self.rating_count, 2) if self.rating_count else None

    @property
    def possible_decisions(self) -> list[str]:
        return [str(status) for status, before in self.DECISIONS.items() if self.status in before]


class AddressQuerySet(models.QuerySet["Address"]):
    def visible_to(self, actor: Actor) -> "AddressQuerySet":
        """One's own alone: an address book is nobody else's business."""
        return self.none() if actor.is_guest else self.filter(user_id=actor.user_id)


class Address(models.Model):
    """An entry of a user's address book; an order keeps a copy of what it was sent to."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=150)
    line1 = models.CharField(max_length=200)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    phone = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.CheckConstraint(condition=Q(country__in=sorted(COUNTRIES)), name="address_country"),
        ]
        indexes = [models.Index(fields=["user", "created_at", "id"], name="address_of_user")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"
