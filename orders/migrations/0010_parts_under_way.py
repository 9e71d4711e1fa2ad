from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0009_rule_book")]

    operations = [
        AddIndexConcurrently(
            "orderpart",
            models.Index(fields=["id"], condition=models.Q(status="shipped"), name="part_under_way"),
        ),
    ]
