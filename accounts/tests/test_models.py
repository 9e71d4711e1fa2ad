from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Address, Seller, Session, User
from accounts.slugs import RESERVED, unique_slug
from accounts.tests.factories import (
    PASSWORD,
    AddressFactory,
    AdminFactory,
    SellerFactory,
    UserFactory,
    token_for,
)
from config.shared import staff
from config.shared.actor import ADMIN, CUSTOMER, GUEST, SELLER, Actor

pytestmark = pytest.mark.django_db


def actor_of(user):
    return Actor(user=user, role=user.role)


def refused(constraint, act):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        act()


def test_passwords_are_hashed_by_argon2():
    user = User.objects.create_user("a@example.com", PASSWORD)
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password(PASSWORD)


def test_an_address_is_stored_in_lower_case():
    assert User.objects.create_user("Ada@Example.COM", PASSWORD).email == "ada@example.com"
    assert User.objects.get_by_natural_key("ADA@example.com").email == "ada@example.com"
    refused("user_email_lower", lambda: UserFactory(email="Ada@example.org"))
    refused("user_email", lambda: UserFactory(email="ada@example.com"))


def test_a_role_is_one_of_three_and_admin_means_superuser():
    refused("user_role", lambda: UserFactory(role="owner"))
    refused("user_admin_is_superuser", lambda: UserFactory(role=ADMIN))
    refused("user_admin_is_superuser", lambda: UserFactory(is_superuser=True))
    admin = User.objects.create_superuser("root@example.com", PASSWORD)
    assert (admin.role, admin.is_staff, admin.is_superuser) == (ADMIN, True, True)


def test_set_role_keeps_the_flags_in_step():
    user = UserFactory(is_staff=True)
    user.set_role(SELLER)
    assert (user.role, user.is_staff, user.is_superuser) == (SELLER, True, False)
    user.set_role(ADMIN)
    assert (user.role, user.is_staff, user.is_superuser) == (ADMIN, True, True)
    user.set_role(CUSTOMER)
    assert (user.role, user.is_staff, user.is_superuser) == (CUSTOMER, False, False)


def test_role_numbers_come_from_settings(settings):
    settings.ROLE_IDS = {"admin": 7, "customer": 8, "seller": 9}
    assert [UserFactory.build(role=role).role_number for role in (ADMIN, CUSTOMER, SELLER)] == [7, 8, 9]


def test_saving_a_new_password_ends_the_sessions():
    user = UserFactory()
    token_for(user)
    user.name = "Other"
    user.save()
    assert Session.objects.open().count() == 1
    user.set_password("another-horse-9")
    user.save()
    assert Session.objects.open().count() == 0


def test_disabling_the_password_ends_the_sessions():
    user = UserFactory()
    token_for(user)
    user.set_unusable_password()
    user.save()
    assert Session.objects.open().count() == 0


def test_who_sees_which_users():
    admin, user, other = AdminFactory(), UserFactory(), UserFactory()
    assert set(User.objects.visible_to(actor_of(admin))) == {admin, user, other}
    assert list(User.objects.visible_to(actor_of(user))) == [user]
    assert list(User.objects.visible_to(GUEST)) == []


def test_who_sees_which_shops():
    shown, pending = SellerFactory(), SellerFactory(status="pending")
    assert list(Seller.objects.public()) == [shown]
    assert list(Seller.objects.visible_to(GUEST)) == [shown]
    assert list(Seller.objects.visible_to(actor_of(UserFactory()))) == [shown]
    assert set(Seller.objects.visible_to(actor_of(pending.user))) == {shown, pending}
    assert set(Seller.objects.visible_to(actor_of(AdminFactory()))) == {shown, pending}


def test_who_sees_which_addresses():
    mine, _ = AddressFactory(), AddressFactory()
    assert list(Address.objects.visible_to(actor_of(mine.user))) == [mine]
    assert list(Address.objects.visible_to(actor_of(AdminFactory()))) == []
    assert list(Address.objects.visible_to(GUEST)) == []


def test_staff_get_their_rights_from_django():
    clerk = UserFactory(is_staff=True)
    assert not staff.may(actor_of(clerk), "accounts.view_user")
    assert not staff.may(GUEST, "accounts.view_user")
    assert staff.may(actor_of(AdminFactory()), "accounts.view_user")


@pytest.mark.parametrize("slug", ["123", "", *sorted(RESERVED)])
def test_a_slug_is_neither_an_id_nor_a_word_of_a_path(slug):
    refused("seller_slug_is_no_id", lambda: SellerFactory(slug=slug))


def test_constraints_of_a_shop():
    refused("seller_status", lambda: SellerFactory(status="open"))
    refused("seller_commission_rate", lambda: SellerFactory(commission_rate=Decimal("1.000001")))
    refused("seller_commission_rate", lambda: SellerFactory(commission_rate=Decimal("-0.1")))
    refused("product_count", lambda: SellerFactory(product_count=-1))
    refused("address_country", lambda: AddressFactory(country="XX"))


def test_the_rating_is_points_by_reviews():
    assert SellerFactory.build(rating_sum=14, rating_count=3).rating_average == 4.67
    assert SellerFactory.build().rating_average is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ada's Books", "adas-books"),
        ("42", "seller-42"),
        ("Me", "seller-me"),
        ("  Apply! ", "seller-apply"),
        ("Café Zürich", "cafe-zurich"),
        ("--", None),
        ("東京", None),
        ("x" * 200, "x" * 70),
    ],
)
def test_a_slug_of_a_name(name, slug):
    made = unique_slug(Seller, name)
    assert made == slug if slug else made.startswith("seller-") and len(made) == 15


def test_slugs_of_one_name_are_numbered_then_random():
    slugs = [SellerFactory(slug=unique_slug(Seller, "Books")).slug for _ in range(11)]
    assert slugs[:9] == ["books", *(f"books-{number}" for number in range(2, 10))]
    assert all(len(slug) == len("books-") + 8 for slug in slugs[9:])
    assert len(set(slugs)) == 11
