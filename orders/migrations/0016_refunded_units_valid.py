from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Reads the table without locking anybody out, in a transaction of its own."""

    dependencies = [("orders", "0015_refunded_units")]

    operations = [ValidateConstraint(model_name="orderitem", name="item_refunded")]
