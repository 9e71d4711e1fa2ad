from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0006_closed_days")]

    operations = [RemoveIndexConcurrently("ledgerentry", "ledger_entry_balance")]
