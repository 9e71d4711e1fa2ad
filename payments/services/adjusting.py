import uuid

from django.db import transaction

from config.shared.money import Money
from payments.models import Account, LedgerTransaction
from payments.services.books import Kind, Line, post


@transaction.atomic
def adjust(
    *, seller_id: int, money: Money, reason: str, by_user: int | None, order_id: int | None = None
) -> LedgerTransaction:
    """Staff credit a seller's balance or, with a negative amount, debit it; `reason` is kept for good."""
    posted = post(
        kind=Kind.ADJUSTMENT,
        reference=f"adjustment:{uuid.uuid4().hex}",
        currency=money.currency,
        order_id=order_id,
        note=reason,
        by_user=by_user,
        lines=[
            Line(account=Account.SELLER_PAYABLE, amount=money.amount, seller_id=seller_id),
            Line(account=Account.ADJUSTMENTS, amount=-money.amount),
        ],
    )
    assert posted is not None  # noqa: S101 (the amount is not zero: checked at the door)
    return posted
