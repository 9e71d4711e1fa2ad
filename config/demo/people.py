"""Users and their address books."""

from django.utils import timezone

from accounts.models import Address, User
from accounts.services import create_admin
from config.demo.data import ADMIN, PASSWORD, PEOPLE, PLACES
from config.demo.tables import Person
from config.shared.actor import Actor

TEST = "@souk.test"
FIELDS = ["line1", "city", "region", "postal_code", "country"]


def make_people() -> dict[str, User]:
    """All people by key; "admin" is the administrator."""
    admin, _ = create_admin(email=ADMIN, password=PASSWORD)
    people = {person.key: make_person(person) for person in PEOPLE}
    return people | {"admin": admin}


def make_person(person: Person) -> User:
    """Only the people named in the welcome message have a password; the others are only to be seen."""
    password = PASSWORD if person.email.endswith(TEST) else None
    verified = timezone.now()
    user = User.objects.create_user(person.email, password, name=person.name, email_verified_at=verified)
    Address.objects.create(user=user, **address_of(person.name, person.place))
    return user


def address_of(name: str, place: str) -> dict[str, str]:
    return {"name": name, **dict(zip(FIELDS, PLACES[place], strict=True)), "line2": "", "phone": ""}


def actor_of(user: User) -> Actor:
    """The actor that a token of the user stands for, with the present role and shop."""
    user = User.objects.select_related("seller").get(pk=user.pk)
    shop = user.shop
    return Actor(
        user=user,
        role=user.role,
        seller_id=shop.pk if shop else None,
        seller_is_active=shop is not None and shop.is_active,
    )
