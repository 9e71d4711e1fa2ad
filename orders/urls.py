"""Relative to `/api/v1/`."""

from typing import Any

from django.urls import URLPattern, path

from orders.views import cart, documents, notes, orders, returns, rules, sellers

READ_MANY, READ_ONE = {"get": "list"}, {"get": "retrieve"}
WRITE_ONE = {"patch": "partial_update", "delete": "destroy"}


def crud(prefix: str, views: Any, name: str) -> list[URLPattern]:
    return [
        path(prefix, views.as_view(READ_MANY | {"post": "create"}, detail=False), name=f"{name}s"),
        path(f"{prefix}/<str:id>", views.as_view(READ_ONE | WRITE_ONE, detail=True), name=name),
    ]


def act(prefix: str, views: Any, action: str, name: str) -> URLPattern:
    return path(
        f"{prefix}/<str:id>/{action}", views.as_view({"post": action}, detail=True), name=f"{name}-{action}"
    )


urlpatterns = [
    path("cart", cart.CartDetail.as_view(), name="cart"),
    path("cart/items", cart.CartItems.as_view(), name="cart-items"),
    path("cart/items/<str:id>", cart.CartItemDetail.as_view(), name="cart-item"),
    path("cart/coupon", cart.CartCoupon.as_view(), name="cart-coupon"),
    path("cart/shipping-options", cart.ShippingOptions.as_view(), name="cart-shipping-options"),
    path("cart/quote", cart.CartQuote.as_view(), name="cart-quote"),
    path("orders", orders.Orders.as_view(READ_MANY, detail=False), name="orders"),
    path("orders/place", orders.PlaceOrder.as_view(), name="place-order"),
    path("orders/seller", sellers.SellerParts.as_view(READ_MANY, detail=False), name="seller-parts"),
    path("orders/seller/<str:id>", sellers.SellerParts.as_view(READ_ONE, detail=True), name="seller-part"),
    *(
        act("orders/seller", sellers.SellerParts, step, "seller-part")
        for step in ("accept", "ship", "deliver", "cancel", "remove")
    ),
    path("orders/<str:id>", orders.Orders.as_view(READ_ONE, detail=True), name="order"),
    path("orders/<str:id>/events", orders.OrderEvents.as_view(READ_MANY, detail=False), name="order-events"),
    path(
        "orders/<str:order>/invoice",
        documents.Invoices.as_view({"get": "retrieve"}, detail=True),
        name="invoice",
    ),
    path(
        "orders/<str:order>/credit-notes",
        documents.CreditNotes.as_view(READ_MANY, detail=False),
        name="credit-notes",
    ),
    path(
        "orders/<str:order>/credit-notes/<str:id>",
        documents.CreditNotes.as_view(READ_ONE, detail=True),
        name="credit-note",
    ),
    act("orders", orders.Orders, "cancel", "order"),
    act("orders", orders.Orders, "returns", "order"),
    path("orders/<str:id>/reorder", cart.Reorder.as_view(), name="order-reorder"),
    path(
        "orders/<str:id>/notes",
        notes.OrderNotes.as_view(READ_MANY | {"post": "create"}, detail=False),
        name="order-notes",
    ),
    path(
        "orders/seller/<str:id>/notes",
        notes.PartNotes.as_view(READ_MANY | {"post": "create"}, detail=False),
        name="part-notes",
    ),
    path("returns", returns.Returns.as_view(READ_MANY, detail=False), name="returns"),
    path("returns/<str:id>", returns.Returns.as_view(READ_ONE, detail=True), name="return"),
    *(act("returns", returns.Returns, step, "return") for step in ("approve", "reject", "receive", "cancel")),
    path("admin/orders", orders.AdminOrders.as_view(READ_MANY, detail=False), name="admin-orders"),
    path("admin/orders/<str:id>", orders.AdminOrders.as_view(READ_ONE, detail=True), name="admin-order"),
    *crud("coupons", rules.Coupons, "coupon"),
    *crud("shipping-methods", rules.ShippingMethods, "shipping-method"),
    *crud("admin/coupons", rules.AdminCoupons, "admin-coupon"),
    *crud("admin/shipping-methods", rules.AdminShippingMethods, "admin-shipping-method"),
    *crud("admin/tax-exemptions", rules.AdminTaxExemptions, "admin-tax-exemption"),
    *crud("admin/tax-rates", rules.AdminTaxRates, "admin-tax-rate"),
]
