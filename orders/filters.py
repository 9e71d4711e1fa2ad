import django_filters

from config.shared.api.filters import FilterSet, IntegerFilter, TimeFilter
from orders.models import Order, OrderPart, Return


class CreatedFilter(FilterSet):
    created_after = TimeFilter(field_name="created_at", lookup_expr="gte", help_text="from this time on")
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt")


class OrderFilter(CreatedFilter):
    status = django_filters.ChoiceFilter(choices=Order.Status.choices)
    refund_status = django_filters.ChoiceFilter(choices=Order.RefundStatus.choices)


class AdminOrderFilter(OrderFilter):
    customer = IntegerFilter(field_name="user_id")
    seller = IntegerFilter(field_name="parts__seller_id")
    email = django_filters.CharFilter(field_name="email")


class PartFilter(CreatedFilter):
    status = django_filters.ChoiceFilter(choices=OrderPart.Status.choices)


class ReturnFilter(CreatedFilter):
    status = django_filters.ChoiceFilter(choices=Return.Status.choices)
    order = IntegerFilter(field_name="order_id")
