import django.db.models.deletion
from django.db import migrations, models

# What is posted now bears its transaction's time, and costs nothing here. What bears an earlier one belongs to a day that may be closed.
CREATE = """
CREATE FUNCTION payments_reopen_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM payments_ledgerclosing WHERE day >= (NEW.created_at AT TIME ZONE 'UTC')::date;
  RETURN NULL;
END $$;
CREATE TRIGGER payments_ledgerentry_reopen AFTER INSERT ON payments_ledgerentry
  FOR EACH ROW WHEN (NEW.created_at < transaction_timestamp()) EXECUTE FUNCTION payments_reopen_ledger();
"""
DROP = """
DROP TRIGGER payments_ledgerentry_reopen ON payments_ledgerentry;
DROP FUNCTION payments_reopen_ledger();
"""
ACCOUNTS = [
    ("stripe", "Stripe"), ("bank", "Bank"), ("buyer_clearing", "Buyer Clearing"), ("seller_payable", "Seller Payable"),
    ("reserve", "Reserve"), ("payout_clearing", "Payout Clearing"), ("commission", "Commission"),
    ("commission_tax", "Commission Tax"), ("shipping", "Shipping"), ("tax", "Tax"), ("stripe_fees", "Stripe Fees"),
    ("disputes", "Disputes"), ("adjustments", "Adjustments"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_user_erased_at"), ("payments", "0005_the_books_balance")]

    operations = [
        migrations.CreateModel(
            name="LedgerClosing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("account", models.CharField(choices=ACCOUNTS, max_length=20)),
                ("day", models.DateField()),
                ("amount", models.BigIntegerField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.seller",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="ledger_closing_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "currency", "account", "day"), name="ledger_closing_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
