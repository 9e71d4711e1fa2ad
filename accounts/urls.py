"""URLs relative to `/api/v1/`."""

from django.urls import path

from accounts.views import access, auth, factor, me, sellers, staff

READ_MANY, READ_ONE = {"get": "list"}, {"get": "retrieve"}

urlpatterns = [
    path("auth/register", auth.Register.as_view(), name="register"),
    path("auth/token", auth.LogIn.as_view(), name="log-in"),
    path("auth/token/refresh", auth.Refresh.as_view(), name="refresh"),
    path("auth/logout", auth.LogOut.as_view(), name="log-out"),
    path("auth/logout-all", auth.LogOutAll.as_view(), name="log-out-all"),
    path("auth/verify-email", auth.VerifyEmail.as_view(), name="verify-email"),
    path("auth/verify-email/resend", auth.ResendVerification.as_view(), name="resend-verification"),
    path("auth/password/change", auth.ChangePassword.as_view(), name="change-password"),
    path("auth/password/reset", auth.RequestReset.as_view(), name="request-reset"),
    path("auth/password/reset/confirm", auth.ConfirmReset.as_view(), name="confirm-reset"),
    path("auth/email/change", auth.RequestEmailChange.as_view(), name="request-email-change"),
    path("auth/email/change/confirm", auth.ConfirmEmailChange.as_view(), name="confirm-email-change"),
    path("auth/websocket-ticket", auth.WebsocketTicket.as_view(), name="websocket-ticket"),
    path("me", me.Me.as_view(), name="me"),
    path("me/export", me.Export.as_view(), name="export"),
    path(
        "me/addresses", me.Addresses.as_view(READ_MANY | {"post": "create"}, detail=False), name="addresses"
    ),
    path(
        "me/addresses/<str:id>",
        me.Addresses.as_view(READ_ONE | {"patch": "partial_update", "delete": "destroy"}, detail=True),
        name="address",
    ),
    path("auth/step-up", factor.StepUp.as_view(), name="step-up"),
    path("me/totp", factor.Totp.as_view(), name="totp"),
    path("me/totp/confirm", factor.ConfirmTotp.as_view(), name="confirm-totp"),
    path("me/sessions", access.Sessions.as_view(READ_MANY, detail=False), name="sessions"),
    path("me/sessions/<str:id>", access.Sessions.as_view({"delete": "destroy"}, detail=True), name="session"),
    path(
        "me/api-keys", access.ApiKeys.as_view(READ_MANY | {"post": "create"}, detail=False), name="api-keys"
    ),
    path("me/api-keys/<str:id>", access.ApiKeys.as_view({"delete": "destroy"}, detail=True), name="api-key"),
    path("sellers", sellers.Sellers.as_view(READ_MANY, detail=False), name="sellers"),
    path("sellers/apply", sellers.Apply.as_view(), name="apply"),
    path("sellers/me", sellers.OwnShop.as_view(), name="own-shop"),
    path("sellers/me/logo", sellers.Logo.as_view(), name="logo"),
    path("sellers/<str:id>", sellers.Sellers.as_view(READ_ONE, detail=True), name="seller"),
    path("admin/security-events", staff.SecurityEvents.as_view(READ_MANY, detail=False), name="trail"),
    path(
        "admin/security-events/<str:id>",
        staff.SecurityEvents.as_view(READ_ONE, detail=True),
        name="trail-line",
    ),
    path("admin/users", staff.AdminUsers.as_view(READ_MANY, detail=False), name="admin-users"),
    path(
        "admin/users/<str:id>",
        staff.AdminUsers.as_view(READ_ONE | {"patch": "partial_update"}, detail=True),
        name="admin-user",
    ),
    path("admin/sellers", staff.AdminSellers.as_view(READ_MANY, detail=False), name="admin-sellers"),
    path(
        "admin/sellers/<str:id>",
        staff.AdminSellers.as_view(READ_ONE | {"patch": "partial_update"}, detail=True),
        name="admin-seller",
    ),
    *(
        path(
            f"admin/sellers/<str:id>/{act}",
            staff.AdminSellers.as_view({"post": act}, detail=True),
            name=f"{act}-seller",
        )
        for act in ("approve", "reject", "suspend")
    ),
]
