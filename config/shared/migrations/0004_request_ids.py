from django.db import migrations, models

COLUMN = models.CharField(blank=True, db_default="", default="", editable=False, max_length=128)


class Migration(migrations.Migration):
    dependencies = [("shared", "0003_webhooks")]

    operations = [
        migrations.AddField(model_name="eventrecord", name="request_id", field=COLUMN.clone()),
        migrations.AddField(model_name="webhookdelivery", name="request_id", field=COLUMN.clone()),
    ]
