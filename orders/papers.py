"""The contents of invoices and credit notes; their layout is in `config.shared.pdf`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from config.shared.money import Money
from orders.models import Document, Order, OrderItem

if TYPE_CHECKING:
    from config.shared.pdf import Paper

TITLES = {
    Document.Kind.INVOICE: "Invoice",
    Document.Kind.CREDIT_NOTE: "Credit note",
    Document.Kind.DEBIT_NOTE: "Debit note",
}
HEADINGS = ["Item", "Quantity", "Unit price", "Discount", "Tax", "Total"]
WIDTHS = [64, 18, 28, 26, 20, 28]


def draw(document: Document) -> bytes:
    """The PDF. `document.order` needs its parts and items."""
    from config.shared.pdf import Paper  # noqa: PLC0415  (16 MB, which only a process that draws needs to hold)

    order = document.order
    paper = Paper(title=f"{TITLES[document.kind]} {document.number}", made_at=document.created_at)
    paper.lines(document.data["issuer"])
    paper.heading("To")
    paper.lines(address_lines(order.billing_address))
    paper.lines([order.email])
    paper.heading("Concerning")
    paper.lines(
        [f"Date: {document.created_at:%Y-%m-%d}", f"Order: {order.number} of {order.created_at:%Y-%m-%d}"]
    )
    if document.kind == Document.Kind.INVOICE:
        draw_lines(paper, document)
    else:
        draw_credit(paper, document)
    return paper.render()


def draw_credit(paper: "Paper", document: Document) -> None:
    paper.lines([f"Invoice: {document.data['invoice']}", f"Reason: {document.data['reason']}"])
    if document.reverses:
        paper.lines([f"Credit note taken back: {document.reverses}"])
    paper.sums([("Charged again" if document.reverses else "Credited", str(document.total))])


def draw_lines(paper: "Paper", document: Document) -> None:
    order = document.order
    for part in order.parts.all():  # type: ignore[attr-defined]
        paper.heading(f"Sold by {document.data['sellers'].get(str(part.pk), '')}")
        paper.table(HEADINGS, [item_row(item) for item in part.items.all()], WIDTHS)
    paper.sums(sums_of(order))


def item_row(item: OrderItem) -> list[str]:
    options = ", ".join(f"{name} {value}" for name, value in item.options.items())
    title = f"{item.title} ({options})" if options else item.title
    rate = f"{(item.tax_rate * 100).normalize():f} %" if item.tax_rate else "-"
    amounts = item.unit_price, item.discount, item.total
    price, discount, total = (str(amount) for amount in amounts)
    return [f"{title}\n{item.sku}", str(item.quantity), price, discount, rate, total]


def sums_of(order: Order) -> Iterator[tuple[str, str]]:
    """The rows from the lines to the total; every row but the last two is an amount added or deducted."""
    money = order.currency
    yield "Subtotal", str(order.subtotal)
    if order.discount_amount:
        yield "Discount", str(Money(-order.discount_amount, money))
    for part in order.parts.all():  # type: ignore[attr-defined]
        yield (
            f"Shipping: {part.shipping_method}" if part.shipping_method else "Shipping",
            str(part.shipping_total),
        )
    added = order.tax_amount - order.tax_included_amount
    if added:
        yield "Tax", str(Money(added, money))
    if order.tax_included_amount:
        yield "Tax in these prices", f"({order.tax_included})"
    yield "Total", str(order.total)


def address_lines(address: dict[str, Any]) -> list[str]:
    place = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    names = ("name", "line1", "line2")
    return [
        *(address.get(name, "") for name in names),
        place,
        address.get("region", ""),
        address.get("country", ""),
    ]
