"""The tables that search and the cache keep; what fills them is in the next two."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.contrib.postgres.operations import BtreeGinExtension, CreateExtension, TrigramExtension, UnaccentExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_keys_trail_and_step_up'),
        ('catalog', '0002_stock_indexes_and_kinds'),
    ]

    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        BtreeGinExtension(),
        CreateExtension("fuzzystrmatch"),
        migrations.CreateModel(
            name='CacheTouch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transaction', models.BigIntegerField()),
                ('tag', models.TextField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name_plural': 'cache touches',
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search_entry', serialize=False, to='catalog.product')),
                ('vector', django.contrib.postgres.search.SearchVectorField()),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('tier', models.SmallIntegerField(default=0)),
                ('points', models.SmallIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'search entries',
            },
        ),
        migrations.CreateModel(
            name='SearchPhrase',
            fields=[
                ('phrase', models.TextField(primary_key=True, serialize=False)),
                ('searches', models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.TextField()),
                ('products', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='product',
            name='product_text',
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(django.db.models.functions.text.Upper('sku'), name='variant_by_sku'),
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(condition=models.Q(('barcode', ''), _negated=True), fields=['barcode'], name='variant_by_barcode'),
        ),
        migrations.AddConstraint(
            model_name='cachetouch',
            constraint=models.UniqueConstraint(fields=('transaction', 'tag'), name='cache_touch'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tier', 'vector'], gin_pending_list_limit=512, name='search_entry'),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=models.Index(fields=['word'], name='search_word', opclasses=['text_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=django.contrib.postgres.indexes.GinIndex(fields=['word'], name='search_word_trigrams', opclasses=['gin_trgm_ops']),
        ),
    ]
