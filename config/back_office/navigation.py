"""The menu: only what the user may see."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

# Group → (title, app_model, icon, query)
MENU: dict[str, list[tuple[str, str, str, str]]] = {
    "Sales": [
        ("Orders", "orders_order", "receipt_long", ""),
        ("Parts", "orders_orderpart", "call_split", ""),
        ("Returns", "orders_return", "assignment_return", ""),
        ("Shipments", "orders_shipment", "local_shipping", ""),
        ("Carts", "orders_cart", "shopping_cart", ""),
    ],
    "Catalogue": [
        ("Products", "catalog_product", "inventory_2", ""),
        ("Stock", "catalog_stocklevel", "warehouse", ""),
        ("Categories", "catalog_category", "account_tree", ""),
        ("Brands", "catalog_brand", "sell", ""),
        ("Attributes", "catalog_attributetype", "tune", ""),
        ("Import and export", "catalog_productimport", "upload_file", ""),
    ],
    "Promotions and rules": [
        ("Coupons", "orders_coupon", "confirmation_number", ""),
        ("Shipping methods", "orders_shippingmethod", "package_2", ""),
        ("Tax rates", "orders_taxrate", "percent", ""),
        ("Tax exemptions", "orders_taxexemption", "money_off", ""),
    ],
    "Money": [
        ("Payments", "payments_payment", "credit_card", ""),
        ("Refunds", "payments_refund", "undo", ""),
        ("Disputes", "payments_dispute", "gavel", ""),
        ("Payouts", "payments_payout", "payments", ""),
        ("Ledger", "payments_ledgerentry", "account_balance", ""),
        ("Stripe's webhooks", "payments_stripeevent", "webhook", ""),
    ],
    "People": [
        ("Users", "accounts_user", "group", ""),
        ("Shops", "accounts_seller", "storefront", ""),
        ("Applications", "accounts_seller", "how_to_reg", "status__exact=pending"),
        ("Reviews", "social_review", "reviews", ""),
        ("Reported reviews", "social_review", "flag", "waits=yes"),
        ("Questions", "social_question", "help", ""),
        ("Staff roles", "auth_group", "badge", ""),
    ],
    "Machine room": [
        ("Events", "shared_eventrecord", "timeline", ""),
        ("Webhooks", "shared_webhookendpoint", "link", ""),
        ("Deliveries", "shared_webhookdelivery", "outbox", ""),
        ("Jobs", "procrastinate_procrastinatejob", "manufacturing", ""),
        ("Audit trail", "accounts_securityevent", "policy", ""),
        ("API keys", "accounts_apikey", "key", ""),
    ],
}


def stylesheet(request: HttpRequest) -> str:
    return static("souk/back_office.css")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    home = [{"title": "Dashboard", "icon": "dashboard", "link": reverse("admin:index")}]
    visible = visible_models(request)
    groups = [
        {"title": title, "separator": True, "items": [item_of(request, *line) for line in lines if line[1] in visible]}
        for title, lines in MENU.items()
    ]  # fmt: skip
    return [{"items": home}, *(group for group in groups if group["items"])]


def item_of(request: HttpRequest, title: str, model: str, icon: str, query: str) -> dict[str, Any]:
    link = reverse(f"admin:{model}_changelist")
    is_here = request.path.startswith(link) and (query in request.META["QUERY_STRING"])
    asks_other = any(
        other[1] == model and other[3] and other[3] in request.META["QUERY_STRING"] for other in all_lines()
    )
    is_active = is_here and (bool(query) or not asks_other)
    return {
        "title": title,
        "icon": icon,
        "link": f"{link}?{query}" if query else link,
        "active": lambda request: is_active,
    }


def all_lines() -> list[tuple[str, str, str, str]]:
    return [line for lines in MENU.values() for line in lines]


def visible_models(request: HttpRequest) -> set[str]:
    """The models that the site itself would let this user view."""
    return {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, page in admin.site._registry.items()
        if page.has_view_or_change_permission(request)
    }
