from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_balances_by_closings")]

    operations = [
        migrations.CreateModel(
            name="PayoutPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("schedule", models.CharField(max_length=10)),
                ("day", models.DateField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=Q(pk=1), name="payout_period_once")],
            },
        ),
    ]
