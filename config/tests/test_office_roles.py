"""Who of the staff may open which page of the back office, and do what there: a table, and every page is in it.

s support, c catalogue, f finance. Role Admin may everything; staff without a role nothing.
"""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import AdminFactory, UserFactory
from config.back_office.roles import ROLES, make_roles

pytestmark = pytest.mark.django_db
# Page → who sees its list; then who may add a row, and who may change one.
PAGES = {
    "accounts.user": "s - -", "accounts.address": "s - -", "accounts.seller": "scf - c", "accounts.session": "- - -",
    "accounts.apikey": "- - -", "accounts.securityevent": "- - -", "auth.group": "- - -",
    "catalog.product": "sc c c", "catalog.variant": "sc - -", "catalog.productimage": "sc - -",
    "catalog.brand": "c c c", "catalog.category": "c c c", "catalog.attributetype": "c c c",
    "catalog.stocklevel": "sc - -", "catalog.stockmovement": "c - -", "catalog.stockhold": "c - -",
    "catalog.location": "c - -", "catalog.pricechange": "c - -", "catalog.variantprice": "c - -", "catalog.searchphrase": "c - -",
    "catalog.productimport": "c - -",
    "orders.order": "sf - -", "orders.orderpart": "sf - -", "orders.shipment": "s - -", "orders.return": "sf - -",
    "orders.cart": "s - -", "orders.coupon": "scf c c", "orders.shippingmethod": "c c c", "orders.taxrate": "f f f",
    "orders.taxexemption": "f f f",
    "payments.payment": "sf - -", "payments.refund": "sf - -", "payments.dispute": "f - -", "payments.payout": "f - -",
    "payments.payoutaccount": "f - -", "payments.ledgertransaction": "f - -", "payments.ledgerentry": "f - -",
    "payments.stripeevent": "f - -", "payments.stripecustomer": "- - -",
    "social.review": "sc - -", "social.reviewreport": "sc - -", "social.question": "s - -", "social.answer": "s - -",
    "social.notification": "s - -", "social.follow": "- - -", "social.block": "- - -", "social.post": "- - -",
    "social.broadcast": "- - -", "social.socialsettings": "- - -", "social.watch": "- - -",
    "shared.eventrecord": "- - -", "shared.logreader": "- - -", "shared.webhookendpoint": "- - -",
    "shared.webhookdelivery": "- - -", "procrastinate.procrastinatejob": "- - -",
}  # fmt: skip
# The acts on one row, or on none, that lead to a form.
ACTS = {
    "accounts.seller approve_one": "c", "accounts.seller reject_one": "c", "accounts.seller suspend_one": "c",
    "catalog.product publish": "c", "catalog.product unpublish": "c", "catalog.product archive": "c",
    "catalog.stocklevel adjust": "c", "catalog.stocklevel threshold": "c",
    "catalog.productimport upload": "c", "catalog.productimport download": "c",
    "orders.order refund": "f", "orders.order settle": "f", "orders.order cancel": "s", "orders.order write_note": "sf",
    "orders.order resend_mail": "s", "orders.orderpart cancel": "s", "orders.return approve": "s",
    "orders.return reject": "s",
    "payments.payment settle": "f", "payments.payout run": "f", "payments.payout paid": "f", "payments.payout retry": "f",
    "payments.payout cancel": "f",
    "social.review hide_one": "sc", "social.review publish_one": "sc",
    "shared.webhookendpoint test": "", "shared.webhookendpoint switch_off": "", "shared.webhookendpoint switch_on": "",
    "shared.webhookdelivery redeliver": "", "procrastinate.procrastinatejob retry": "",
    "procrastinate.procrastinatejob cancel": "",
}  # fmt: skip
# The acts on the rows that a list has selected.
OF_LISTS = {
    "accounts.seller approve": "c", "accounts.seller reject": "c", "accounts.seller suspend": "c",
    "orders.order export": "sf", "social.review hide": "sc", "social.review publish": "sc",
    "social.question hide": "s", "social.question show": "s", "social.answer hide": "s", "social.answer show": "s",
    **{f"catalog.{name} delete_selected": "c" for name in ("brand", "category", "attributetype")},
    "orders.coupon delete_selected": "c", "orders.shippingmethod delete_selected": "c",
    "orders.taxrate delete_selected": "f", "orders.taxexemption delete_selected": "f",
}  # fmt: skip
LETTERS = {"support": "s", "catalogue": "c", "finance": "f", None: "-none-"}
SITE = admin.site._registry


def name_of(model):
    return f"{model._meta.app_label}.{model._meta.model_name}"


def acts_of(page):
    return [*page._extract_action_names(page.actions_detail), *page._extract_action_names(page.actions_list)]


def enter(role):
    make_roles()
    user = UserFactory(is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client, user


def address(name, page="changelist", *args):
    return reverse(f"admin:{name.replace('.', '_')}_{page}", args=args)


def test_the_table_names_every_page_and_every_act():
    assert {name_of(model) for model in SITE} == set(PAGES)
    found = {f"{name_of(model)} {act}" for model, page in SITE.items() for act in acts_of(page)}
    assert found == set(ACTS)


@pytest.mark.parametrize("role", LETTERS)
def test_a_role_opens_its_pages_and_no_others(role, rf):
    client, user = enter(role)
    letter = LETTERS[role]
    for model, page in SITE.items():
        name = name_of(model)
        sees, adds, changes = PAGES[name].split()
        assert client.get(address(name)).status_code == (200 if letter in sees else 403), name
        request = rf.get("/")
        request.user = user
        assert page.has_add_permission(request) == (letter in adds), name
        assert page.has_change_permission(request) == (letter in changes), name
        offered = {f"{name} {act}" for act in page.get_actions(request)}
        assert offered == {
            act for act, who in OF_LISTS.items() if act.startswith(f"{name} ") and letter in who
        }, name


@pytest.mark.parametrize("role", LETTERS)
def test_a_role_acts_where_it_may_and_nowhere_else(role):
    """Of a row that is not there, who may is told so; who may not learns nothing."""
    client, _ = enter(role)
    for act, who in ACTS.items():
        name, _, act_name = act.partition(" ")
        of_row = act_name in SITE_BY_NAME[name]._extract_action_names(SITE_BY_NAME[name].actions_detail)
        expected = (404 if of_row else 200) if LETTERS[role] in who else 403
        url = address(name, act_name, *(["999999"] if of_row else []))
        assert client.post(url, {}).status_code == expected, act


SITE_BY_NAME = {name_of(model): page for model, page in SITE.items()}


def test_an_administrator_opens_every_page():
    client = Client()
    client.force_login(AdminFactory())
    for name in PAGES:
        assert client.get(address(name)).status_code == 200, name
    assert client.get("/admin/").status_code == 200


def test_the_menu_has_no_dead_ends():
    for role, letter in LETTERS.items():
        client, _ = enter(role)
        page = client.get("/admin/")
        links = [item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]]
        assert all(client.get(link).status_code == 200 for link in links), role
        assert (len(links) > 3) == (role is not None), letter


def test_roles_are_made_once_and_are_the_operators_to_change(capsys):
    call_command("create_roles", "--dry-run")
    assert not Group.objects.exists()
    call_command("create_roles")
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    support = Group.objects.get(name="support")
    support.permissions.clear()
    call_command("create_roles")
    assert not support.permissions.exists()
    call_command("create_roles", "--anew")
    assert support.permissions.filter(codename="change_order").exists()
    assert "support" in capsys.readouterr().out
