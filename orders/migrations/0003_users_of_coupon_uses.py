from django.db import migrations

FILL = """
UPDATE orders_couponuse used SET user_id = o.user_id FROM orders_order o
WHERE o.id = used.order_id AND o.user_id IS NOT NULL AND used.user_id IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_being_paid_and_coupon_uses'),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
