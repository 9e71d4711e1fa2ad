"""API keys: who may hold them, what they open, and when they stop."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.urls import get_resolver
from django.utils import timezone

from accounts.authentication import socket_actor
from accounts.models import ApiKey, Seller, User
from accounts.services import change_user, prune_api_keys, start_session, suspend_seller
from accounts.services.api_keys import MAX_KEYS, note_use
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory, key_for
from config.shared import scopes
from config.shared.actor import Actor, digest
from config.shared.models import IdempotencyRecord
from config.shared.realtime.consumer import EventConsumer
from config.tests.sockets import connected

pytestmark = pytest.mark.django_db
KEYS = f"{ROOT}/me/api-keys"
NEW = {"name": "Warehouse", "scopes": ["inventory:write", "catalog:read"]}


@pytest.fixture
def shop():
    return SellerFactory()


@pytest.fixture
def seller(as_user, shop):
    return as_user(shop.user)


# --- Making, listing, revoking ----------------------------------------------------------------------------


def test_the_key_is_shown_once_and_kept_as_a_digest(seller, shop):
    answer = seller.post(KEYS, NEW)
    assert answer.status_code == 201
    body = answer.json()
    text, row = body.pop("key"), ApiKey.objects.get()
    assert text.startswith("sk_souk_")
    assert len(text) == 48
    assert (row.user, row.digest, row.prefix, row.role) == (shop.user, digest(text), text[:14], "seller")
    assert text not in str(ApiKey.objects.values())
    assert body == {
        "id": str(row.pk),
        "name": "Warehouse",
        "prefix": text[:14],
        "scopes": ["catalog:read", "inventory:write"],
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "last_used_at": None,
        "expires_at": None,
    }
    assert seller.get(KEYS).json()["results"] == [body]


def test_a_retry_makes_another_key_and_nothing_is_kept_for_replay(seller):
    first, second = (seller.post(KEYS, NEW, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json()["key"] != second.json()["key"]
    assert IdempotencyRecord.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "blank"),
        ({"name": 7}, "/name", "wrong_type"),
        ({"name": "x" * 101}, "/name", "max_length"),
        ({"scopes": []}, "/scopes", "empty"),
        ({"scopes": "catalog:read"}, "/scopes", "not_a_list"),
        ({"scopes": ["catalog:everything"]}, "/scopes/0", "invalid_choice"),
        ({"scopes": [7]}, "/scopes/0", "wrong_type"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "past"),
        ({"expires_at": "2099-01-01T00:00:00"}, "/expires_at", "invalid"),
        ({"expires_at": "2099-13-01T00:00:00Z"}, "/expires_at", "invalid"),
        ({"expires_at": 4}, "/expires_at", "invalid"),
        ({"role": "admin"}, "/role", "unknown_field"),
        ({"digest": "x"}, "/digest", "unknown_field"),
        ({"user": "1"}, "/user", "unknown_field"),
    ],
)
def test_bad_input(seller, change, pointer, code):
    assert errors_of(seller.post(KEYS, NEW | change)) == {(pointer, code)}
    assert ApiKey.objects.count() == 0


def test_customers_staff_and_closed_shops_make_none(api, as_user, shop):
    suspended = SellerFactory(status=Seller.Status.SUSPENDED).user
    assert challenge(api.get(KEYS), "not_authenticated")
    assert challenge(api.post(KEYS, NEW), "not_authenticated")
    for user in (UserFactory(), UserFactory(is_staff=True), suspended):
        assert code_of(as_user(user).post(KEYS, NEW)) == (403, "permission_denied")
    assert as_user(suspended).get(KEYS).status_code == 200
    assert code_of(as_user(UserFactory()).get(KEYS)) == (403, "permission_denied")
    assert ApiKey.objects.count() == 0
    assert as_user(AdminFactory()).post(KEYS, NEW).status_code == 201


def test_anothers_key_is_not_there(as_user, shop):
    key_for(shop.user, "catalog:read")
    key = ApiKey.objects.get()
    for user in (SellerFactory().user, AdminFactory()):
        client = as_user(user)
        assert client.get(KEYS).json()["results"] == []
        assert code_of(client.delete(f"{KEYS}/{key.pk}")) == (404, "not_found")
    key.refresh_from_db()
    assert key.revoked_at is None


def test_revocation_works_at_once(seller, shop):
    client = bearer(key_for(shop.user, "accounts:read"))
    assert client.get(f"{ROOT}/me").status_code == 200
    url = f"{KEYS}/{ApiKey.objects.get().pk}"
    assert seller.delete(url).status_code == 204
    assert challenge(client.get(f"{ROOT}/me"), "token_revoked")
    assert seller.get(KEYS).json()["results"] == []
    assert code_of(seller.delete(url)) == (404, "not_found")


def test_twenty_keys_are_enough(seller, shop):
    for _ in range(MAX_KEYS):
        key_for(shop.user, "catalog:read")
    assert code_of(seller.post(KEYS, NEW)) == (409, "too_many_keys")
    assert ApiKey.objects.count() == MAX_KEYS
    ApiKey.objects.filter(pk=ApiKey.objects.first().pk).revoke()
    assert seller.post(KEYS, NEW).status_code == 201


# --- What a key opens -------------------------------------------------------------------------------------


def test_a_key_acts_for_its_owner_within_its_scopes(shop):
    reads = bearer(key_for(shop.user, "accounts:read"))
    assert reads.get(f"{ROOT}/me").json()["email"] == shop.user.email
    assert reads.get(f"{ROOT}/sellers/me").json()["id"] == str(shop.pk)
    before = User.objects.values().get()
    for method, path, scope in (
        ("patch", "me", "accounts:write"),
        ("post", "me/addresses", "accounts:write"),
        ("get", "products/my", "catalog:read"),
        ("post", "products", "catalog:write"),
        ("get", "inventory", "inventory:read"),
        ("post", "inventory/adjust", "inventory:write"),
        ("get", "orders/seller", "orders:read"),
        ("post", "orders/place", "orders:write"),
        ("get", "payments/1", "payments:read"),
        ("get", "notifications", "social:read"),
        ("get", "events", "events:read"),
    ):
        answer = getattr(reads, method)(f"{ROOT}/{path}", {"name": "Eve"} if path == "me" else None)
        assert code_of(answer) == (403, "insufficient_scope"), path
        assert answer.json()["scope"] == scope
    assert User.objects.values().get() == before
    writes = bearer(key_for(shop.user, "accounts:write"))
    assert writes.patch(f"{ROOT}/me", {"name": "Ada"}).json()["name"] == "Ada"
    assert code_of(writes.get(f"{ROOT}/me")) == (403, "insufficient_scope")


def test_a_scope_gives_no_right_that_the_owner_lacks(shop):
    client = bearer(key_for(shop.user, *scopes.SCOPES))
    assert code_of(client.get(f"{ROOT}/admin/users")) == (403, "permission_denied")
    admin = bearer(key_for(AdminFactory(), "accounts:read"))
    assert admin.get(f"{ROOT}/admin/users").status_code == 200


def test_what_is_for_people_alone():
    admin, target = AdminFactory(), UserFactory()
    client, before = bearer(key_for(admin, *scopes.SCOPES)), list(User.objects.order_by("pk").values())
    for method, path in (
        ("post", "auth/logout"),
        ("post", "auth/logout-all"),
        ("post", "auth/verify-email/resend"),
        ("post", "auth/password/change"),
        ("post", "auth/websocket-ticket"),
        ("get", "me/api-keys"),
        ("post", "me/api-keys"),
        ("delete", f"me/api-keys/{ApiKey.objects.get().pk}"),
        ("get", "me/sessions"),
        ("delete", "me/sessions/x"),
        ("get", "me/export"),
        ("delete", "me"),
        ("patch", f"admin/users/{target.pk}"),
    ):
        answer = getattr(client, method)(f"{ROOT}/{path}", {} if method in ("post", "patch") else None)
        assert code_of(answer) == (403, "person_required"), path
    assert list(User.objects.order_by("pk").values()) == before
    assert ApiKey.objects.open().count() == 1


def test_a_person_needs_no_scope(as_user):
    assert as_user(UserFactory()).patch(f"{ROOT}/me", {"name": "Ada"}).status_code == 200


def every_view():
    def walk(patterns):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns)
            elif hasattr(getattr(pattern.callback, "cls", None), "closed_to_keys"):
                yield pattern.callback.cls

    return set(walk(get_resolver().url_patterns))


def test_every_view_is_in_an_area_or_closed():
    homeless = {view for view in every_view() if scopes.area_of(view()) is None}
    assert {view.__name__ for view in homeless if view.authentication_classes} == set()
    assert set(scopes.AREAS.values()) == {scope.partition(":")[0] for scope in scopes.SCOPES}


def test_a_view_in_no_area_is_closed():
    class Stray:
        closed_to_keys = ()

    stray = Stray()
    type(stray).__module__ = "webhooks.views"
    with pytest.raises(scopes.PersonRequired):
        scopes.check(Actor(scopes=frozenset(scopes.SCOPES)), stray, "GET")
    scopes.check(Actor(), stray, "GET")


# --- When a key is refused --------------------------------------------------------------------------------


def test_what_is_no_key(shop):
    text = key_for(shop.user, "accounts:read")
    for wrong in ("sk_souk_", "sk_souk_" + "a" * 40, text[:-1], text + "a", text.upper(), "sk_live_x"):
        assert challenge(bearer(wrong).get(f"{ROOT}/me"), "token_invalid")


def test_an_expired_key(shop):
    text = key_for(shop.user, "accounts:read", expires_at=timezone.now() + timedelta(hours=1))
    assert bearer(text).get(f"{ROOT}/me").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now())
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_expired")


def test_the_owner_deactivated_or_in_another_role(shop):
    boss = Actor(user=AdminFactory(), role="admin")
    text = key_for(shop.user, "accounts:read")
    User.objects.filter(pk=shop.user_id).update(is_active=False)
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_revoked")
    User.objects.filter(pk=shop.user_id).update(is_active=True, role="customer")
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_revoked")
    User.objects.filter(pk=shop.user_id).update(role="seller")
    assert bearer(text).get(f"{ROOT}/me").status_code == 200
    change_user(actor=boss, user_id=shop.user_id, role="admin")
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_revoked")
    change_user(actor=boss, user_id=shop.user_id, role="seller")  # it was revoked, and stays so
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_revoked")


def test_a_suspended_shops_key(shop):
    text = key_for(shop.user, "accounts:read")
    suspend_seller(seller_id=shop.pk)
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_revoked")
    Seller.objects.update(status="active")
    assert bearer(text).get(f"{ROOT}/me").status_code == 200


def test_an_erased_owners_keys_and_answers_are_gone(as_user, shop):
    text = key_for(shop.user, "accounts:read", "accounts:write")
    address = {
        "name": "A",
        "line1": "1 High St",
        "city": "London",
        "postal_code": "SW1Y 4JH",
        "country": "GB",
    }
    answer = bearer(text).post(f"{ROOT}/me/addresses", address, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert IdempotencyRecord.objects.get().caller == f"key:{ApiKey.objects.get().pk}"
    assert as_user(shop.user).delete(f"{ROOT}/me").status_code == 204
    assert challenge(bearer(text).get(f"{ROOT}/me"), "token_invalid")
    assert (ApiKey.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)


# --- Use, throttle, sockets -------------------------------------------------------------------------------


def test_use_is_noted_once_a_minute(shop, django_assert_num_queries):
    client = bearer(key_for(shop.user, "accounts:read"))
    with django_assert_num_queries(2):
        client.get(f"{ROOT}/me")
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        client.get(f"{ROOT}/me")
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    client.get(f"{ROOT}/me")
    assert ApiKey.objects.get().last_used_at > first
    known, noted = ApiKey(pk=ApiKey.objects.get().pk), ApiKey.objects.get().last_used_at
    note_use(key=known)  # by a request that read the key before another noted its use
    assert ApiKey.objects.get().last_used_at == noted


def test_a_key_is_a_caller_of_its_own(shop, settings):
    settings.THROTTLE_SCALE = 1
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"user": (2, 60)}
    first, second = (bearer(key_for(shop.user, "accounts:read")) for _ in range(2))
    assert [first.get(f"{ROOT}/me").status_code for _ in range(3)] == [200, 200, 429]
    assert second.get(f"{ROOT}/me").status_code == 200


def test_a_socket_needs_the_scope_and_ends_with_a_tokens_life(shop, settings):
    limit = timezone.now() + settings.JWT_EXPIRY
    text = key_for(shop.user, "events:read")
    actor = socket_actor(ticket="", authorization=f"Bearer {text}")
    assert actor.audiences == [f"user:{shop.user_id}", f"seller:{shop.pk}"]
    assert limit <= actor.expires_at <= limit + timedelta(seconds=30)
    with pytest.raises(scopes.InsufficientScope):
        socket_actor(ticket="", authorization=f"Bearer {key_for(shop.user, 'orders:read')}")
    assert socket_actor(ticket="", authorization="Bearer sk_souk_x") is None
    assert (
        socket_actor(ticket="", authorization=f"Bearer {start_session(user=shop.user).access}").scopes is None
    )


class Listener(EventConsumer):
    stream = "test"


@pytest.mark.anyio
@pytest.mark.django_db(transaction=True)
async def test_over_a_real_socket():
    shop = await database_sync_to_async(SellerFactory)()
    reads, other = [
        await database_sync_to_async(key_for)(shop.user, scope) for scope in ("events:read", "orders:read")
    ]
    async with connected(Listener.as_asgi(), "/ws/test", bearer=reads) as socket:
        assert [frame["type"] for frame in await socket.frames(1)] == ["ready"]
    async with connected(Listener.as_asgi(), "/ws/test", bearer=other) as socket:
        assert [frame["data"]["code"] for frame in await socket.frames(1)] == ["insufficient_scope"]
        assert await socket.close_code() == 4403


def test_old_keys_are_pruned(shop):
    for values in ({"revoked_at": 91}, {"expires_at": 91}, {"revoked_at": 89}, {"expires_at": -1}):
        key_for(shop.user, "catalog:read")
        days = {name: timezone.now() - timedelta(days=ago) for name, ago in values.items()}
        ApiKey.objects.filter(pk=ApiKey.objects.latest("pk").pk).update(**days)
    key_for(shop.user, "catalog:read")
    assert prune_api_keys() == 2
    assert ApiKey.objects.count() == 3
