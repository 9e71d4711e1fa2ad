from django.db import migrations, models


class Migration(migrations.Migration):
    zero_downtime = "coupons are few: their index is made anew within milliseconds, in one transaction"
    dependencies = [("orders", "0012_parts_by_delivery")]

    operations = [
        migrations.AddField(
            "coupon", "keeps_code", models.BooleanField(db_default=True, default=True, editable=False)
        ),
        migrations.RemoveConstraint("coupon", "coupon_code"),
        migrations.AddConstraint(
            "coupon",
            models.UniqueConstraint(
                condition=models.Q(("keeps_code", True)),
                fields=("code",),
                name="coupon_code_kept",
                violation_error_code="code_taken",
                violation_error_message="There is a coupon with this code already.",
            ),
        ),
    ]
