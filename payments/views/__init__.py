from payments.views.cards import PaymentMethodDetail, PaymentMethods
from payments.views.ledger import (
    Adjustments,
    AdminDisputes,
    AdminLedger,
    SellerBalance,
    SellerDisputes,
    SellerLedger,
)
from payments.views.payments import Confirm, PaymentDetail, Payments, Settle, StripeWebhook
from payments.views.payouts import (
    BankFile,
    CancelPayout,
    OwnPayoutAccount,
    Payouts,
    PayPayout,
    RetryPayout,
    RunPayouts,
)
from payments.views.refunds import OrderRefunds
from payments.views.statements import AdminStatement, SellerStatement

__all__ = [
    "Adjustments",
    "AdminDisputes",
    "AdminLedger",
    "AdminStatement",
    "BankFile",
    "CancelPayout",
    "Confirm",
    "OrderRefunds",
    "OwnPayoutAccount",
    "PayPayout",
    "PaymentDetail",
    "PaymentMethodDetail",
    "PaymentMethods",
    "Payments",
    "Payouts",
    "RetryPayout",
    "RunPayouts",
    "SellerBalance",
    "SellerDisputes",
    "SellerLedger",
    "SellerStatement",
    "Settle",
    "StripeWebhook",
]
