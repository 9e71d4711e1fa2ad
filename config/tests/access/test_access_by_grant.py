"""The same table for those whose rights are given one by one: API keys by scope, staff by Django permission."""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey
from accounts.tests.factories import UserFactory, key_for, token_for
from config.shared.scopes import SCOPES, needed
from config.tests.access.acting import act, is_problem, undone
from config.tests.access.routes import all_acts
from config.tests.access.row import Row
from config.tests.access.rows import ROWS, one_row_an_act
from config.tests.access.snapshot import Snapshot, changed, snapshot, written
from config.tests.access.world import World

EACH_ACT = one_row_an_act(ROWS)
OWNERS = ("seller", "admin")
# What staff never may, whatever their permissions: for role Admin alone, on the admin site as well.
ADMINS_ALONE = {
    ("GET", "admin/security-events"),
    ("GET", "admin/security-events/{}"),
    ("PATCH", "admin/sellers/{}"),  # a shop's commission
}
GIVES_ROLE = ("PATCH", "admin/users/{}")
# What is deleted must be seen, and so must what a row lies in.
SEEN_BEFORE = {"webhookdelivery": {"view_webhookendpoint"}, "payment": {"view_order"}}
VERBS = {"GET": "view", "DELETE": "delete", "PATCH": "change"}
KEYS = {"accounts_apikey"}  # whose scopes are the test's


def asks_who(row: Row) -> bool:
    """A route that authenticates nobody takes no notice of a key."""
    return bool(all_acts()[row.act].authentication_classes)


def scope_of(row: Row) -> str | None:
    view = all_acts()[row.act]
    return needed(view(), row.method)


def as_caller(world: World, name: str, header: str) -> None:
    world.clients[name] = APIClient(raise_request_exception=False, headers={"Authorization": header})


def told(found: Iterable[Iterable[str]]) -> str:
    return "\n".join(line for lines in found for line in lines)


# --- API keys -------------------------------------------------------------------------------------------------


@pytest.fixture
def keys(world: World) -> World:
    for owner in OWNERS:
        as_caller(world, f"{owner}'s key", f"Bearer {key_for(world.users[owner], *SCOPES)}")
    return world


def holding(owner: str, world: World, scopes: Iterable[str | None]) -> str:
    given = {
        "scopes": sorted(filter(None, scopes)),
        "last_used_at": timezone.now(),
    }  # so that no use of it is noted
    ApiKey.objects.filter(user=world.users[owner]).update(**given)
    return f"{owner}'s key"


def without_scope(row: Row, world: World, before: Snapshot) -> Iterator[str]:
    scope = scope_of(row)
    code = "insufficient_scope" if scope else "person_required"
    with undone():
        caller = holding("admin", world, set(SCOPES) - {scope})
        mark = written()
        response = act(row, world, caller)
        if response.status_code != 403 or not is_problem(response) or response.json()["code"] != code:
            yield f"{row} without {scope}: {response.status_code} {response.content[:150]!r}"
        touched = set(changed(before)) - KEYS if written() != mark else set()
        yield from (f"{row} without {scope}: {table} changed" for table in touched)


def with_scope(row: Row, world: World) -> Iterator[str]:
    """By a seller's key, where a seller may; else by an administrator's."""
    owner = next((name for name in OWNERS if row.expected[name] < 400), "admin")
    with undone():
        response = act(row, world, holding(owner, world, [scope_of(row)]))
        if response.status_code != row.expected[owner]:
            yield f"{row} by {owner}'s key: {response.status_code} {response.content[:150]!r}"


def test_a_key_needs_its_scope_and_no_other(keys: World) -> None:
    before = snapshot()
    rows = [row for row in EACH_ACT if asks_who(row)]
    open_rows = [row for row in rows if scope_of(row)]

    assert (len(rows) > 100, len(open_rows) > 80) == (True, True)
    assert told(without_scope(row, keys, before) for row in rows) == ""
    assert told(with_scope(row, keys) for row in open_rows) == ""


# --- Staff ------------------------------------------------------------------------------------------------------


@pytest.fixture
def clerk(world: World) -> World:
    world.users["clerk"] = UserFactory(is_staff=True)
    as_caller(world, "clerk", f"Bearer {token_for(world.users['clerk'])}")
    return world


# Acts of staff that are not below /admin.
ELSEWHERE = {("POST", "payments/{}/settle")}
STAFF_ROWS = [
    row
    for row in ROWS
    if (row.path.startswith("admin/") or row.act in ELSEWHERE) and row.expected["admin"] < 400
]


def permission_of(row: Row) -> Permission:
    """As the admin site asks for it: to make a row, to delete one, to see one, and for every other act to change it."""
    meta = all_acts()[row.act].queryset.model._meta
    makes = row.method == "POST" and ("{" not in row.path or row.path.endswith("/attributes"))
    verb = "add" if makes else VERBS.get(row.method, "change")
    return Permission.objects.get(
        content_type__app_label=meta.app_label, codename=f"{verb}_{meta.model_name}"
    )


def enough(permission: Permission) -> set[str]:
    """Who may change a row may see it."""
    verb, _, model = permission.codename.partition("_")
    return {permission.codename, f"change_{model}"} if verb == "view" else {permission.codename}


def every_other(row: Row, world: World, before: Snapshot) -> Iterator[str]:
    mine = permission_of(row)
    label = mine.content_type.app_label
    with undone():
        others = Permission.objects.exclude(content_type__app_label=label, codename__in=enough(mine))
        world.users["clerk"].user_permissions.set(others)
        mark = written()
        response = act(row, world, "clerk")
        touched = set(changed(before)) - {"accounts_user_user_permissions"} if written() != mark else set()
        if response.status_code != 403 or not is_problem(response) or touched:
            yield f"{row} without {mine.codename}: {response.status_code} {touched} {response.content[:150]!r}"


def that_one(row: Row, world: World) -> Iterator[str]:
    mine = permission_of(row)
    given = {mine.codename, *SEEN_BEFORE.get(mine.content_type.model, ())}
    given |= {mine.codename.replace("delete_", "view_")}
    is_closed = row.act in ADMINS_ALONE or (row.act == GIVES_ROLE and "role" in row.body)
    with undone():
        world.users["clerk"].user_permissions.set(Permission.objects.filter(codename__in=given))
        response = act(row, world, "clerk")
        if response.status_code != (403 if is_closed else row.expected["admin"]):
            yield f"{row} with {mine.codename}: {response.status_code} {response.content[:150]!r}"


def test_staff_need_the_permission_that_the_admin_site_asks_for_and_no_other(clerk: World) -> None:
    before = snapshot()

    assert len(STAFF_ROWS) > 30
    assert told(every_other(row, clerk, before) for row in STAFF_ROWS) == ""
    assert told(that_one(row, clerk) for row in STAFF_ROWS) == ""
