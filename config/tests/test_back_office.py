"""The back office: what its acts do, and that its pages cost the same whatever the size of the shop."""

import csv
import io
import re
import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import StepUpRequired
from accounts.models import Seller
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.models import Product, StockLevel
from catalog.tests.factories import ProductFactory, VariantFactory
from config.back_office.roles import make_roles
from config.shared.admin import base
from config.shared.models import EventRecord, WebhookDelivery, WebhookEndpoint
from orders.models import Coupon, Order, OrderNote
from payments import services
from payments.models import LedgerEntry, Refund
from payments.tests.factories import order_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    browser = Client()
    browser.force_login(AdminFactory(email="chief@example.com"))
    return browser


@pytest.fixture
def order():
    return order_for(UserFactory(email="ada@example.com"))


def manual(order):
    return services.open_payment(
        order_id=order.pk, provider="manual", method="bank_transfer", begin=lambda key: None, return_url=""
    )


def paid(order):
    payment = manual(order)
    services.settle_payment(payment_id=payment.pk, by=None)
    order.refresh_from_db()
    return order


def act(browser, row, name, **given):
    meta = row._meta
    path = f"/admin/{meta.app_label}/{meta.model_name}/{row.pk}/{name}/"
    return browser.post(path, {"once": uuid.uuid4(), **given})


def told(answer):
    return " ".join(answer.context["form"].non_field_errors())


# --- Acts on an order ---------------------------------------------------------------------------------------


def test_an_orders_page_says_all_of_it_in_bounded_statements(site, order):
    paid(order)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page = site.get(f"/admin/orders/order/{order.pk}/change/")
    text = page.content.decode()
    for said in (
        order.number,
        "19.99 USD",
        "capture:",
        "sale:",
        "order: placed",
        "Bank Transfer",
        "Lovelace",
    ):
        assert said in text, said
    buttons = [one["title"] for one in page.context["actions_detail"]]
    assert buttons == ["Refund", "Cancel order", "Write a note", "Send a mail again"]
    assert len(few) <= 45


def test_a_form_that_is_sent_twice_refunds_once(site, order):
    paid(order)
    form = {"amount": "5.00", "reason": "late", "once": uuid.uuid4()}
    assert act(site, order, "refund", **form).status_code == 302
    assert act(site, order, "refund", **form).status_code == 302
    refund = Refund.objects.get()
    assert (refund.amount, refund.note, refund.reason) == (500, "late", "requested")
    refused = act(site, order, "refund", amount="15.00", reason="more")
    assert (refused.status_code, Refund.objects.count()) == (200, 1)
    assert "left to refund" in told(refused) or "More than" in told(refused)
    for amount in ("5.001", "-1", "0", "1e1", "٣", "NaN", "9" * 20):
        assert act(site, order, "refund", amount=amount, reason="x").context["form"].errors["amount"]
    assert act(site, order, "refund", reason="all the rest").status_code == 302
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [500, 1499]


def test_looking_at_an_act_does_nothing(site, order):
    paid(order)
    books = LedgerEntry.objects.count()
    for name in ("refund", "cancel", "settle", "resend_mail", "write_note"):
        assert site.get(f"/admin/orders/order/{order.pk}/{name}/").status_code == 200
        assert act(Client(), order, name).status_code == 302  # to the log-in
    order.refresh_from_db()
    assert (order.status, LedgerEntry.objects.count(), Refund.objects.count()) == ("paid", books, 0)
    assert Client(enforce_csrf_checks=True).post(f"/admin/orders/order/{order.pk}/cancel/").status_code == 403


def test_cancelling_gives_back_and_is_told_in_the_timeline(site, order):
    paid(order)
    assert act(site, order, "cancel", reason="lost in the mail").status_code == 302
    order.refresh_from_db()
    line = order.events.get(part=None, status="cancelled")
    assert (order.status, line.by, line.data) == ("cancelled", "admin", {"reason": "lost in the mail"})
    assert Refund.objects.get().amount == order.total_amount
    assert "Not possible in status cancelled" in told(act(site, order, "cancel"))


def test_settling_counts_the_order_as_paid(site, order):
    payment = manual(order)
    assert act(site, order, "settle").status_code == 302
    order.refresh_from_db(), payment.refresh_from_db()
    assert (order.status, payment.status, payment.settled_by.email) == (
        "paid",
        "succeeded",
        "chief@example.com",
    )
    assert "Not possible" in told(act(site, payment, "settle"))


def test_a_mail_goes_out_again(site, order, run_jobs):
    run_jobs()
    mail.outbox.clear()
    assert act(site, order, "resend_mail", kind="order.placed").status_code == 302
    run_jobs()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]
    assert act(site, order, "resend_mail", kind="order.refunded").status_code == 200


def test_a_note_is_for_staff_unless_told_otherwise(site, order):
    act(site, order, "write_note", text="call her")
    act(site, order, "write_note", text="hello", is_visible="on")
    assert list(OrderNote.objects.order_by("pk").values_list("text", "is_internal", "by")) == [
        ("call her", True, "admin"), ("hello", False, "admin"),
    ]  # fmt: skip


def test_finance_refunds_and_does_not_cancel(order):
    paid(order)
    make_roles()
    clerk, browser = UserFactory(is_staff=True), Client()
    clerk.groups.add(Group.objects.get(name="finance"))
    browser.force_login(clerk)
    assert act(browser, order, "cancel").status_code == 403
    order.refresh_from_db()
    assert (order.status, Refund.objects.count()) == ("paid", 0)
    assert act(browser, order, "refund", amount="1", reason="kindness").status_code == 302
    assert Refund.objects.get().amount == 100


def asks(actor):
    """As of somebody who is enrolled."""
    if actor.stepped_up_until is None or actor.stepped_up_until < timezone.now():
        raise StepUpRequired


def test_money_takes_a_fresh_code_of_who_is_enrolled(order, monkeypatch):
    paid(order)
    chief, browser = AdminFactory(), Client()
    browser.force_login(chief)
    monkeypatch.setattr("accounts.desk.require_step_up", asks)
    answer = act(browser, order, "refund", reason="x")
    assert answer.url.startswith("/admin/step-up/?next=")
    assert Refund.objects.count() == 0
    with patch("accounts.site.verify_code"):
        back = browser.post(answer.url, {"code": "123456"})
    assert back.url == f"/admin/orders/order/{order.pk}/refund/"
    assert act(browser, order, "refund", reason="x").status_code == 302
    assert Refund.objects.count() == 1
    with patch("accounts.site.verify_code"):
        assert browser.post("/admin/step-up/?next=https://evil.example/", {"code": "1"}).url == "/admin/"
    session = browser.session
    session["stepped_up_until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    session.save()
    assert act(browser, order, "cancel").url.startswith("/admin/step-up/")


# --- The catalogue -------------------------------------------------------------------------------------------


def product_form(product, **given):
    variants, images = product.variants.filter(is_archived=False), product.images.all()
    form = {
        "seen": product.version, "title": product.title, "slug": product.slug, "description": product.description,
        "attributes": "{}", "tags": "", "seo_title": "", "seo_description": "", "category": "", "brand": "",
        "variants-TOTAL_FORMS": variants.count(), "variants-INITIAL_FORMS": variants.count(),
        "images-TOTAL_FORMS": images.count(), "images-INITIAL_FORMS": images.count(),
    }  # fmt: skip
    for number, row in enumerate(variants):
        form |= {
            f"variants-{number}-{name}": value
            for name, value in {
                "id": row.pk, "product": product.pk, "sku": row.sku, "options": "{}", "position": row.position,
                "price": "19.99", "compare_at_price": "", "weight_g": "", "barcode": "",
            }.items()
        }  # fmt: skip
    return form | given


def test_a_product_is_edited_through_its_services(site):
    variant = VariantFactory(price_amount=1999, stock=3, weight_g=None, barcode="")
    product = variant.product
    url = f"/admin/catalog/product/{product.pk}/change/"
    page = site.get(url)
    assert (page.status_code, page.context["actions_detail"][0]["title"]) == (200, "Unpublish")
    old = product_form(product)
    changed = site.post(
        url, product_form(product, title="New title", tags="a, b", **{"variants-0-price": "12.50"})
    )
    assert changed.status_code == 302, changed.context["errors"]
    product.refresh_from_db(), variant.refresh_from_db()
    assert (product.title, product.tags, variant.price_amount, product.price_amount) == (
        "New title",
        ["a", "b"],
        1250,
        1250,
    )
    assert EventRecord.objects.filter(type="product.price_changed").count() == 1
    stale = site.post(url, old | {"title": "Mine"}, follow=True)
    assert b"It has changed since you read it" in stale.content
    product.refresh_from_db()
    assert product.title == "New title"
    for wrong in (
        {"slug": "12"},
        {"title": ""},
        {"variants-0-price": "1.234"},
        {"variants-0-price": "-1"},
        {"attributes": "[1]"},
    ):
        answer = site.post(url, product_form(product, **wrong))
        assert (answer.status_code, bool(answer.context["errors"])) == (200, True), wrong
    only = site.post(url, product_form(product, **{"variants-0-DELETE": "on"}), follow=True)
    assert b"only variant" in only.content or b"last" in only.content
    act(site, product, "archive")
    product.refresh_from_db()
    assert (product.status, Seller.objects.get(pk=product.seller_id).product_count) == ("archived", 0)


def test_stock_is_adjusted_with_a_reason(site):
    level = StockLevel.objects.get(variant=VariantFactory(stock=3))
    assert act(site, level, "adjust", delta="-4", reason="theft").status_code == 200
    assert act(site, level, "adjust", delta="2", reason="found").status_code == 302
    level.refresh_from_db()
    movement = level.movements.latest("pk")
    assert (level.on_hand, movement.reason, movement.kind) == (5, "found", "adjusted")


def test_a_file_of_products_is_imported_and_exported(site, run_jobs):
    shop = SellerFactory()
    file = io.BytesIO(b"handle,title,sku,price,currency,stock\nlamp,=Lamp,L-1,9.50,USD,4\n")
    file.name = "lamps.csv"
    form = {"shop": shop.slug, "file": file, "once": uuid.uuid4()}
    assert site.post("/admin/catalog/productimport/upload/", form).status_code == 302
    run_jobs()
    assert Product.objects.get().price_amount == 950
    form = {"shop": shop.slug, "format": "souk", "once": uuid.uuid4()}
    answer = site.post("/admin/catalog/productimport/download/", form)
    assert b"'=Lamp" in b"".join(answer.streaming_content)


def test_orders_leave_as_csv_that_runs_nothing(site, order):
    Order.objects.filter(pk=order.pk).update(email="=cmd()@example.com")
    answer = site.post("/admin/orders/order/", {"action": "export", "_selected_action": [order.pk]})
    head, *rows = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()))
    row = dict(zip(head, rows[0], strict=True))
    assert (row["number"], row["email"], row["item_total"]) == (order.number, "'=cmd()@example.com", "19.99")


# --- Rules, webhooks -----------------------------------------------------------------------------------------


def test_a_coupon_is_built_as_people_say_it(site):
    product = ProductFactory(slug="lamp")
    form = {
        "code": "five",
        "kind": "fixed",
        "off": "5.00",
        "currency": "USD",
        "minimum_worth": "20",
        "products": "lamp",
    }
    assert site.post("/admin/orders/coupon/add/", form).status_code == 302
    coupon = Coupon.objects.get()
    assert (coupon.code, coupon.amount, coupon.minimum_amount, coupon.product_ids) == (
        "FIVE",
        500,
        2000,
        [product.pk],
    )
    for wrong in (
        {"off": ""}, {"off": "0"}, {"kind": "percent"}, {"kind": "percent", "percent": "101"}, {"products": "none"},
        {"kind": "buy_x_get_y"}, {"code": "!"}, {"code": "FIVE"}, {"off": "5.001"},
    ):  # fmt: skip
        answer = site.post("/admin/orders/coupon/add/", form | {"code": "other"} | wrong)
        assert (answer.status_code, Coupon.objects.count()) == (200, 1), wrong
    url = f"/admin/orders/coupon/{coupon.pk}/delete/"
    assert site.post(url, {"post": "yes"}).status_code == 302
    assert Coupon.objects.get().archived_at is not None


def test_a_delivery_goes_out_again(site):
    endpoint = WebhookEndpoint.objects.create(owner="admin", url="https://example.com/hook")
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        type="order.placed",
        body="{}",
        status="failed",
        attempts=9,
        expires_at=timezone.now(),
    )
    assert act(site, delivery, "redeliver").status_code == 302
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("pending", 0)
    act(site, endpoint, "switch_off")
    assert "not active" in told(act(site, delivery, "redeliver"))


# --- Costs ---------------------------------------------------------------------------------------------------


def cost(browser, path):
    with CaptureQueriesContext(connection) as done:
        assert browser.get(path).status_code == 200
    return [query["sql"] for query in done]


@pytest.mark.parametrize(
    "path",
    ["orders/order", "payments/payment", "payments/ledgerentry", "catalog/product", "orders/orderpart"],
)
def test_a_list_costs_the_same_with_more_rows_and_counts_to_a_limit(site, path, order):
    paid(order)
    few = cost(site, f"/admin/{path}/")
    for _ in range(3):
        paid(order_for(UserFactory()))
    many = cost(site, f"/admin/{path}/")
    assert len(many) == len(few) <= 14
    counts = [sql for sql in many if re.match(r"SELECT COUNT\(", sql)]
    assert all("LIMIT" in sql for sql in counts), counts


def test_a_list_leads_no_further_than_its_cap(site, monkeypatch):
    monkeypatch.setattr(base, "MOST", 4)
    monkeypatch.setattr("accounts.admin.UserAdmin.list_per_page", 2)
    for _ in range(4):
        UserFactory()
    page = site.get("/admin/accounts/user/")
    assert b"4+ users: search or filter" in page.content
    assert site.get("/admin/accounts/user/?p=2").status_code == 200
    assert site.get("/admin/accounts/user/?p=9").status_code == 302


def test_the_dashboard_sums_one_currency_in_a_bounded_number_of_statements(site, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    paid(order_for(UserFactory()))
    foreign = paid(order_for(UserFactory(), currency="EUR"))
    statements = cost(site, "/admin/?days=7&currency=USD")
    page = site.get("/admin/?days=7&currency=USD")
    cards = {card["title"]: card for card in page.context["cards"]}
    assert (cards["Revenue"]["total"], cards["Orders by status"]["total"]) == ("19.99 USD", "1")
    assert cards["Best sellers"]["bars"][0]["shown"] == "1 · 19.99 USD"
    assert (cards["New customers"]["total"], cards["Payout due"]["total"]) == ("2", "17.99 USD")
    assert len(statements) <= 25
    Order.objects.filter(pk=foreign.pk).update(created_at=timezone.now() - timedelta(days=40))
    assert b"0.00 EUR" in site.get("/admin/?days=30&currency=EUR").content
    for odd in ("days=x", "days=-1", "days=9999999", "currency=XXX"):
        assert site.get(f"/admin/?{odd}").status_code == 200


def test_the_drill_down_by_date_reads_no_rows_but_the_first_and_the_last(site):
    for day in ("2024-11-30", "2025-02-02", "2025-02-27"):
        Order.objects.filter(pk=order_for(UserFactory()).pk).update(created_at=f"{day}T12:00Z")

    def choices(query):
        page = site.get(f"/admin/orders/order/?{query}")
        shown = re.findall(r"created_at__\w+=\d+[^>]*>\s*([A-Z]\w+ \d+|\d{4})\s*<", page.content.decode())
        return shown, page.context["cl"].result_count

    assert choices("") == (["2024", "2025"], 3)
    assert choices("created_at__year=2025") == (["January 2025", "February 2025"], 2)
    days, count = choices("created_at__year=2024&created_at__month=11")
    assert (days, count) == (["November 30"], 1)
    assert "DISTINCT" not in " ".join(cost(site, "/admin/orders/order/"))
    for odd in (
        "created_at__year=x",
        "created_at__year=2025&created_at__month=99",
        "created_at__day=3",
        "created_at__year=99999",
    ):
        assert site.get(f"/admin/orders/order/?{odd}").status_code in {200, 302}, odd


@pytest.mark.parametrize(
    "query",
    ["orders/order/?q=%00", "orders/order/?status__exact=%00", "orders/order/?currency=%00", "?currency=%00"],
)
def test_a_nul_character_is_refused(site, query):
    assert site.get(f"/admin/{query}").status_code == 400
