"""The API and its description."""

from config.environment import ratio
from config.settings.addresses import PUBLIC_URL

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.shared.permissions.IsSignedIn"],
    "DEFAULT_PARSER_CLASSES": ["config.shared.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["config.shared.api.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["config.shared.api.throttling.RateLimit"],
    "DEFAULT_PAGINATION_CLASS": "config.shared.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "config.shared.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "config.shared.errors.problem_response",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "config.shared.api.renderers.JSONRenderer",
        "rest_framework.renderers.MultiPartRenderer",
    ],
}
# Requests allowed per window (seconds), by scope: for a known caller, and for an address.
THROTTLE_RATES = {
    "user": (600, 60),
    "address": (1200, 60),
    "auth": (20, 60),
    "place": (30, 60),
    "follow": (60, 60),
    "announce": (10, 86_400),
    "review": (20, 3600),
    "message": (30, 60),
}
THROTTLE_SCALE = ratio("THROTTLE_SCALE", 1)
SPECTACULAR_SETTINGS = {
    "TITLE": "Souk",
    "DESCRIPTION": "A marketplace backend: accounts, catalogue, orders, payments and social commerce.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "filter": True,
        "persistAuthorization": True,
        "tryItOutEnabled": True,
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.openapi.finish"],
    "CONTACT": {"name": "Souk", "url": PUBLIC_URL},
    "LICENSE": {"name": "MIT", "url": "https://opensource.org/license/mit"},
    "SERVERS": [{"url": PUBLIC_URL, "description": "This installation"}],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "orderToken": {
                "type": "apiKey",
                "in": "header",
                "name": "Order-Token",
                "description": "A guest's order: the `access_token` of its placement.",
            },
        }
    },
    "ENUM_NAME_OVERRIDES": {
        "SellerStatus": "accounts.models.Seller.Status",
        "ProductStatus": "catalog.models.products.Product.Status",
        "ImportStatus": "catalog.models.imports.ProductImport.Status",
        "OrderStatus": "orders.models.order.OrderStatus",
        "PartStatus": "orders.models.part.PartStatus",
        "DeliveryStatus": "config.shared.webhooks.models.WebhookDelivery.Status",
        "CouponKind": "orders.models.coupon.Coupon.Kind",
        "ShippingKind": "orders.models.rules.ShippingMethod.Kind",
        "ReturnStatus": "orders.models.returns.ReturnStatus",
        "PaymentStatus": "payments.models.Payment.Status",
        "RefundState": "payments.models.Refund.Status",
        "OrderRefundStatus": "orders.models.order.RefundStatus",
        "NotificationKind": "social.models.notifications.Kind",
        "ReviewStatus": "social.models.reviews.ReviewStatus",
        "PostKind": "social.models.posts.PostKind",
        "PaymentMethod": "payments.models.Payment.Method",
        "PaymentProvider": "payments.models.Payment.Provider",
        "PayoutStatus": "payments.models.Payout.Status",
        "DisputeStatus": "payments.models.Dispute.Status",
    },
}
