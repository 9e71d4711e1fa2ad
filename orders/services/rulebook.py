"""A cache in this process of shipping methods, tax rates and promotions, so that carts need not read them each time.

The statement that reads a cart's lines also reads the book's mark; what this process read under the same mark is still
what the tables hold. Without a mark (the row is missing) nothing is cached.
"""

from collections.abc import Callable, Hashable
from typing import Any

Pages = dict[Hashable, Any]
MOST = 2000  # pages; then the cache starts afresh


class Book:
    """Cached pages by subject, all under one mark. Two threads may read the same page; they find the same."""

    def __init__(self) -> None:
        self.current: tuple[Any, Pages] = (None, {})

    def pages(self, mark: Any) -> Pages:
        known, pages = self.current
        if known != mark or len(pages) >= MOST:
            pages = {}
            self.current = (mark, pages)
        return pages

    def page(self, mark: Any, about: Hashable, read: Callable[[], Any]) -> Any:
        """What `read` returns, from the cache if possible; callers must not change it."""
        if mark is None:
            return read()
        pages = self.pages(mark)
        if about not in pages:
            pages[about] = read()
        return pages[about]


BOOK = Book()
page = BOOK.page
