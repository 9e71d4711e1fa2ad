from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from config.shared import staff
from config.shared.actor import ADMIN, CUSTOMER, SELLER, Actor, role_id
from config.shared.emails import normal_email


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, actor: Actor) -> "UserQuerySet":
        """All users for staff who administer users; for others only themselves."""
        return self if staff.may(actor, "accounts.view_user") else self.filter(pk=actor.user_id)

    def admins(self) -> "UserQuerySet":
        return self.filter(role=ADMIN, is_active=True)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normal_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **values: Any) -> "User":
        user = self.model(email=normal_email(email), **values)
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
    pending_email = models.EmailField(max_length=254, blank=True)  # requested but not yet confirmed
    locale = models.CharField(max_length=35, default="en")  # BCP 47: the language of mails
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
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
        try:
            self.email = normal_email(self.email)
        except UnicodeError:
            raise ValidationError({"email": "Enter a valid email address."}) from None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends every session, whoever sets it, so that an intruder loses access."""
        is_new_password = self._password is not None and not self._state.adding
        super().save(*args, **kwargs)
        if is_new_password:
            self.sessions.end()

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password = self.password  # so that saving detects it as a change

    @property
    def role_number(self) -> int:
        """The role as shown in tokens and `/me`."""
        return role_id(self.role)

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def shop(self) -> Any:
        """The user's shop in any state, or None."""
        return getattr(self, "seller", None)

    def set_role(self, role: str) -> None:
        """Changes the role and the flags that go with it; the caller saves."""
        if ADMIN in (role, self.role):
            self.is_staff = role == ADMIN
        self.role, self.is_superuser = role, role == ADMIN
