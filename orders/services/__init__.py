from orders.services.arriving import deliver_overdue_parts
from orders.services.carts import (
    add_line,
    apply_coupon,
    change_line,
    empty_cart,
    lock_cart,
    remove_coupon,
    remove_line,
    view_cart,
)
from orders.services.claiming import claim_guest_orders
from orders.services.closing import cancel_order, due_orders, expire_due_orders, expire_order
from orders.services.coupons import delete_coupon
from orders.services.documents import issue_credit_note, issue_invoice, reverse_credit_note
from orders.services.editing import remove_items
from orders.services.fulfilment import accept_part, cancel_part, deliver_part, ship_part
from orders.services.placement import Checkout, place_order
from orders.services.refunding import count_refunded, uncount_refunded
from orders.services.reordering import reorder
from orders.services.returning import (
    Received,
    approve_return,
    cancel_return,
    receive_return,
    reject_return,
    request_return,
)
from orders.services.settlement import (
    allow_shipping_unpaid,
    extend_order_hold,
    has_received,
    mark_order_paid,
    record_refund,
    set_being_paid,
)
from orders.services.timeline import locked_order

__all__ = [
    "Checkout",
    "Received",
    "accept_part",
    "add_line",
    "allow_shipping_unpaid",
    "apply_coupon",
    "approve_return",
    "cancel_order",
    "cancel_part",
    "cancel_return",
    "change_line",
    "claim_guest_orders",
    "count_refunded",
    "delete_coupon",
    "deliver_overdue_parts",
    "deliver_part",
    "due_orders",
    "empty_cart",
    "expire_due_orders",
    "expire_order",
    "extend_order_hold",
    "has_received",
    "issue_credit_note",
    "issue_invoice",
    "lock_cart",
    "locked_order",
    "mark_order_paid",
    "place_order",
    "receive_return",
    "record_refund",
    "reject_return",
    "remove_coupon",
    "remove_items",
    "remove_line",
    "reorder",
    "request_return",
    "reverse_credit_note",
    "set_being_paid",
    "ship_part",
    "uncount_refunded",
    "view_cart",
]
