from orders.models.cart import MAX_LINES, MAX_QUANTITY, Cart, CartItem
from orders.models.coupon import BuyGet, Coupon, CouponUse
from orders.models.document import Document, DocumentCounter
from orders.models.note import OrderNote
from orders.models.order import Order, OrderEvent
from orders.models.part import OrderItem, OrderPart, Shipment, ShipmentItem
from orders.models.returns import Return, ReturnItem
from orders.models.rules import (
    SHIPPING_TAX_CLASS,
    STANDARD,
    ProviderAnswer,
    RuleBook,
    ShippingMethod,
    TaxExemption,
    TaxRate,
)

__all__ = [
    "MAX_LINES",
    "MAX_QUANTITY",
    "SHIPPING_TAX_CLASS",
    "STANDARD",
    "BuyGet",
    "Cart",
    "CartItem",
    "Coupon",
    "CouponUse",
    "Document",
    "DocumentCounter",
    "Order",
    "OrderEvent",
    "OrderItem",
    "OrderNote",
    "OrderPart",
    "ProviderAnswer",
    "Return",
    "ReturnItem",
    "RuleBook",
    "Shipment",
    "ShipmentItem",
    "ShippingMethod",
    "TaxExemption",
    "TaxRate",
]
