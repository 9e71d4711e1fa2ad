"""Prices in further currencies; who changed a price.

The history's triggers serve both tables: a variant's id is in `id` of the one and in `variant_id` of the other, which is
the trigger's argument.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

HISTORY = """
CREATE OR REPLACE FUNCTION catalog_price_began() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_pricechange (variant_id, amount, compare_at_amount, currency, is_sale, actor, at)
  VALUES ((to_jsonb(NEW) ->> coalesce(TG_ARGV[0], 'id'))::bigint, NEW.current_amount, NEW.current_compare_at, NEW.currency,
    NEW.is_sale_running, coalesce(current_setting('souk.actor', true), ''), now());
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION catalog_price_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  variant bigint := (to_jsonb(NEW) ->> coalesce(TG_ARGV[0], 'id'))::bigint;
  price bigint := CASE WHEN NEW.is_sale_running THEN NEW.sale_amount ELSE NEW.price_amount END;
  beside bigint := CASE WHEN NEW.is_sale_running THEN greatest(NEW.price_amount, coalesce(NEW.compare_at_amount, 0))
    ELSE NEW.compare_at_amount END;
  is_reduced boolean := coalesce(beside > price, false);
  was_reduced boolean := coalesce(OLD.current_compare_at > OLD.current_amount, false);
BEGIN
  IF (price, beside, NEW.currency) IS NOT DISTINCT FROM (OLD.current_amount, OLD.current_compare_at, OLD.currency) THEN
    RETURN NEW;
  END IF;
  IF NOT is_reduced OR NEW.currency <> OLD.currency THEN
    NEW.prior_amount := NULL;
  ELSIF price <> OLD.current_amount OR NOT was_reduced THEN
    SELECT min(amount) INTO NEW.prior_amount FROM catalog_pricechange
    WHERE variant_id = variant AND currency = NEW.currency AND (at >= now() - interval '30 days' OR id = (
      SELECT max(id) FROM catalog_pricechange
      WHERE variant_id = variant AND currency = NEW.currency AND at < now() - interval '30 days'));
  END IF;
  INSERT INTO catalog_pricechange (variant_id, amount, compare_at_amount, currency, is_sale, actor, at)
  VALUES (variant, price, beside, NEW.currency, NEW.is_sale_running, coalesce(current_setting('souk.actor', true), ''), now());
  RETURN NEW;
END $$;
CREATE TRIGGER price_began AFTER INSERT ON catalog_variantprice
  FOR EACH ROW EXECUTE FUNCTION catalog_price_began('variant_id');
CREATE TRIGGER price_changed BEFORE UPDATE OF price_amount, compare_at_amount, currency, sale_amount, is_sale_running
  ON catalog_variantprice FOR EACH ROW EXECUTE FUNCTION catalog_price_changed('variant_id');
CREATE TRIGGER touch_change AFTER INSERT OR DELETE ON catalog_variantprice
  FOR EACH ROW EXECUTE FUNCTION catalog_touch_part();
CREATE TRIGGER touch_update AFTER UPDATE ON catalog_variantprice
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION catalog_touch_part();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0012_price_by_currency'),
    ]

    operations = [
        migrations.AddField(
            model_name='pricechange',
            name='actor',
            field=models.CharField(blank=True, db_default='', max_length=80),
        ),
        migrations.AddField(
            model_name='product',
            name='currencies',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), blank=True, default=list, editable=False, size=None),
        ),
        migrations.AlterField(
            model_name='pricechange',
            name='amount',
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name='ProductPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('price_amount', models.BigIntegerField()),
                ('compare_at_amount', models.BigIntegerField(null=True)),
                ('prior_amount', models.BigIntegerField(null=True)),
                ('is_on_sale', models.BooleanField()),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='catalog.product')),
            ],
            options={
                'indexes': [models.Index(fields=['currency', 'price_amount', 'product'], name='product_price_by_amount')],
                'constraints': [models.UniqueConstraint(fields=('product', 'currency'), name='product_price_once')],
            },
        ),
        migrations.CreateModel(
            name='VariantPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('price_amount', models.BigIntegerField()),
                ('compare_at_amount', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('sale_amount', models.BigIntegerField(blank=True, null=True)),
                ('sale_from', models.DateTimeField(blank=True, null=True)),
                ('sale_until', models.DateTimeField(blank=True, null=True)),
                ('is_sale_running', models.BooleanField(default=False)),
                ('current_amount', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('is_sale_running', True)), then=models.F('sale_amount')), default=models.F('price_amount')), output_field=models.BigIntegerField())),
                ('current_compare_at', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('is_sale_running', True)), then=django.db.models.functions.comparison.Greatest(models.F('price_amount'), django.db.models.functions.comparison.Coalesce(models.F('compare_at_amount'), 0))), default=models.F('compare_at_amount')), output_field=models.BigIntegerField())),
                ('prior_amount', models.BigIntegerField(blank=True, editable=False, null=True)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='catalog.variant')),
            ],
            options={
                'ordering': ['currency'],
                'indexes': [models.Index(condition=models.Q(('sale_amount__isnull', False)), fields=['sale_from'], name='variant_price_with_sale')],
                'constraints': [models.CheckConstraint(condition=models.Q(('price_amount__gte', 0), ('price_amount__lte', 9007199254740991)), name='variant_price_amount'), models.CheckConstraint(condition=models.Q(('compare_at_amount', None), models.Q(('compare_at_amount__gte', 0), ('compare_at_amount__lte', 9007199254740991)), _connector='OR'), name='variant_price_compare_at'), models.CheckConstraint(condition=models.Q(models.Q(('is_sale_running', False), ('sale_amount', None), ('sale_from', None), ('sale_until', None)), models.Q(('sale_amount__gte', 0), ('sale_amount__lt', models.F('price_amount')), ('sale_from__isnull', False), models.Q(('sale_until', None), ('sale_until__gt', models.F('sale_from')), _connector='OR')), _connector='OR'), name='variant_price_sale'), models.UniqueConstraint(fields=('variant', 'currency'), name='variant_price_once')],
            },
        ),
        migrations.RunSQL(HISTORY),
    ]
