import django_filters

from config.shared.api.filters import CurrencyFilter, FilterSet, IntegerFilter, TimeFilter
from payments.models import Account, Payout


class SellerLedgerFilter(FilterSet):
    account = django_filters.ChoiceFilter(choices=Account.choices)
    order = IntegerFilter(field_name="order_id")
    currency = CurrencyFilter(field_name="currency")
    created_after = TimeFilter(field_name="created_at", lookup_expr="gte", help_text="from this time on")
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt")


class LedgerFilter(SellerLedgerFilter):
    seller = IntegerFilter(field_name="seller_id")
    transaction = IntegerFilter(field_name="transaction_id")


class PayoutFilter(FilterSet):
    status = django_filters.ChoiceFilter(choices=Payout.Status.choices)
    seller = IntegerFilter(field_name="seller_id")
    batch = django_filters.UUIDFilter(field_name="batch")
