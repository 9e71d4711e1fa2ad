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
    path("me/payment-methods", views.PaymentMethods.as_view(), name="payment-methods"),
    path("me/payment-methods/<str:id>", views.PaymentMethodDetail.as_view(), name="payment-method"),
    path("seller/ledger", views.SellerLedger.as_view({"get": "list"}, detail=False), name="seller-ledger"),
    path("seller/balance", views.SellerBalance.as_view(), name="seller-balance"),
    path("seller/statement", views.SellerStatement.as_view(), name="seller-statement"),
    path(
        "seller/disputes", views.SellerDisputes.as_view({"get": "list"}, detail=False), name="seller-disputes"
    ),
    path("seller/payout-account", views.OwnPayoutAccount.as_view(), name="payout-account"),
    path("payouts", views.Payouts.as_view({"get": "list"}, detail=False), name="payouts"),
    path("payouts/<str:id>", views.Payouts.as_view({"get": "retrieve"}, detail=True), name="payout"),
    path("admin/ledger", views.AdminLedger.as_view({"get": "list"}, detail=False), name="admin-ledger"),
    path(
        "admin/ledger/adjustments",
        views.Adjustments.as_view({"post": "create"}, detail=False),
        name="adjustments",
    ),
    path("admin/disputes", views.AdminDisputes.as_view({"get": "list"}, detail=False), name="admin-disputes"),
    path("admin/sellers/<str:id>/statement", views.AdminStatement.as_view(), name="admin-statement"),
    path("admin/payouts/run", views.RunPayouts.as_view({"post": "create"}, detail=False), name="run-payouts"),
    path("admin/payouts/bank-file", views.BankFile.as_view({"get": "export"}, detail=True), name="bank-file"),
    path(
        "admin/payouts/<str:id>/pay", views.PayPayout.as_view({"post": "pay"}, detail=True), name="payout-pay"
    ),
    path(
        "admin/payouts/<str:id>/retry",
        views.RetryPayout.as_view({"post": "retry"}, detail=True),
        name="payout-retry",
    ),
    path(
        "admin/payouts/<str:id>/cancel",
        views.CancelPayout.as_view({"post": "cancel"}, detail=True),
        name="payout-cancel",
    ),
]
