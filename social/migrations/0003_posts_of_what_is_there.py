from django.db import migrations

# What is on sale already stands in the feeds by its date; nobody is told of it again.
FILL = """
INSERT INTO social_broadcast (seller_id, told_up_to, told_at, created_at)
SELECT DISTINCT seller_id, 0, now(), now() FROM catalog_product WHERE status = 'active';
INSERT INTO social_post (seller_id, brand_id, product_id, kind, occasion, title, body, data, broadcast_id, created_at)
SELECT product.seller_id, brand_id, product.id, 'product.new', '', '', '', '{}', broadcast.id, product.created_at
FROM catalog_product product JOIN social_broadcast broadcast ON broadcast.seller_id = product.seller_id
WHERE status = 'active' ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("social", "0002_feed_and_preferences"), ("catalog", "0001_initial")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
