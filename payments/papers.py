"""A seller's statement as PDF."""

from datetime import UTC, datetime, time

from config.shared.money import Money
from payments.services.statements import Statement, StatementLine

HEADINGS = ("What", "Date", "Order", "Gross", "Commission", "Tax", "Shipping", "Net", "Balance")
WIDTHS = (30, 18, 22, 20, 22, 18, 18, 20, 22)
KINDS = {
    "sale": "Sale",
    "refund": "Refund",
    "refund_failed": "Refund that failed",
    "dispute_lost": "Dispute, lost",
    "payout": "Payout",
    "payout_cancelled": "Payout, called off",
    "adjustment": "Adjustment",
}


def statement_pdf(made: Statement) -> bytes:
    """The same statement gives the same bytes."""
    from config.shared.pdf import Paper  # noqa: PLC0415  (16 MB, which only a process that draws needs to hold)

    def money(amount: int) -> str:
        return str(Money(amount, made.currency))

    end = datetime.combine(made.last, time.max, UTC)
    paper = Paper(title=f"Statement {made.first} to {made.last}", made_at=end.replace(microsecond=0))
    paper.lines([made.seller.name, f"Currency: {made.currency}", f"Balance before: {money(made.opening)}"])
    paper.table(HEADINGS, [row(line, made.currency) for line in made.lines], WIDTHS)
    names = {"gross": "From customers", "commission": "Commission", "tax": "Tax", "shipping": "Shipping"}
    sums = [(label, money(made.total(name))) for name, label in names.items()]
    other = made.total("net") - sum(made.total(name) for name in names)
    paper.sums([*sums, ("Payouts and other", money(other)), ("Balance after", money(made.closing))])
    return paper.render()


def row(line: StatementLine, currency: str) -> list[str]:
    amounts = (line.gross, line.commission, line.tax, line.shipping, line.net, line.balance)
    shown = [str(Money(amount, currency)).removesuffix(f" {currency}") for amount in amounts]
    what = KINDS.get(line.kind, line.kind.replace("_", " ").capitalize())
    what = f"{what}: {line.note}" if line.note else what
    return [what, line.at.date().isoformat(), line.order, *shown]
