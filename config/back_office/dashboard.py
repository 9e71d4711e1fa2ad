"""The first page of the back office: figures of one currency and period, each shown to staff with its permission."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from config.back_office import figures
from config.shared.admin.money import money
from config.shared.money import to_decimal

PERIODS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}
USUAL = 30
KEPT = 60  # seconds: a busy shop's figures are not summed again for every view
LINE, SOFT = "var(--color-primary-600)", "var(--color-primary-300)"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of `admin/index.html`."""
    days, offered = period_of(request), kept("currencies", figures.currencies)
    asked = request.GET.get("currency", "")
    currency = asked if asked in offered else (offered or [settings.DEFAULT_CURRENCY])[0]
    until = timezone.now().date()
    since = until - timedelta(days=days - 1)
    return context | {
        "title": "Dashboard",
        "periods": [(value, name, value == days) for value, name in PERIODS.items()],
        "currencies": [(value, value == currency) for value in offered],
        "days": days,
        "currency": currency,
        "since": since,
        "cards": list(cards(request, currency, since, until)),
        "queues": queues(request),
    }


def period_of(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked.isdecimal() and int(asked) in PERIODS else USUAL


def kept(name: str, compute: Callable[..., Any], *given: Any) -> Any:
    """The figure as of at most a minute ago; without Redis it is computed anew."""
    key = ":".join(["dashboard", name, *map(str, given)])
    try:
        return cache.get_or_set(key, lambda: compute(*given), KEPT)
    except Exception:  # the page must work whatever fails in the cache
        return compute(*given)


def cards(request: HttpRequest, currency: str, since: date, until: date) -> Any:
    may = request.user.has_perm
    days = figures.days_between(since, until)
    if may("orders.view_order"):
        yield from order_cards(currency, since, days)
    if may("payments.view_refund"):
        sums = kept("refunded", figures.refunded, currency, since)
        yield curve("Refunds", sums, days, currency, link=reverse("admin:payments_refund_changelist"))
    if may("accounts.view_user"):
        counts = kept("customers", figures.new_customers, since)
        yield curve("New customers", counts, days, link=reverse("admin:accounts_user_changelist"))
    if may("catalog.view_stocklevel"):
        yield low_stock_card()
    if may("payments.view_payout"):
        yield payout_card(currency)


def order_cards(currency: str, since: date, days: list[date]) -> Any:
    orders = reverse("admin:orders_order_changelist")
    sums = kept("revenue", figures.revenue, currency, since)
    yield curve("Revenue", sums, days, currency, link=orders, is_wide=True)
    states = kept("states", figures.orders_by_status, currency, since)
    yield {
        "title": "Orders by status",
        "total": str(sum(count for _, count in states)),
        "link": orders,
        "bars": bars(
            [
                (status.replace("_", " "), count, str(count), f"{orders}?status__exact={status}&currency={currency}")
                for status, count in states
            ]
        ),
    }  # fmt: skip
    best = kept("best", figures.best_sellers, currency, since)
    yield {
        "title": "Best sellers",
        "bars": bars(
            [
                (row["title"], row["units"], f"{row['units']} · {money(row['worth'], currency)}", product_page(row["product_id"]))
                for row in best
            ]
        ),
    }  # fmt: skip


def product_page(key: int | None) -> str:
    return reverse("admin:catalog_product_change", args=[key]) if key else ""


def low_stock_card() -> dict[str, Any]:
    levels = kept("low", lambda: [row_of(level) for level in figures.low_stock()])
    return {"title": "Low stock", "rows": levels, "link": reverse("admin:catalog_stocklevel_changelist")}


def row_of(level: Any) -> tuple[str, str, str]:
    """What it is, how many are left, and where to look."""
    page = reverse("admin:catalog_stocklevel_change", args=[level.pk])
    return f"{level.variant.product.title} · {level.variant.sku}", str(level.available), page


def payout_card(currency: str) -> dict[str, Any]:
    sums = kept("payouts", figures.payouts, currency)
    names = {
        "seller_payable": "owed to sellers",
        "reserve": "held for disputes",
        "payout_clearing": "on its way",
    }
    rows = [(names[account], money(amount, currency), "") for account, amount in sums.items()]
    due = sums["seller_payable"]
    return {
        "title": "Payout due",
        "total": money(due, currency),
        "rows": rows,
        "link": reverse("admin:payments_payout_run"),
    }


def bars(rows: list[tuple[str, int, str, str]]) -> list[dict[str, Any]]:
    """Each row with its bar's length in per cent of the longest."""
    most = max((value for _, value, _, _ in rows), default=1) or 1
    return [
        {"name": name, "share": max(1, round(100 * value / most)), "shown": text, "link": link}
        for name, value, text, link in rows
    ]


def curve(
    title: str,
    values: Mapping[date, int],
    days: list[date],
    currency: str = "",
    *,
    link: str,
    is_wide: bool = False,
) -> dict[str, Any]:
    """A chart by day, and its sum; if a currency is given, the values are minor units."""
    series = [values.get(day, 0) for day in days]
    plotted = [float(to_decimal(value, currency)) for value in series] if currency else series
    data = {
        "labels": [f"{day:%b} {day.day}" for day in days],
        "datasets": [
            {"label": title, "data": plotted, "borderColor": LINE, "backgroundColor": SOFT, "fill": is_wide}
        ],
    }
    total = sum(series)
    return {
        "title": title,
        "total": money(total, currency) if currency else str(total),
        "chart": orjson.dumps(data).decode() if any(series) else "",
        "kind": "line" if is_wide else "bar",
        "is_wide": is_wide,
        "link": link,
    }  # fmt: skip


def queues(request: HttpRequest) -> list[dict[str, Any]]:
    """The queues that wait for a decision of this user."""
    found = []
    for permission, name, address, count in kept("waiting", lambda: list(figures.waiting())):
        if count and request.user.has_perm(permission):
            view, _, query = address.partition("?")
            shown = f"{count}+" if count == figures.MANY else str(count)
            found.append({"name": name, "count": shown, "link": f"{reverse(f'admin:{view}')}?{query}"})
    return found
