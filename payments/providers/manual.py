from config.shared.errors import InvalidTransition
from config.shared.money import Money
from payments import gateway
from payments.intents import Intent, RefundAnswer
from payments.models import Payment, Refund


class Manual:
    """Money that staff count: there is no external state, only the row."""

    def step(self, currency: str) -> int:
        return 1

    def fetch(self, payment: Payment) -> Intent:
        return self.told(payment, "requires_payment_method")

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        raise InvalidTransition(status=payment.status, allowed=["settle"])

    def adopt(self, payment: Payment, customer: str) -> None:
        """Nothing can be saved with staff."""

    def cancel(self, payment: Payment) -> Intent:
        return self.told(payment, "canceled")

    def refund(self, refund: Refund) -> RefundAnswer:
        """Staff hand the money back; the refund counts from the moment that it is owed."""
        return RefundAnswer(id="", status="succeeded")

    def told(self, payment: Payment, status: str) -> Intent:
        money = Money(payment.amount, payment.currency)
        return Intent(
            id="", status=status, money=money, received=0, token=payment.token.hex, is_live=gateway.is_live()
        )
