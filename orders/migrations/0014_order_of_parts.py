from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_codes_of_deleted_coupons")]

    operations = [migrations.AlterModelOptions("orderpart", options={"ordering": ["id"]})]
