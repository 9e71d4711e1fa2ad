"""Each change of stock is one statement: it locks, plans, updates under a guard, and writes holds and movements.

It consists of common table expressions, so that a hot row is locked for one round trip and the commit:
    concern  the variants concerned
    locked   all levels of those variants, locked in id order (so opposite orders cannot deadlock)
    plan     the change per level: `hand` is added to `on_hand`, `reserve` to `reserved`
    changed  the guarded update: `reserved - on_hand` may not exceed `backorder_limit` afterwards
    told     `inventory.changed` in the event log
"""

from dataclasses import dataclass
from typing import Any

from catalog.events import InventoryChanged
from config.shared.logs import request_id_now
from config.shared.postgres import prepared

DEMAND = """concern AS MATERIALIZED (
  SELECT * FROM {demand} AS demand (variant_id, quantity)
)"""
# Up to FEW rows are VALUES: PostgreSQL assumes ten for an array of unknown length and would replan each order (2 ms).
FEW = 8
MANY = "unnest(%(variants)s::bigint[], %(quantities)s::bigint[])"
# A hold ends once: a statement that waited for the row finds it no longer active.
ENDED = """ending AS MATERIALIZED (
  SELECT id, level_id, variant_id, quantity FROM catalog_stockhold
  WHERE reference = %(reference)s AND status = 'active' ORDER BY id FOR NO KEY UPDATE
), concern AS MATERIALIZED (
  SELECT DISTINCT variant_id FROM ending
), ended AS (
  UPDATE catalog_stockhold hold SET status = %(status)s FROM ending WHERE hold.id = ending.id
)"""
LOCKED = """locked AS MATERIALIZED (
  SELECT level.id, level.variant_id, level.location_id, level.on_hand - level.reserved AS free,
    level.backorder_limit AS backorder, level.low_stock_threshold AS threshold, location.priority, location.is_active
  FROM catalog_stocklevel level JOIN catalog_location location ON location.id = level.location_id
  WHERE level.variant_id IN (SELECT variant_id FROM concern)
  ORDER BY level.id FOR NO KEY UPDATE OF level
)"""
# Distributes each variant's demand over its levels by priority: units in stock first, then backorders. If one variant
# is short, nothing is taken at all.
SHARED_OUT = """room AS (
  SELECT id, variant_id, priority, 0 AS tier, greatest(free, 0) AS units FROM locked
  UNION ALL
  SELECT id, variant_id, priority, 1, backorder + least(free, 0) FROM locked WHERE backorder > 0
), offered AS (
  SELECT room.id, units, quantity, coalesce(sum(units) OVER (PARTITION BY variant_id ORDER BY tier, priority, room.id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier
  FROM room JOIN concern USING (variant_id)
), taken AS MATERIALIZED (
  SELECT id AS level_id, sum(least(units, quantity - earlier))::int AS quantity FROM offered
  WHERE units > 0 AND quantity > earlier GROUP BY id
), plan AS (
  SELECT level_id, %(hand)s * quantity AS hand, %(reserve)s * quantity AS reserve FROM taken
  WHERE (SELECT sum(quantity) FROM taken) = (SELECT sum(quantity) FROM concern)
)"""
AS_HELD = """plan AS (
  SELECT level_id, %(hand)s * sum(quantity)::int AS hand, %(reserve)s * sum(quantity)::int AS reserve
  FROM ending GROUP BY level_id
)"""
# Returns units to the levels they were sold from, at most as many as each sold; the rest goes to the first open level.
GIVEN_BACK = """offered AS (
  SELECT locked.id, variant_id, quantity, sold, coalesce(sum(sold) OVER (
    PARTITION BY variant_id ORDER BY priority, locked.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier
  FROM locked JOIN concern USING (variant_id) JOIN (
    SELECT level_id, -sum(delta) AS sold FROM catalog_stockmovement
    WHERE reference = %(reference)s AND reference <> '' GROUP BY level_id HAVING sum(delta) < 0
  ) sale ON sale.level_id = locked.id WHERE is_active
), known AS (
  SELECT id AS level_id, variant_id, least(sold, quantity - earlier) AS quantity FROM offered WHERE quantity > earlier
), rest AS (
  SELECT DISTINCT ON (variant_id) locked.id AS level_id, variant_id, concern.quantity - coalesce(
    (SELECT sum(quantity) FROM known WHERE known.variant_id = concern.variant_id), 0) AS quantity
  FROM locked JOIN concern USING (variant_id) ORDER BY variant_id, is_active DESC, priority, locked.id
), plan AS (
  SELECT level_id, sum(quantity)::int AS hand, 0 AS reserve
  FROM (SELECT level_id, quantity FROM known UNION ALL SELECT level_id, quantity FROM rest) AS share
  GROUP BY level_id HAVING sum(quantity) > 0
)"""
ADJUSTED = """plan AS (
  SELECT locked.id AS level_id, wanted.delta AS hand, 0 AS reserve
  FROM locked JOIN unnest(%(levels)s::bigint[], %(deltas)s::int[]) AS wanted (id, delta) ON wanted.id = locked.id
)"""
# The subquery waits for all locks. Otherwise the planner may run `changed` before `locked`, whose FOR UPDATE then skips
# rows that this statement has already changed: levels would be missing from the result, or locked out of order.
CHANGED = """changed AS (
  UPDATE catalog_stocklevel level SET on_hand = level.on_hand + plan.hand, reserved = level.reserved + plan.reserve
  FROM plan WHERE (SELECT count(*) FROM locked) > 0 AND level.id = plan.level_id AND level.reserved + plan.reserve >= 0
    AND level.reserved + plan.reserve - (level.on_hand + plan.hand) <= level.backorder_limit
  RETURNING level.id, level.variant_id, level.on_hand, level.backorder_limit, plan.hand, plan.reserve
)"""
LIMITED = """changed AS (
  UPDATE catalog_stocklevel level SET backorder_limit = %(limit)s, version = level.version + 1
  FROM locked WHERE level.id = locked.id AND level.id = %(level)s AND (SELECT count(*) FROM locked) > 0
    AND level.reserved - level.on_hand <= %(limit)s
  RETURNING level.id, level.variant_id, level.on_hand, level.backorder_limit, 0 AS hand, 0 AS reserve
)"""
HELD = """held AS (
  INSERT INTO catalog_stockhold (level_id, variant_id, quantity, reference, status, expires_at)
  SELECT id, variant_id, reserve, %(reference)s, 'active', %(expires_at)s FROM changed
)"""
MOVED = """moved AS (
  INSERT INTO catalog_stockmovement (level_id, kind, delta, on_hand_after, reason, actor, reference)
  SELECT id, %(kind)s, hand, on_hand, %(reason)s, %(actor)s, %(reference)s FROM changed
)"""
# The remaining units of each changed variant, logged by the statement that holds its lock.
TOLD = """told AS (
  INSERT INTO shared_eventrecord (type, version, stream, audiences, request_id, data)
  SELECT %(event_type)s, %(event_version)s, %(event_stream)s, ARRAY['product:' || product_id, 'seller:' || seller_id],
    %(request_id)s::text,
    jsonb_build_object('product', product_id::text, 'variant', variant_id::text, 'available', quantity > 0, 'quantity', quantity)
  FROM (
    SELECT locked.variant_id, sum(greatest(0,
      locked.free::bigint + coalesce(hand - reserve, 0) + coalesce(changed.backorder_limit, locked.backorder))) AS quantity
    FROM locked LEFT JOIN changed ON changed.id = locked.id
    GROUP BY locked.variant_id HAVING count(changed.id) > 0
  ) AS now JOIN catalog_variant variant ON variant.id = now.variant_id ORDER BY variant_id
)"""
EVENT = {
    "event_type": InventoryChanged.type,
    "event_version": InventoryChanged.version,
    "event_stream": InventoryChanged.stream,
}
# The first level of each new variant, with a movement for the units received.
RECEIVE = """
WITH level AS (
  INSERT INTO catalog_stocklevel (variant_id, location_id, on_hand, reserved, low_stock_threshold, version)
  SELECT variant, %(location)s, stock, 0, 0, 1 FROM unnest(%(variants)s::bigint[], %(stocks)s::int[]) AS new (variant, stock)
  RETURNING id, on_hand
)
INSERT INTO catalog_stockmovement (level_id, kind, delta, on_hand_after, actor)
SELECT id, 'received', on_hand, on_hand, %(actor)s FROM level WHERE on_hand > 0
"""
RESULT = """
SELECT locked.id AS level_id, locked.variant_id, variant.product_id, variant.seller_id, locked.location_id, locked.threshold,
  locked.free AS before, locked.free + coalesce(hand - reserve, 0) AS after,
  locked.free::bigint + locked.backorder AS sellable_before,
  locked.free::bigint + coalesce(hand - reserve, 0) + coalesce(changed.backorder_limit, locked.backorder) AS sellable_after,
  changed.id IS NOT NULL AS is_changed, coalesce(hand, 0) AS hand
FROM locked JOIN catalog_variant variant ON variant.id = locked.variant_id LEFT JOIN changed ON changed.id = locked.id
ORDER BY locked.variant_id, locked.id
"""


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A locked level. `before` and `after` are its unreserved units (negative: owed); `sellable_before` and
    `sellable_after` add the backorder limit. `hand` is the change of `on_hand`.
    """

    level_id: int
    variant_id: int
    product_id: int
    seller_id: int
    location_id: int
    threshold: int
    before: int
    after: int
    sellable_before: int
    sellable_after: int
    is_changed: bool
    hand: int


def statement(*tables: str) -> str:
    return "WITH " + ", ".join([*tables, TOLD]) + RESULT


HOLD = statement(DEMAND, LOCKED, SHARED_OUT, CHANGED, HELD)
SELL = statement(DEMAND, LOCKED, SHARED_OUT, CHANGED, MOVED)
RELEASE_HOLDS = statement(ENDED, LOCKED, AS_HELD, CHANGED)
SELL_HOLDS = statement(ENDED, LOCKED, AS_HELD, CHANGED, MOVED)
GIVE_BACK = statement(DEMAND, LOCKED, GIVEN_BACK, CHANGED, MOVED)
ADJUST = statement(DEMAND, LOCKED, ADJUSTED, CHANGED, MOVED)
LIMIT = statement(DEMAND, LOCKED, LIMITED)


def run(sql: str, **parameters: Any) -> list[LevelChange]:
    """Returns the locked levels, changed or not."""
    count = len(parameters.get("variants", ()))
    if 0 < count <= FEW:
        demand = ", ".join(f"(%(variant{n})s::bigint, %(quantity{n})s::bigint)" for n in range(count))
        sql = sql.replace("{demand}", f"(VALUES {demand})")
        for n in range(count):
            parameters[f"variant{n}"] = parameters["variants"][n]
            parameters[f"quantity{n}"] = parameters["quantities"][n]
    given = parameters | EVENT | {"request_id": request_id_now()}
    return [LevelChange(*row) for row in prepared.rows(sql.replace("{demand}", MANY), given)]
