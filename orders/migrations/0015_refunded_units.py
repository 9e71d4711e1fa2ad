from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """The old code inserts items without the column, and the constraint is not held against those that are there."""

    dependencies = [("orders", "0014_order_of_parts")]

    operations = [
        migrations.AddField(
            model_name="orderitem",
            name="refunded_quantity",
            field=models.IntegerField(db_default=0, default=0),
        ),
        AddConstraintNotValid(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_quantity__gte", 0), ("refunded_quantity__lte", models.F("quantity"))),
                name="item_refunded",
            ),
        ),
    ]
