"""Large catalogues for benchmarks and trials: realistic words, identical for the same seed, loaded by COPY."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Seller, User
from accounts.services import change_product_count
from catalog.models import Product, StockLevel, StockMovement, Variant
from catalog.search import upkeep
from catalog.services.stock import default_location
from catalog.services.taxonomy import brand_named, category_at
from config.shared.actor import SELLER

BATCH = 10_000
SELLERS = 20
# Ten departments of four shelves; with the departments themselves fifty categories.
SHELVES = """
Kitchen: Kettles=kettle,teapot,samovar,urn; Cookware=pan,pot,wok,skillet; Cutlery=knife,fork,spoon,ladle; Storage=jar,canister,tin,basket
Lighting: Lamps=lamp,lantern,sconce,torch; Candles=candle,candlestick,tealight,wick; Bulbs=bulb,spotlight,filament,tube; Shades=lampshade,diffuser,globe,screen
Furniture: Seating=chair,stool,bench,sofa; Tables=table,desk,sideboard,trolley; Shelving=shelf,bookcase,rack,cabinet; Beds=bed,mattress,headboard,cot
Textiles: Bedding=blanket,duvet,pillow,quilt; Towels=towel,flannel,bathmat,robe; Rugs=rug,carpet,runner,doormat; Curtains=curtain,blind,drape,valance
Clothing: Tops=shirt,sweater,hoodie,blouse; Bottoms=trousers,jeans,skirt,shorts; Outerwear=jacket,coat,parka,raincoat; Shoes=boot,sneaker,sandal,slipper
Outdoors: Camping=tent,hammock,tarp,stove; Bags=backpack,duffel,pouch,satchel; Cycling=helmet,pannier,saddle,pump; Climbing=rope,harness,carabiner,crampon
Garden: Tools=spade,rake,trowel,shears; Planters=planter,trough,trellis,saucer; Watering=hose,sprinkler,bucket,nozzle; Birds=feeder,birdbath,nestbox,perch
Electronics: Audio=speaker,headphones,turntable,radio; Cameras=camera,tripod,lens,flash; Computing=keyboard,mouse,monitor,dock; Power=charger,battery,cable,adapter
Stationery: Paper=notebook,journal,sketchbook,envelope; Writing=pen,pencil,marker,crayon; Desk=stapler,organiser,tray,clip; Art=easel,brush,palette,canvas
Toys: Games=puzzle,domino,chessboard,dice; Building=blocks,marbles,crane,tracks; Dolls=doll,puppet,teddy,dollhouse; Music=drum,xylophone,whistle,ukulele
"""
ADJECTIVES = """classic compact modern rustic sturdy slim gentle bold quiet bright heavy portable foldable stackable
vintage nordic alpine coastal urban handmade reversible insulated waterproof adjustable cordless miniature oversized
striped quilted woven polished brushed hammered matte glossy curved tapered tall""".split()
MATERIALS = """steel copper brass iron aluminium oak walnut bamboo beech cork linen cotton wool leather canvas ceramic
porcelain glass marble stone rattan felt silk enamel titanium""".split()
COLOURS = "black white red blue green yellow grey brown orange purple pink teal".split()
SIZES = "small medium large extra-large".split()
SYLLABLES = (
    "al bo cor da el fen gra hol in jor kes lum mar nor ol pra quin ros sal tor ul ven wil yor zan".split()
)
SENTENCES = (
    "A {adjective} {noun} of {material}, made to be used every day.",
    "The {material} is sourced from small workshops and finished by hand.",
    "It pairs well with anything {colour} and keeps its shape for years.",
    "Clean it with a damp cloth; it ages better than most things.",
    "Designed in a {adjective2} style by {brand}, tested for a lifetime of use.",
)


def generate(*, products: int, seed: int, report: Callable[[int], object]) -> None:
    """Adds `products` to the catalogue in transactions of ten thousand; calls `report` with the number done."""
    scene = Scene(seed)
    for start in range(0, products, BATCH):
        load(scene, start, min(BATCH, products - start))
        report(min(products, start + BATCH))


class Scene:
    """The rows that products refer to, created if missing."""

    @transaction.atomic
    def __init__(self, seed: int) -> None:
        self.seed, self.now = seed, timezone.now()
        self.shelves = [(category_at(path=path), nouns) for path, nouns in shelves()]
        self.brands = [brand_named(name=name) for name in brand_names(Random(seed))]  # noqa: S311
        self.sellers = [seller_numbered(number) for number in range(1, SELLERS + 1)]
        self.locations = {seller.pk: default_location(seller_id=seller.pk).pk for seller in self.sellers}


def shelves() -> Iterator[tuple[list[str], list[str]]]:
    for line in SHELVES.strip().splitlines():
        department, _, rest = line.partition(": ")
        for shelf in rest.split("; "):
            name, _, nouns = shelf.partition("=")
            yield [department, name], nouns.split(",")


def brand_names(random: Random) -> list[str]:
    names = {"".join(random.choices(SYLLABLES, k=3)).capitalize() for _ in range(110)}
    return sorted(names)[:100]


def seller_numbered(number: int) -> Seller:
    owner = {"name": f"Seller {number}", "role": SELLER, "password": make_password(None)}
    user, _ = User.objects.get_or_create(email=f"generated-{number}@souk.test", defaults=owner)
    shop = {
        "name": f"Generated Shop {number}",
        "slug": f"generated-shop-{number}",
        "status": Seller.Status.ACTIVE,
    }
    return Seller.objects.get_or_create(user=user, defaults=shop)[0]


@transaction.atomic
def load(scene: Scene, start: int, count: int) -> None:
    upkeep.run("SET LOCAL souk.search = 'off'")  # the entries are rebuilt together afterwards
    random = Random(f"{scene.seed} {start}")  # noqa: S311
    first = {model: reserve(model, count) for model in (Product, Variant, StockLevel)}
    rows = [sample(scene, random, first[Product] + number) for number in range(count)]
    copy(Product, rows)
    variants = [variant_of(row, first[Variant] + number) for number, row in enumerate(rows)]
    copy(Variant, variants)
    levels = [level_of(scene, row, first[StockLevel] + number) for number, row in enumerate(variants)]
    copy(StockLevel, levels)
    copy(StockMovement, [movement_of(level) for level in levels if level["on_hand"]])
    for seller in scene.sellers:
        change_product_count(seller_id=seller.pk, by=sum(row["seller_id"] == seller.pk for row in rows))
    upkeep.run("SET LOCAL souk.search = ''")
    upkeep.run(
        "SELECT catalog_search_refresh(ARRAY(SELECT generate_series(%s::bigint, %s::bigint)))",
        first[Product],
        first[Product] + count - 1,
    )


def reserve(model: type[models.Model], count: int) -> int:
    """Reserves `count` ids in the sequence and returns the first."""
    table, key = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, key])
        (sequence,) = cursor.fetchone()
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [sequence])
        cursor.execute("SELECT setval(%s, nextval(%s) + %s) - %s", [sequence, sequence, count, count])
        return cursor.fetchone()[0]


def copy(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Columns that a row does not set get the model's default."""
    if not rows:
        return
    columns = {
        field.column: plain(field) for field in model._meta.concrete_fields if is_given(field, rows[0])
    }
    names = ", ".join(f'"{name}"' for name in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as target,
    ):
        for row in rows:
            target.write_row([row.get(name, default) for name, default in columns.items()])


def is_given(field: Any, row: dict[str, Any]) -> bool:
    """Excludes columns that the database fills itself: generated columns, database defaults, keys."""
    has_own = field.generated or (field.has_db_default() and not field.has_default()) or field.primary_key
    return field.column in row or not has_own


def plain(field: Any) -> Any:
    value = field.get_default()
    return {dict: "{}", list: "{}"}.get(type(value), value)


def sample(scene: Scene, random: Random, number: int) -> dict[str, Any]:
    shelf, nouns = random.choice(scene.shelves)
    brand, seller = random.choice(scene.brands), random.choice(scene.sellers)
    word = {"noun": random.choice(nouns), "material": random.choice(MATERIALS), "brand": brand.name}
    word |= {"adjective": random.choice(ADJECTIVES), "adjective2": random.choice(ADJECTIVES)}
    word |= {"colour": random.choice(COLOURS)}
    title = "{adjective} {material} {noun}".format(**word).capitalize()
    return {
        "id": number, "title": title, "slug": f"{slugify(title)}-{number}", "handle": f"generated-{number}",
        "description": " ".join(sentence.format(**word) for sentence in random.sample(SENTENCES, 3)),
        "status": "active", "seller_id": seller.pk, "brand_id": brand.pk, "category_id": shelf.pk,
        "attributes": json.dumps({"colour": word["colour"], "material": word["material"], "size": random.choice(SIZES)}),
        **offer(random), **moments(scene.now, random), **opinions(random),
    }  # fmt: skip


def offer(random: Random) -> dict[str, Any]:
    price = int(random.lognormvariate(8.2, 0.9)) // 10 * 10 + 199
    is_reduced = random.random() < 0.15
    compare_at = price * 5 // 4 if is_reduced else None
    stock = 0 if random.random() < 0.1 else random.randint(1, 200)
    reduced = {"is_on_sale": is_reduced, "compare_at_amount": compare_at}
    return {"price_amount": price, "currency": "USD", "is_available": stock > 0, "stock": stock, **reduced}


def moments(now: datetime, random: Random) -> dict[str, Any]:
    created = now - timedelta(seconds=random.randrange(2 * 365 * 86_400))
    return {"created_at": created, "updated_at": created}


def opinions(random: Random) -> dict[str, int]:
    sold = int(random.paretovariate(0.9)) - 1 if random.random() < 0.6 else 0
    count = min(sold, 100_000) // 8
    return {"units_sold": min(sold, 100_000), "rating_count": count, "rating_sum": sum_of(random, count)}


def sum_of(random: Random, count: int) -> int:
    """Stars of `count` reviews, four on average."""
    return min(5 * count, max(count, round(count * random.gauss(4, 0.4))))


def variant_of(row: dict[str, Any], number: int) -> dict[str, Any]:
    shared = (
        "seller_id",
        "price_amount",
        "compare_at_amount",
        "currency",
        "is_available",
        "stock",
        "created_at",
    )
    code = {"sku": f"GEN-{row['id']:07d}", "barcode": f"20{row['id']:011d}"}
    return {"id": number, "product_id": row["id"], **code, **{name: row[name] for name in shared}}


def level_of(scene: Scene, variant: dict[str, Any], number: int) -> dict[str, Any]:
    place = {"location_id": scene.locations[variant["seller_id"]]}
    return {"id": number, "variant_id": variant["id"], "on_hand": variant["stock"], **place}


def movement_of(level: dict[str, Any]) -> dict[str, Any]:
    stock = level["on_hand"]
    return {
        "level_id": level["id"],
        "kind": "received",
        "delta": stock,
        "on_hand_after": stock,
        "actor": "command",
    }
