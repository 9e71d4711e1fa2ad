from payments.models.customer import StripeCustomer
from payments.models.dispute import Dispute
from payments.models.inbox import CatchUp, StripeEvent
from payments.models.ledger import Account, LedgerClosing, LedgerEntry, LedgerTransaction
from payments.models.payment import Payment
from payments.models.payout import Payout, PayoutAccount, PayoutPeriod
from payments.models.refund import Refund, RefundItem

__all__ = [
    "Account",
    "CatchUp",
    "Dispute",
    "LedgerClosing",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "Payout",
    "PayoutAccount",
    "PayoutPeriod",
    "Refund",
    "RefundItem",
    "StripeCustomer",
    "StripeEvent",
]
