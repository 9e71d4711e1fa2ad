"""Invoices and credit notes, by what one reads in the PDF."""

import io

import pytest
from pypdf import PdfReader

from accounts.tests.factories import SellerFactory
from catalog.tests.factories import ProductFactory, VariantFactory
from orders import services
from orders.errors import NotInvoiced
from orders.models import Document, DocumentCounter
from orders.tests.factories import (
    ADDRESS,
    CouponFactory,
    OrderFactory,
    ShippingMethodFactory,
    TaxRateFactory,
    order_with_coupon,
)
from orders.tests.test_races import at_once
from orders.tokens import order_token
from orders.verification import verify_orders

pytestmark = pytest.mark.django_db


def text_of(answer):
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


@pytest.fixture
def paid(user):
    """Of a Greek buyer: a discounted Bulgarian cup with tax on top, and a parcel."""
    seller = SellerFactory(name="Керамика & Söhne")
    ShippingMethodFactory(seller=seller)
    TaxRateFactory()
    product = ProductFactory(seller=seller, title="Синя чаша", attributes={})
    variant = VariantFactory(product=product, price_amount=123456, sku="CUP-1", options={"Size": "L"})
    order = order_with_coupon(
        user, variant, CouponFactory(), shipping_address=ADDRESS | {"name": "Ελένη Παπαδοπούλου"}
    )
    return services.mark_order_paid(order_id=order.pk)


def test_the_invoice_says_what_was_agreed(client, paid):
    text = text_of(client.get(f"/api/v1/orders/{paid.number}/invoice"))
    for words in (
        "Invoice INV-000001",
        "Ελένη Παπαδοπούλου",
        "12 St James's Square",
        "SW1Y 4JH London",
        f"Order: {paid.number}",
        "Sold by Керамика & Söhne",
        "Синя чаша (Size L)",
        "CUP-1\n1 1234.56 USD 123.46 USD 20 % 1111.10 USD",
        "Subtotal 1234.56 USD",
        "Discount -123.46 USD",
        "Shipping: Parcel 5.00 USD",
        "Tax 222.22 USD",
        "Total 1338.32 USD",
    ):
        assert words in text


def test_it_is_issued_once_and_by_the_payment(client, paid, run_jobs):
    assert "orders.issue_invoice" in run_jobs()
    first = client.get(f"/api/v1/orders/{paid.pk}/invoice")
    again = client.get(f"/api/v1/orders/{paid.pk}/invoice")
    assert first.content == again.content
    assert first.headers["Content-Disposition"] == 'inline; filename="INV-000001.pdf"'
    assert Document.objects.count() == 1


def test_tax_in_the_prices_and_currencies_of_other_digits(as_user, user):
    TaxRateFactory(inclusive=True)
    expected = {"JPY": ("3000 JPY", "(500 JPY)"), "KWD": ("3.000 KWD", "(0.500 KWD)")}
    for currency, (total, tax) in expected.items():
        order = OrderFactory(user=user, variants=[VariantFactory(price_amount=3000, currency=currency)])
        services.mark_order_paid(order_id=order.pk)
        text = text_of(as_user(user).get(f"/api/v1/orders/{order.pk}/invoice"))
        assert f"Total {total}" in text
        assert f"Tax in these prices {tax}" in text


def test_letters_that_the_font_lacks_are_question_marks(as_user):
    order = OrderFactory(variants=[VariantFactory(product=ProductFactory(title="茶碗 Tea bowl"))])
    services.mark_order_paid(order_id=order.pk)
    assert "?? Tea bowl" in text_of(as_user(order.user).get(f"/api/v1/orders/{order.pk}/invoice"))


def test_no_invoice_before_the_payment(client, user, variant):
    order = OrderFactory(user=user, variants=[variant])
    refusal = client.get(f"/api/v1/orders/{order.pk}/invoice")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "not_invoiced")
    assert (Document.objects.count(), DocumentCounter.objects.count()) == (0, 0)


def test_a_guest_reads_it_with_the_token(api, paid):
    path = f"/api/v1/orders/{paid.pk}/invoice"
    assert api.get(path).status_code == 401
    assert "Invoice" in text_of(api.get(path, headers={"Order-Token": order_token(paid.pk)}))


def test_a_credit_note_names_its_invoice(client, paid):
    for _ in range(2):
        note = services.issue_credit_note(
            order_id=paid.pk, reference="refund:7", amount=2500, reason="Came broken"
        )
    path = f"/api/v1/orders/{paid.pk}/credit-notes"
    (row,) = client.get(path).json()["results"]
    assert (row["id"], row["number"], row["total"]["amount"]) == (str(note.pk), "CN-000001", 2500)
    text = text_of(client.get(f"{path}/{note.pk}"))
    for words in (
        "Credit note CN-000001",
        "Invoice: INV-000001",
        "Reason: Came broken",
        "Credited 25.00 USD",
    ):
        assert words in text
    assert list(verify_orders()) == []


def test_a_gap_or_too_much_credit_is_found(paid):
    services.issue_credit_note(order_id=paid.pk, reference="a", amount=paid.total_amount + 1, reason="")
    DocumentCounter.objects.filter(series="invoice").update(last=9)
    assert sorted(found["kind"] for found in verify_orders()) == [
        "credited_more_than_invoiced",
        "document_numbers_have_gaps",
    ]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_though_many_are_issued_at_once_and_some_fail():
    """Twelve orders, each asked for twice, among them four that may not be invoiced."""
    variant = VariantFactory(stock=50)
    orders = [OrderFactory(variants=[variant]) for _ in range(12)]
    for order in orders[4:]:
        services.mark_order_paid(order_id=order.pk)
    results = at_once([lambda pk=order.pk: services.issue_invoice(order_id=pk) for order in orders * 2])
    assert [type(result) for result in results].count(NotInvoiced) == 8
    assert sorted(Document.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(verify_orders()) == []
