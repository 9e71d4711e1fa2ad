from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Address, Seller, User
from accounts.services import create_api_key, start_session
from accounts.services.step_up import put_in_force
from config.shared.actor import ADMIN, SELLER

PASSWORD = "correct-horse-9"


@cache
def password_hash() -> str:
    """Hashed once: Argon2 is slow on purpose."""
    return make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory):
    """A customer whose password is `PASSWORD`."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Sequence(lambda n: f"User {n}")
    password = factory.LazyFunction(password_hash)


class AdminFactory(UserFactory):
    role = ADMIN
    is_staff = True
    is_superuser = True


class SellerFactory(factory.django.DjangoModelFactory):
    """An open shop, whose user has role seller."""

    class Meta:
        model = Seller

    user = factory.SubFactory(UserFactory, role=SELLER)
    name = factory.Sequence(lambda n: f"Shop {n}")
    slug = factory.Sequence(lambda n: f"shop-{n}")
    status = Seller.Status.ACTIVE


class AddressFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Address

    user = factory.SubFactory(UserFactory)
    name = "Ada Lovelace"
    line1 = "12 St James's Square"
    city = "London"
    postal_code = "SW1Y 4JH"
    country = "GB"


def token_for(user: User) -> str:
    """An access token of a session of the user's own."""
    return start_session(user=user).access


def key_for(user: User, *scopes: str, **values: Any) -> str:
    """The text of a new API key of the user's."""
    return create_api_key(user=user, name="Warehouse", scopes=scopes, **values)[1]


def enrolled(user: User) -> list[str]:
    """The recovery codes of a user who has enrolled in TOTP; no code of the app is spent."""
    return put_in_force(TOTPDevice.objects.create(user=user, confirmed=False), "")
