from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """On its own: it reads the table while others write."""

    dependencies = [
        ('social', '0006_payment_failed'),
    ]

    operations = [
        ValidateConstraint(model_name='notification', name='notification_kind_known'),
    ]
