"""Products a user has viewed, and products bought together."""

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from catalog.models import Product
from social.models import RecentView, settings_of

KEPT = 50  # views per user
LATEST = 200_000  # order lines analysed
WIDEST = 50  # products per order; a larger order says little about taste
SHOWN = 12
COMPUTE = """
WITH line AS MATERIALIZED (
  SELECT DISTINCT item.order_id, item.product_id FROM (
    SELECT order_id, product_id FROM orders_orderitem WHERE product_id IS NOT NULL ORDER BY id DESC LIMIT %s) AS item
  JOIN orders_order placed ON placed.id = item.order_id AND placed.paid_at IS NOT NULL AND placed.status <> 'cancelled'
), basket AS MATERIALIZED (
  SELECT order_id FROM line GROUP BY order_id HAVING count(*) BETWEEN 2 AND %s
), pair AS (
  SELECT one.product_id, other.product_id AS other_id, count(*) AS orders
  FROM basket JOIN line one USING (order_id) JOIN line other USING (order_id)
  WHERE one.product_id <> other.product_id GROUP BY 1, 2
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY product_id ORDER BY orders DESC, other_id) AS rank FROM pair
)
INSERT INTO social_alsobought (product_id, other_id, rank, orders)
SELECT product_id, other_id, rank, orders FROM ranked WHERE rank <= %s
"""


@transaction.atomic
def remember_view(*, user: User, product: Product) -> None:
    """Keeps the newest views; does nothing if the user has turned history off."""
    if not settings_of(user).keeps_history:
        return
    RecentView.objects.update_or_create(user=user, product=product, defaults={"viewed_at": timezone.now()})
    mine = RecentView.objects.filter(user=user).order_by("-viewed_at", "-pk")
    RecentView.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[KEPT:])).delete()


@transaction.atomic
def forget_views(*, user: User) -> int:
    return RecentView.objects.filter(user=user).delete()[0]


@transaction.atomic
def compute_also_bought() -> int:
    """Reads only the newest order lines, however many exist; readers see the old rows until this commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM social_alsobought")
        cursor.execute(COMPUTE, [LATEST, WIDEST, SHOWN])
        return cursor.rowcount
