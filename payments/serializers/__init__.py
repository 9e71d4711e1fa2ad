from payments.serializers.cards import CardsSerializer, NewCardSerializer, SetupSerializer
from payments.serializers.money import (
    BalanceAdjustmentSerializer,
    BalancesSerializer,
    DisputeSerializer,
    LedgerEntrySerializer,
    SellerDisputeSerializer,
    StatementSerializer,
)
from payments.serializers.payments import (
    ConfirmSerializer,
    NewPaymentSerializer,
    NewRefundSerializer,
    OpenPaymentSerializer,
    PaymentSerializer,
    ReceivedSerializer,
    RefundSerializer,
)
from payments.serializers.payouts import (
    LinkSerializer,
    OnboardingSerializer,
    PayoutAccountSerializer,
    PayoutSerializer,
    RanSerializer,
    RunSerializer,
)

__all__ = [
    "BalanceAdjustmentSerializer",
    "BalancesSerializer",
    "CardsSerializer",
    "ConfirmSerializer",
    "DisputeSerializer",
    "LedgerEntrySerializer",
    "LinkSerializer",
    "NewCardSerializer",
    "NewPaymentSerializer",
    "NewRefundSerializer",
    "OnboardingSerializer",
    "OpenPaymentSerializer",
    "PaymentSerializer",
    "PayoutAccountSerializer",
    "PayoutSerializer",
    "RanSerializer",
    "ReceivedSerializer",
    "RefundSerializer",
    "RunSerializer",
    "SellerDisputeSerializer",
    "SetupSerializer",
    "StatementSerializer",
]
