from typing import Any

from config.shared.commands import OperatorCommand, Outcome
from orders.services import due_orders, expire_due_orders


class Command(OperatorCommand):
    help = (
        "Expires unpaid orders whose hold has run out, now instead of within a minute: their stock and coupons go back. "
        "Those that somebody is paying are left to the job that ends the payment first."
    )

    def perform(self, *, dry_run: bool, **options: Any) -> Outcome:
        if dry_run:
            return {"would_expire": list(due_orders().order_by("pk").values_list("number", flat=True))}
        return {"expired": expire_due_orders()}
