"""Products under test, and every way in which a shop's products change: what `consistency` hammers."""

import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

Act = Callable[[], object]


class State(NamedTuple):
    title: str
    price: int
    available: bool
    public: bool
    category: str
    brand: str

    @property
    def next_title(self) -> str:
        return f"state {int(self.title.split()[1]) + 1}"


@dataclass
class Subject:
    """A product under test. `states` are all that it has had; the one before `floor` is gone for good."""

    id: int
    slug: str
    seller_id: int
    variant_id: int
    brand_id: int
    categories: dict[str, int]
    states: list[State] = field(default_factory=list)
    floor: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def make_subjects(count: int) -> list[Subject]:
    from accounts.models import Seller, User
    from catalog.models import Brand
    from catalog.services.creation import create_product
    from catalog.services.offers import NewVariant
    from catalog.services.taxonomy import category_at
    from config.shared.money import Money

    subjects, mark = [], f"{time.time_ns():x}"
    shelves = [category_at(path=["Consistency", name]) for name in ("Left", "Right")]
    for number in range(count):
        name = f"c-{mark}-{number}"
        user = User.objects.create(email=f"{name}@souk.test", name="c", role="seller", password="!")
        shop = Seller.objects.create(user=user, name="c", slug=name, status="active")
        brand = Brand.objects.create(name=f"{name} 0", slug=name)
        product = create_product(
            seller=shop, title="state 0", category=shelves[0], brand=brand, status="active", actor="bench",
            variants=[NewVariant(sku="1", price=Money(1, "USD"), stock=5)],
        )  # fmt: skip
        subject = Subject(
            product.pk, product.slug, shop.pk, product.variants.get().pk, brand.pk, {shelf.slug: shelf.pk for shelf in shelves}
        )  # fmt: skip
        subject.states.append(State("state 0", 1, True, True, shelves[0].slug, f"{name} 0"))
        subjects.append(subject)
    return subjects


def write(subject: Subject, choose: random.Random) -> str:
    """One random change; its state is on the list before it commits, and the floor rises when it has committed."""
    kind = choose.choices(list(WRITES), WEIGHTS)[0]
    with subject.lock:
        now = subject.states[-1]
        if kind in ("price_by_import", "draft_and_publish") and not now.public:
            kind = "suspend_or_open"  # a closed shop does neither
        act, state = WRITES[kind](subject, now)
        subject.states.append(state)
        act()
        subject.floor = len(subject.states) - 1
    return kind


def price_by_service(subject: Subject, now: State) -> tuple[Act, State]:
    from django.db import transaction

    from catalog.services.products import lock_product, update_product
    from config.shared.money import Money

    def act() -> None:
        with transaction.atomic():
            price = Money(now.price + 1, "USD")
            update_product(product=lock_product(product_id=subject.id), changes={"price": price})

    return act, now._replace(price=now.price + 1)


def price_by_import(subject: Subject, now: State) -> tuple[Act, State]:
    """By the command."""
    from django.core.management import call_command

    from accounts.models import Seller

    def act() -> None:
        with tempfile.TemporaryDirectory() as folder:
            file, price = Path(folder, "a.csv"), now.price + 1
            file.write_text(
                f"handle,title,sku,price,currency\n{subject.slug},{now.title},1,{price / 100:.2f},USD\n"
            )
            shop = Seller.objects.get(pk=subject.seller_id).slug
            call_command("import_products", str(file), seller=shop, verbosity=0, json=True)

    return act, now._replace(price=now.price + 1)


def title_by_update(subject: Subject, now: State) -> tuple[Act, State]:
    from catalog.models import Product

    return lambda: Product.objects.filter(pk=subject.id).update(title=now.next_title), now._replace(
        title=now.next_title
    )


def title_by_save(subject: Subject, now: State) -> tuple[Act, State]:
    from catalog.models import Product

    def act() -> None:
        product = Product.objects.get(pk=subject.id)
        product.title = now.next_title
        product.save(update_fields=["title"])

    return act, now._replace(title=now.next_title)


def title_by_sql(subject: Subject, now: State) -> tuple[Act, State]:
    from django.db import connection

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_product SET title = %s WHERE id = %s", [now.next_title, subject.id]
            )

    return act, now._replace(title=now.next_title)


def flip_stock(subject: Subject, now: State) -> tuple[Act, State]:
    from catalog.models import Variant
    from catalog.services import adjust_stock

    def act() -> None:
        variant, delta = Variant.objects.get(pk=subject.variant_id), -5 if now.available else 5
        adjust_stock(variant=variant, location=None, delta=delta, reason="bench", actor="bench")

    return act, now._replace(available=not now.available)


def move(subject: Subject, now: State) -> tuple[Act, State]:
    from catalog.models import Product

    slug = next(slug for slug in subject.categories if slug != now.category)
    chosen = subject.categories[slug]
    return lambda: Product.objects.filter(pk=subject.id).update(category_id=chosen), now._replace(
        category=slug
    )


def draft_and_publish(subject: Subject, now: State) -> tuple[Act, State]:
    """Down, and up again with another title."""
    from catalog.models import Product

    def act() -> None:
        Product.objects.filter(pk=subject.id).update(status="draft")
        Product.objects.filter(pk=subject.id).update(status="active", title=now.next_title)

    subject.states.append(now._replace(public=False))
    return act, now._replace(title=now.next_title)


def brand_on_the_admin_site(subject: Subject, now: State) -> tuple[Act, State]:
    from django.test import Client

    from accounts.models import User
    from catalog.models import Brand

    name, number = now.brand.split()
    name = f"{name} {int(number) + 1}"

    def act() -> None:
        admin, _ = User.objects.get_or_create(
            email="admin-of-bench@souk.test",
            defaults={"name": "a", "role": "admin", "is_staff": True, "is_superuser": True, "password": "!"},
        )
        client = Client(headers={"Host": "localhost"})
        client.force_login(admin)
        form = {"name": name, "slug": Brand.objects.get(pk=subject.brand_id).slug}
        answer = client.post(f"/admin/catalog/brand/{subject.brand_id}/change/", form)
        where = answer.headers.get("Location")
        if where != "/admin/catalog/brand/":
            raise SystemExit(f"The admin site answered {answer.status_code} {where}.")

    return act, now._replace(brand=name)


def suspend_or_open(subject: Subject, now: State) -> tuple[Act, State]:
    from accounts.models import Seller

    status = "suspended" if now.public else "active"
    return lambda: Seller.objects.filter(pk=subject.seller_id).update(status=status), now._replace(
        public=not now.public
    )


# A suspension and a brand's new name empty the whole cache.
WEIGHED = {
    price_by_service: 4, price_by_import: 2, title_by_update: 4, title_by_save: 4, title_by_sql: 4, flip_stock: 4, move: 4,
    draft_and_publish: 2, brand_on_the_admin_site: 1, suspend_or_open: 1,
}  # fmt: skip
WRITES = {act.__name__: act for act in WEIGHED}
WEIGHTS = list(WEIGHED.values())
