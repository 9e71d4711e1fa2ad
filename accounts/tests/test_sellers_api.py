"""Shops: applying, the public page, and one's own."""

import pytest

from accounts.models import Seller
from accounts.services import change_followers, change_product_count, change_seller_rating
from accounts.tests.answers import ROOT, challenge, code_of, errors_of
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from config.shared.models import IdempotencyRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(as_user):
    return as_user(AdminFactory())


def in_z(time):
    return time.isoformat().replace("+00:00", "Z")


# --- Apply ------------------------------------------------------------------------------------------------


def test_apply(as_user):
    user = UserFactory()
    client = as_user(user)
    answer = client.post(f"{ROOT}/sellers/apply", {"name": "Ada's Books", "description": "Old\nand new"})
    assert answer.status_code == 201
    shop = Seller.objects.get()
    assert answer.json() == {
        "id": str(shop.pk),
        "slug": "adas-books",
        "name": "Ada's Books",
        "description": "Old\nand new",
        "logo": None,
        "rating": {"average": None, "count": 0},
        "followers": 0,
        "product_count": 0,
        "created_at": in_z(shop.created_at),
        "status": "pending",
        "commission_rate": "0.1",
    }
    assert shop.user == user
    me = client.get(f"{ROOT}/me").json()
    assert (me["role_name"], me["seller"]) == ("customer", str(shop.pk))  # a seller only once approved
    assert client.get(f"{ROOT}/sellers/me").json()["status"] == "pending"
    assert client.get(f"{ROOT}/sellers/adas-books").status_code == 404


@pytest.mark.parametrize("status", ["pending", "active", "suspended"])
def test_apply_once(as_user, status):
    shop = SellerFactory(status=status)
    before = Seller.objects.values().get()
    assert code_of(as_user(shop.user).post(f"{ROOT}/sellers/apply", {"name": "X"})) == (
        409,
        "already_applied",
    )
    assert Seller.objects.values().get() == before


def test_apply_again_after_a_rejection(as_user):
    shop = SellerFactory(status="rejected", user__role="customer", slug="first")
    answer = as_user(shop.user).post(f"{ROOT}/sellers/apply", {"name": "Second"})
    assert answer.status_code == 201
    assert (answer.json()["id"], answer.json()["status"]) == (str(shop.pk), "pending")
    shop.refresh_from_db()
    assert (shop.name, shop.slug, shop.version) == ("Second", "first", 2)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("/name", "required")),
        ({"name": ""}, ("/name", "blank")),
        ({"name": 7}, ("/name", "wrong_type")),
        ({"name": "x" * 151}, ("/name", "max_length")),
        ({"name": "a\nb"}, ("/name", "control_character")),
        ({"name": "A", "description": "x" * 5001}, ("/description", "max_length")),
        ({"name": "A", "version": 9}, ("/version", "unknown_field")),
        ({"name": "A", "user": "1"}, ("/user", "unknown_field")),
    ],
)
def test_a_bad_application_is_refused(as_user, body, error):
    assert errors_of(as_user(UserFactory()).post(f"{ROOT}/sellers/apply", body)) == {error}
    assert Seller.objects.count() == 0


def test_an_applicant_decides_nothing(as_user):
    body = {
        "name": "A",
        "status": "active",
        "commission_rate": "0",
        "slug": "me",
        "product_count": 9,
        "id": "1",
    }
    answer = as_user(UserFactory()).post(f"{ROOT}/sellers/apply", body)
    shop = Seller.objects.get()
    assert answer.status_code == 201
    assert (shop.status, str(shop.commission_rate), shop.slug, shop.product_count) == (
        "pending",
        "0.100000",
        "a",
        0,
    )


def test_who_may_apply(api, admin):
    assert challenge(api.post(f"{ROOT}/sellers/apply", {"name": "A"}), "not_authenticated")
    assert code_of(admin.post(f"{ROOT}/sellers/apply", {"name": "A"})) == (403, "permission_denied")
    assert Seller.objects.count() == 0


def test_a_repeated_key_applies_once(as_user):
    client = as_user(UserFactory())
    headers = {"Idempotency-Key": "k"}
    answers = [client.post(f"{ROOT}/sellers/apply", {"name": "A"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (Seller.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)


# --- The public page --------------------------------------------------------------------------------------


def test_a_shop_in_public(api, django_assert_num_queries):
    shop = SellerFactory(name="Ada's", slug="adas", description="Books", rating_sum=14, rating_count=3)
    change_followers(seller_id=shop.pk, by=2)
    change_product_count(seller_id=shop.pk, by=5)
    public = {
        "id": str(shop.pk),
        "slug": "adas",
        "name": "Ada's",
        "description": "Books",
        "logo": None,
        "rating": {"average": 4.67, "count": 3},
        "followers": 2,
        "product_count": 5,
        "created_at": in_z(shop.created_at),
    }
    with django_assert_num_queries(1):
        assert api.get(f"{ROOT}/sellers/adas").json() == public
    assert api.get(f"{ROOT}/sellers/{shop.pk}").json() == public
    with django_assert_num_queries(1):
        assert api.get(f"{ROOT}/sellers").json() == {"results": [public], "next": None, "previous": None}


def test_counts_go_both_ways():
    shop = SellerFactory()
    for by in (3, -1):
        change_followers(seller_id=shop.pk, by=by)
        change_product_count(seller_id=shop.pk, by=by)
    change_seller_rating(seller_id=shop.pk, points=5, reviews=1)
    change_seller_rating(seller_id=shop.pk, points=2, reviews=1)
    change_seller_rating(seller_id=shop.pk, points=-5, reviews=-1)
    shop.refresh_from_db()
    assert (shop.followers_count, shop.product_count, shop.rating_sum, shop.rating_count) == (2, 2, 2, 1)
    assert shop.version == 1


@pytest.mark.parametrize("status", ["pending", "rejected", "suspended"])
def test_a_closed_shop_is_not_there(api, as_user, admin, status):
    shop = SellerFactory(status=status)
    for client in (api, as_user(shop.user), admin):
        assert code_of(client.get(f"{ROOT}/sellers/{shop.pk}")) == (404, "not_found")
        assert code_of(client.get(f"{ROOT}/sellers/{shop.slug}")) == (404, "not_found")
        assert client.get(f"{ROOT}/sellers").json()["results"] == []


def test_shops_are_sorted(api):
    for followers in (5, 9, 1):
        SellerFactory(followers_count=followers)
    rows = api.get(f"{ROOT}/sellers?sort=-followers&limit=2").json()
    assert [row["followers"] for row in rows["results"]] == [9, 5]
    assert [row["followers"] for row in api.get(rows["next"]).json()["results"]] == [1]
    for query in ("status=pending", "sort=name", "q=x"):
        assert api.get(f"{ROOT}/sellers?{query}").status_code == 400


def test_shops_are_read_only(admin):
    shop = SellerFactory()
    for method in ("post", "put", "patch", "delete"):
        assert getattr(admin, method)(f"{ROOT}/sellers/{shop.pk}", {"name": "X"}).status_code == 405
    assert admin.post(f"{ROOT}/sellers", {"name": "X"}).status_code == 405


# --- One's own --------------------------------------------------------------------------------------------


def test_ones_own_shop(as_user):
    shop = SellerFactory(slug="own")
    client = as_user(shop.user)
    answer = client.get(f"{ROOT}/sellers/me")
    assert answer.headers["ETag"] == f'"{shop.pk}-1"'
    assert (answer.json()["status"], answer.json()["commission_rate"]) == ("active", "0.1")
    answer = client.patch(f"{ROOT}/sellers/me", {"name": "New", "description": "Words"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["description"], answer.json()["slug"]) == (
        "New",
        "Words",
        "own",
    )
    assert answer.headers["ETag"] == f'"{shop.pk}-2"'


def test_if_match_compares_what_the_owner_edits(as_user):
    shop = SellerFactory(name="Old")
    client, url = as_user(shop.user), f"{ROOT}/sellers/me"
    tag = client.get(url).headers["ETag"]
    change_seller_rating(seller_id=shop.pk, points=5, reviews=1)
    change_product_count(seller_id=shop.pk, by=1)
    assert client.patch(url, {"name": "One"}, headers={"If-Match": tag}).status_code == 200
    answer = client.patch(url, {"name": "Two"}, headers={"If-Match": tag})
    assert code_of(answer) == (412, "stale")
    assert client.patch(url, {"name": "Two"}, headers={"If-Match": "*"}).status_code == 200
    shop.refresh_from_db()
    assert (shop.name, shop.version, shop.rating_sum, shop.product_count) == ("Two", 3, 5, 1)


def test_an_owner_sets_neither_state_nor_commission(as_user):
    shop = SellerFactory()
    client = as_user(shop.user)
    before = Seller.objects.values().get()
    body = {
        "status": "pending",
        "commission_rate": "0",
        "slug": "x",
        "product_count": 7,
        "rating": {},
        "followers": 9,
    }
    assert client.patch(f"{ROOT}/sellers/me", body).status_code == 200
    for name in ("user", "version", "rating_sum", "followers_count"):
        assert errors_of(client.patch(f"{ROOT}/sellers/me", {name: 1})) == {(f"/{name}", "unknown_field")}
    assert Seller.objects.values().get() == before | {"version": 2}


def test_bad_changes_are_refused(as_user):
    shop = SellerFactory()
    for body in ({"name": ""}, {"name": None}, {"description": 7}, [], "x"):
        errors_of(as_user(shop.user).patch(f"{ROOT}/sellers/me", body))
    shop.refresh_from_db()
    assert shop.version == 1


def test_who_has_a_shop(api, as_user, admin):
    for method in ("get", "patch"):
        assert challenge(getattr(api, method)(f"{ROOT}/sellers/me"), "not_authenticated")
        for client in (as_user(UserFactory()), admin):
            assert code_of(getattr(client, method)(f"{ROOT}/sellers/me")) == (403, "permission_denied")


def test_a_suspended_shop_is_read_not_edited(as_user):
    shop = SellerFactory(status="suspended", name="Old")
    client = as_user(shop.user)
    assert client.get(f"{ROOT}/sellers/me").json()["status"] == "suspended"
    assert code_of(client.patch(f"{ROOT}/sellers/me", {"name": "New"})) == (403, "shop_suspended")
    shop.refresh_from_db()
    assert shop.name == "Old"
