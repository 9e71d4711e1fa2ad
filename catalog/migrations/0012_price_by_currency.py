"""Sorting by price is by the prices of one currency."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_user_erased_at'),
        ('catalog', '0011_a_past_that_is_loaded'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='product',
            name='product_by_price',
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['currency', 'price_amount', 'id'], name='product_by_price'),
        ),
    ]
