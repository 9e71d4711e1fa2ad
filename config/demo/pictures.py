"""The products' pictures: threads draw and encode them while the rest is loaded, because they take the longest."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from PIL import Image

from catalog.models import Product
from catalog.services.images import insert_image, remove_files, store
from catalog.services.products import lock_product
from config.demo.drawing import draw_picture
from config.demo.tables import Good

THREADS = min(4, os.cpu_count() or 1)
Drawn = tuple[Image.Image, dict[str, str]]  # the picture, and the names of its files by size


class Pictures:
    """Removes its files if the load fails, since they do not roll back with the rows."""

    def __init__(self, goods: Sequence[Good], pool: ThreadPoolExecutor) -> None:
        self.drawn: dict[str, list[tuple[str, Future[Drawn]]]] = {
            good.key: [(colour, pool.submit(make, good, colour)) for colour in colours_of(good)]
            for good in goods
        }

    def hang(self, good: Good, product_id: int) -> None:
        """Gives a product its pictures. Needs a transaction."""
        product = lock_product(product_id=product_id)
        for colour, future in self.drawn[good.key]:
            picture, names = future.result()
            insert_image(product, picture, names, alt_of(good, colour, product))

    def remove(self) -> None:
        for _, future in (one for several in self.drawn.values() for one in several):
            if not future.cancel() and future.exception() is None:
                remove_files(future.result()[1].values())


@contextmanager
def drawing(goods: Sequence[Good]) -> Iterator[Pictures]:
    with ThreadPoolExecutor(THREADS) as pool:
        pictures = Pictures(goods, pool)
        try:
            yield pictures
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            pictures.remove()
            raise


def colours_of(good: Good) -> list[str]:
    """The colours of a product, one picture each, the first variant's first."""
    values = good.options.get("Colour") or good.options.get("Finish") or [good.picture[1]]
    return [value.lower() for value in values]


def make(good: Good, colour: str) -> Drawn:
    """Draws and stores a picture, with thumbnails, as for a decoded upload."""
    department = good.path.split("/")[0]
    picture = draw_picture(
        shape=good.picture[0], colour=colour, department=department, brand=good.brand, title=good.title
    )
    return picture, store(picture)


def alt_of(good: Good, colour: str, product: Product) -> str:
    return f"{product.title}, {colour}" if len(colours_of(good)) > 1 else product.title
