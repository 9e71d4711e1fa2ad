"""Relative to /api/v1/."""

from django.urls import path

from payments import views

urlpatterns = [
    path(
        "orders/<str:id>/refunds",
        views.OrderRefunds.as_view({"get": "list", "post": "create"}, detail=False),
        name="order-refunds",
    ),
    path("payments", views.Payments.as_view({"post": "create"}, detail=False), name="payments"),
    path("payments/webhooks/stripe", views.StripeWebhook.as_view(), name="stripe-webhook"),
    path("payments/<str:id>", views.PaymentDetail.as_view({"get": "retrieve"}, detail=True), name="payment"),
    path(
        "payments/<str:id>/confirm",
        views.Confirm.as_view({"post": "confirm"}, detail=True),
        name="payment-confirm",
    ),
    path(
        "payments/<str:id>/settle",
        views.Settle.as_view({"post": "settle"}, detail=True),
        name="payment-settle",
    ),
]
