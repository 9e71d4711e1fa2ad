from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0011_debit_notes")]

    operations = [
        AddIndexConcurrently(
            "orderpart",
            models.Index(fields=["seller", "delivered_at"], name="part_delivered"),
        ),
    ]
