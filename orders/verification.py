"""Invariants of orders that hold at any moment, checked by `manage.py verify`."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

# Each query selects violations: the order's number, the value found, the value expected.
CHECKS = {
    "order_differs_from_items": """
        SELECT o.number, concat_ws('/', o.subtotal_amount, o.discount_amount),
          concat_ws('/', coalesce(sum(i.unit_price_amount * i.quantity), 0), coalesce(sum(i.discount_amount), 0))
        FROM orders_order o LEFT JOIN orders_orderitem i ON i.order_id = o.id GROUP BY o.id
        HAVING o.subtotal_amount <> coalesce(sum(i.unit_price_amount * i.quantity), 0)
          OR o.discount_amount <> coalesce(sum(i.discount_amount), 0)""",
    "order_differs_from_parts": """
        SELECT o.number, concat_ws('/', o.subtotal_amount, o.discount_amount, o.shipping_amount, o.tax_amount, o.total_amount),
          concat_ws('/', sum(p.subtotal_amount), sum(p.discount_amount), sum(p.shipping_amount), sum(p.tax_amount), sum(p.total_amount))
        FROM orders_order o LEFT JOIN orders_orderpart p ON p.order_id = o.id GROUP BY o.id
        HAVING (o.subtotal_amount, o.discount_amount, o.shipping_amount, o.tax_amount, o.tax_included_amount, o.total_amount)
          IS DISTINCT FROM (sum(p.subtotal_amount)::bigint, sum(p.discount_amount)::bigint, sum(p.shipping_amount)::bigint,
            sum(p.tax_amount)::bigint, sum(p.tax_included_amount)::bigint, sum(p.total_amount)::bigint)""",
    "item_in_wrong_part": """
        SELECT o.number, i.id::text, p.order_id::text FROM orders_orderitem i
        JOIN orders_order o ON o.id = i.order_id JOIN orders_orderpart p ON p.id = i.part_id
        WHERE p.order_id <> i.order_id OR (p.currency, i.currency) <> (o.currency, o.currency)""",
    "part_differs_from_items": """
        SELECT o.number, p.subtotal_amount::text, coalesce(sum(i.unit_price_amount * i.quantity), 0)::text
        FROM orders_orderpart p JOIN orders_order o ON o.id = p.order_id LEFT JOIN orders_orderitem i ON i.part_id = p.id
        GROUP BY o.id, p.id HAVING p.subtotal_amount <> coalesce(sum(i.unit_price_amount * i.quantity), 0)
          OR p.discount_amount <> coalesce(sum(i.discount_amount), 0)""",
    "status_differs_from_parts": """
        WITH state AS (
          SELECT o.id, o.number, o.status, o.paid_at, count(*) FILTER (WHERE p.status <> 'cancelled') AS live,
            count(*) FILTER (WHERE p.status = 'delivered') AS delivered,
            count(*) FILTER (WHERE p.status IN ('shipped', 'delivered')) AS shipped,
            count(*) FILTER (WHERE p.status IN ('partially_shipped', 'shipped', 'delivered')) AS moving
          FROM orders_order o LEFT JOIN orders_orderpart p ON p.order_id = o.id GROUP BY o.id
        ), due AS (
          SELECT *, CASE WHEN live = 0 THEN CASE WHEN status = 'expired' THEN 'expired' ELSE 'cancelled' END
            WHEN paid_at IS NULL THEN 'pending_payment' WHEN delivered = live THEN 'delivered'
            WHEN shipped = live THEN 'shipped' WHEN moving > 0 THEN 'partially_shipped' ELSE 'paid' END AS expected
          FROM state
        ) SELECT number, status, expected FROM due WHERE status <> expected""",
    "shipped_differs_from_shipments": """
        SELECT o.number, i.shipped_quantity::text, coalesce(sum(s.quantity), 0)::text
        FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id LEFT JOIN orders_shipmentitem s ON s.item_id = i.id
        GROUP BY o.id, i.id HAVING i.shipped_quantity <> coalesce(sum(s.quantity), 0)""",
    "returned_differs_from_returns": """
        SELECT o.number, concat_ws('/', i.returned_quantity, i.received_quantity),
          concat_ws('/', coalesce(sum(CASE r.status WHEN 'received' THEN l.received_quantity ELSE l.quantity END), 0),
            coalesce(sum(l.received_quantity), 0))
        FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id
        LEFT JOIN (orders_returnitem l JOIN orders_return r ON r.id = l.returned_id AND r.status NOT IN ('rejected', 'cancelled'))
          ON l.item_id = i.id
        GROUP BY o.id, i.id HAVING i.received_quantity <> coalesce(sum(l.received_quantity), 0) OR i.returned_quantity
          <> coalesce(sum(CASE r.status WHEN 'received' THEN l.received_quantity ELSE l.quantity END), 0)""",
    "part_status_differs_from_shipments": """
        SELECT o.number, p.status, concat(sum(i.shipped_quantity), ' shipped of ', sum(i.quantity - i.cancelled_quantity))
        FROM orders_orderpart p JOIN orders_order o ON o.id = p.order_id JOIN orders_orderitem i ON i.part_id = p.id
        WHERE NOT (p.status = 'cancelled' AND o.status = 'cancelled' AND o.may_ship_unpaid AND o.paid_at IS NULL)
        GROUP BY o.id, p.id HAVING
          (p.status IN ('shipped', 'delivered')) <> (sum(i.shipped_quantity) = sum(i.quantity - i.cancelled_quantity))
          OR (p.status IN ('pending', 'accepted', 'cancelled') AND sum(i.shipped_quantity) > 0)""",
    "document_numbers_have_gaps": """
        SELECT c.series, concat(count(d.id), ' up to ', coalesce(max(d.sequence), 0)), c.last::text
        FROM orders_documentcounter c LEFT JOIN orders_document d ON d.kind = c.series GROUP BY c.series, c.last
        HAVING count(d.id) <> c.last OR coalesce(max(d.sequence), 0) <> c.last""",
    "credited_more_than_invoiced": """
        SELECT o.number, sum(CASE d.kind WHEN 'debit_note' THEN -d.amount ELSE d.amount END)::text, o.total_amount::text
        FROM orders_document d JOIN orders_order o ON o.id = d.order_id WHERE d.kind <> 'invoice' GROUP BY o.id
        HAVING sum(CASE d.kind WHEN 'debit_note' THEN -d.amount ELSE d.amount END) NOT BETWEEN 0 AND o.total_amount""",
    "stock_state_wrong": """
        SELECT number, stock, status FROM orders_order
        WHERE (status IN ('expired', 'cancelled')) <> (stock = 'released')
          OR (stock = 'held') <> (hold_expires_at IS NOT NULL)
          OR (stock = 'held' AND status <> 'pending_payment')
          OR (status IN ('paid', 'partially_shipped', 'shipped', 'delivered') AND stock <> 'sold')""",
    "holds_differ_from_order": """
        WITH wanted AS (
          SELECT o.id, o.number, o.stock, coalesce(sum(i.quantity) FILTER (WHERE i.variant_id IS NOT NULL), 0) AS quantity
          FROM orders_order o LEFT JOIN orders_orderitem i ON i.order_id = o.id GROUP BY o.id
        ), held AS (
          SELECT reference, sum(quantity) AS quantity FROM catalog_stockhold WHERE status = 'active' GROUP BY reference
        ) SELECT number, coalesce(held.quantity, 0)::text, CASE stock WHEN 'held' THEN wanted.quantity ELSE 0 END::text
        FROM wanted LEFT JOIN held ON held.reference = 'order:' || wanted.id
        WHERE coalesce(held.quantity, 0) <> CASE stock WHEN 'held' THEN wanted.quantity ELSE 0 END""",
    "coupon_uses_miscounted": """
        SELECT c.code, c.used_count::text, count(u.id)::text FROM orders_coupon c
        LEFT JOIN orders_couponuse u ON u.coupon_id = c.id AND u.given_back_at IS NULL
        GROUP BY c.id HAVING c.used_count <> count(u.id)""",
}


def verify_orders() -> Iterator[dict[str, Any]]:
    """Yields {"kind", "detail", "order"} for each violation."""
    with connection.cursor() as cursor:
        for kind, sql in CHECKS.items():
            cursor.execute(sql)
            for name, found, expected in cursor.fetchall():
                yield {"kind": kind, "detail": f"{name}: {found}, not {expected}", "order": name}
