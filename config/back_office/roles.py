"""Roles of staff: Django groups, created once and then the operator's to change. Role Admin may do everything."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

ALL = "view add change delete"
# Role → model → what it may do there. To view a row's page, a role must also view the models of its inlines.
ROLES: dict[str, dict[str, str]] = {
    "support": {
        "accounts.user": "view", "accounts.address": "view", "accounts.seller": "view",
        "catalog.product": "view", "catalog.variant": "view", "catalog.productimage": "view",
        "catalog.stocklevel": "view",
        "orders.order": "view change", "orders.orderitem": "view", "orders.orderpart": "view",
        "orders.orderevent": "view", "orders.ordernote": "view add", "orders.document": "view",
        "orders.shipment": "view", "orders.shipmentitem": "view", "orders.return": "view",
        "orders.returnitem": "view", "orders.cart": "view", "orders.cartitem": "view", "orders.coupon": "view",
        "payments.payment": "view", "payments.refund": "view",
        "social.review": "view change", "social.reviewreport": "view", "social.question": "view change",
        "social.answer": "view change", "social.notification": "view",
    },
    "catalogue": {
        "accounts.seller": "view change",
        "catalog.product": "view add change", "catalog.variant": ALL, "catalog.productimage": ALL,
        "catalog.brand": ALL, "catalog.category": ALL, "catalog.attributetype": ALL,
        "catalog.stocklevel": "view change", "catalog.stockmovement": "view", "catalog.stockhold": "view",
        "catalog.location": "view", "catalog.pricechange": "view", "catalog.variantprice": "view", "catalog.searchphrase": "view",
        "catalog.productimport": "view add",
        "orders.coupon": ALL, "orders.shippingmethod": ALL,
        "social.review": "view change", "social.reviewreport": "view",
    },
    "finance": {
        "accounts.seller": "view",
        "orders.order": "view", "orders.orderitem": "view", "orders.orderpart": "view",
        "orders.orderevent": "view", "orders.ordernote": "view add", "orders.document": "view",
        "orders.return": "view", "orders.returnitem": "view", "orders.coupon": "view",
        "orders.taxrate": ALL, "orders.taxexemption": ALL,
        "payments.payment": "view change", "payments.refund": "view add", "payments.dispute": "view",
        "payments.stripeevent": "view", "payments.ledgertransaction": "view", "payments.ledgerentry": "view",
        "payments.payout": "view add change", "payments.payoutaccount": "view",
    },
}  # fmt: skip


def codenames(role: str) -> set[tuple[str, str]]:
    """App label and codename of each permission."""
    return {
        (model.partition(".")[0], f"{act}_{model.partition('.')[2]}")
        for model, acts in ROLES[role].items()
        for act in acts.split()
    }


def missing() -> list[str]:
    there = set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True))
    return [role for role in ROLES if role not in there]


@transaction.atomic
def make_roles(*, anew: bool = False) -> list[str]:
    """Creates missing roles, or with `anew` resets all roles to the permissions listed here; returns which."""
    wanted = list(ROLES) if anew else missing()
    permissions = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role in wanted:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([permissions[name] for name in codenames(role)])
    return wanted
