from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.fields import ROLES
from accounts.models import Seller
from accounts.models.security import Kind
from config.shared.api.filters import BooleanFilter, FilterSet, IntegerFilter, TimeFilter

ROLE_CHOICES = [(str(value), str(value)) for value in (*settings.ROLE_IDS, *ROLES)]


class UserFilter(FilterSet):
    """Filters the users that staff see; `role` is an id or a name, `q` a part of the name or address."""

    q = django_filters.CharFilter(method="search")
    role = django_filters.ChoiceFilter(choices=ROLE_CHOICES, method="of_role")
    is_active = BooleanFilter()
    created_after = TimeFilter(field_name="created_at", lookup_expr="gt")

    def search(self, users: QuerySet, name: str, value: str) -> QuerySet:
        return users.filter(Q(email__icontains=value) | Q(name__icontains=value))

    def of_role(self, users: QuerySet, name: str, value: Any) -> QuerySet:
        return users.filter(role=ROLES[int(value)] if value.isdecimal() else value)


class SecurityEventFilter(FilterSet):
    user = IntegerFilter(field_name="user_id")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    created_after = TimeFilter(field_name="created_at", lookup_expr="gt")
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt")


class AdminSellerFilter(FilterSet):
    status = django_filters.ChoiceFilter(choices=Seller.Status.choices)
