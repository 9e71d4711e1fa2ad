"""Every form of the back office is sent as it stands, and with nonsense in its fields, by each role: an answer, never a 500.

Each request is undone, so that every form is met as it was. `SWEEP=full` sends all nonsense instead of every 197th; in both the
first answer that is wrong tells its page, field and value.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.contrib.auth import get_user
from django.db import connection, models, transaction
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import AddressFactory, AdminFactory, SellerFactory, UserFactory
from catalog.models import AttributeType
from catalog.tests.factories import BrandFactory, CategoryFactory, VariantFactory
from config.shared.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from config.tests.forms import Form
from config.tests.test_office_roles import ACTS, LETTERS, OF_LISTS, PAGES, SITE_BY_NAME, address, enter
from orders.models import TaxExemption
from orders.services import request_return
from orders.tests.factories import CouponFactory, ShippingMethodFactory, TaxRateFactory
from payments import services as payments
from payments.models import Payout
from payments.tests.factories import order_for
from social.models import Answer, Question
from social.tests.factories import NotificationFactory, ReviewFactory, delivered

pytestmark = pytest.mark.django_db
NONSENSE = [
    "",
    " ",
    "x" * 3_000,
    "-1",
    "\x00",
    "a\x00b",
    "nonsense",
    "1e400",
    "9" * 30,
    "NaN",
    "{",
    "[[1]]",
    "null",
    "9999-99-99",
    "é",
]
STEP = 1 if os.environ.get("SWEEP") == "full" else 197
ROLES = {"admin": "", **{role: letter for role, letter in LETTERS.items() if role}}


@pytest.fixture
def rows() -> dict[str, models.Model]:
    """One of each page, as far as anything that happens makes one."""
    buyer, manager = UserFactory(), AdminFactory()
    AddressFactory(user=buyer)
    variant = VariantFactory(product__brand=BrandFactory(), product__category=CategoryFactory(), stock=9)
    AttributeType.objects.create(category=variant.product.category, name="Material", kind="text")
    for make in (CouponFactory, ShippingMethodFactory, TaxRateFactory):
        make()
    TaxExemption.objects.create(user=buyer, country="GB", reason="A charity")
    received = delivered(buyer, variant)
    item = received.items.get()
    request_return(order_id=received.pk, quantities={item.pk: 1}, reason="Too small", by=None)
    payment = payments.open_payment(
        order_id=order_for(buyer).pk,
        provider="manual",
        method="bank_transfer",
        begin=lambda key: None,
        return_url="",
    )
    payments.settle_payment(payment_id=payment.pk, by=None)
    payments.refund_order(order_id=payment.order_id, amount=5, reason="requested")
    Payout.objects.create(seller=variant.seller, method="manual", amount=5, currency="USD", batch="0" * 32)
    ReviewFactory(user=buyer, product=variant.product)
    question = Question.objects.create(user=buyer, product=variant.product, body="Is it?")
    Answer.objects.create(user=manager, question=question, body="It is.")
    NotificationFactory(user=buyer)
    endpoint = WebhookEndpoint.objects.create(owner="admin", url="https://example.com/hook")
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, type="order.placed", body="{}", status="failed", expires_at=timezone.now()
    )
    WebhookAttempt.objects.create(delivery=delivery, url=endpoint.url)
    SellerFactory(status="pending")
    enter("support")
    found = {name: page.model._default_manager.order_by("-pk").first() for name, page in SITE_BY_NAME.items()}
    return {name: row for name, row in found.items() if row is not None}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def forms_of(name: str, rows: dict[str, models.Model]) -> list[str]:
    """The addresses of a page's forms: to add, to change, and to ask before an act."""
    page, row = SITE_BY_NAME[name], rows.get(name)
    of_row = page._extract_action_names(page.actions_detail)
    acts = [act for where, _, act in (known.partition(" ") for known in ACTS) if where == name]
    found = [address(name, "add"), *(address(name, act) for act in acts if act not in of_row)]
    if row is not None:
        found += [address(name, act, row.pk) for act in ("change", *(act for act in acts if act in of_row))]
    return found


def sent(browser: Client, url: str, data: dict[str, object]) -> int | str:
    """The answer's status, or what broke."""
    try:
        with undone():
            return browser.post(url, data).status_code
    except Exception as wrong:
        return f"{type(wrong).__name__}: {wrong}"[:300]


def written() -> int:
    """How many rows this transaction has written: the same number before and after when nothing was changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return cursor.fetchone()[0]


def browser_of(role: str) -> Client:
    if role != "admin":
        return enter(role)[0]
    browser = Client()
    browser.force_login(AdminFactory())
    return browser


def opened(browser: Client, url: str) -> dict[str, list[str]]:
    """The form's fields, as a browser would send them; none when the page is not shown."""
    answer = browser.get(url)
    assert answer.status_code in {200, 403}, (url, answer.status_code)
    return Form(answer.content.decode()).fields if answer.status_code == 200 else {}


def values_of(row: models.Model | None) -> dict[str, object]:
    """What the row says, save when and how often it was saved."""
    if row is None:
        return {}
    now = type(row)._base_manager.filter(pk=row.pk).values().get()
    return {name: value for name, value in now.items() if name not in {"version", "updated_at"}}


def answer_to(browser: Client, url: str, data: dict[str, object], row: models.Model) -> tuple[int, int, bool]:
    """The status, how many rows were written, and whether this one says what it said."""
    before, said = written(), values_of(row)
    with undone():
        status = browser.post(url, data).status_code
        return status, written() - before, values_of(row) == said


def test_an_untouched_form_is_taken_from_whoever_may_and_changes_nothing(rows, rf):
    boss = browser_of("admin")
    forms = {
        name: {url: opened(boss, url) for url in forms_of(name, rows) if url.endswith(("/add/", "/change/"))}
        for name in PAGES
    }
    for role in ROLES:
        browser, request = browser_of(role), rf.get("/")
        request.user = get_user(browser)
        for name, of_page in forms.items():
            page, row = SITE_BY_NAME[name], rows.get(name)
            for url in of_page:
                adds = url.endswith("/add/")
                may = page.has_add_permission(request) if adds else page.has_change_permission(request)
                status, changes, is_same = answer_to(browser, url, of_page[url], row)
                assert is_same, (role, url)
                if not may:
                    assert (status, changes) == (403, 0), (role, url)
                elif not adds:
                    assert status == 302, (role, url)
                else:
                    assert (status, changes) == (200, 0), (role, url)  # what is required is empty


def test_an_act_is_for_its_roles_alone(rows):
    """With the form's own key and nothing else: what it asks for is missing, or it is done; the others get nothing."""
    for role, letter in ROLES.items():
        browser = browser_of(role)
        for act, who in ACTS.items():
            name, _, what = act.partition(" ")
            for url in (one for one in forms_of(name, rows) if f"/{what}" in one):
                status, changes, _ = answer_to(browser, url, {"once": str(uuid4())}, None)
                if letter and letter not in who:
                    assert (status, changes) == (403, 0), (role, url)
                else:
                    assert status in {200, 302}, (role, url)


def test_nonsense_in_a_field_is_told_on_the_form(rows):
    browser = browser_of("admin")
    addresses = [url for name in PAGES for url in forms_of(name, rows)]
    forms = {url: opened(browser, url) for url in addresses if sent(browser, url, {}) != 403}
    cases = [
        (url, name, bad)
        for url, fields in forms.items()
        if fields
        for name in [*fields, "*"]
        for bad in NONSENSE
    ]
    broken = []
    for url, name, bad in cases[::STEP]:
        fields = forms[url]
        status = sent(browser, url, dict.fromkeys(fields, bad) if name == "*" else fields | {name: bad})
        if status not in {200, 302, 403}:
            broken.append((url, name, bad[:20], status))
    assert broken == []


def test_what_is_no_key_is_told_on_the_form(rows):
    browser = browser_of("admin")
    for name, field in {"catalog.attributetype": "category", "orders.taxexemption": "user"}.items():
        url = address(name, "change", rows[name].pk)
        answer = browser.post(url, opened(browser, url) | {field: "x"})
        assert answer.context["adminform"].form.has_error(field)


@pytest.mark.parametrize("picked", [None, "x\x00"])
def test_acts_on_what_a_list_has_selected(rows, picked):
    """`picked` is a row of it, or nonsense."""
    for role, letter in ROLES.items():
        browser = browser_of(role)
        for act, who in OF_LISTS.items():
            name, _, what = act.partition(" ")
            chosen = [rows[name].pk if picked is None else picked]
            status, changes, _ = answer_to(
                browser, address(name), {"action": what, "_selected_action": chosen}, None
            )
            sees = not letter or letter in PAGES[name].split()[0]
            assert status in ({200, 302} if sees else {403}), (role, act)
            assert not changes or (picked is None and (not letter or letter in who)), (role, act)
