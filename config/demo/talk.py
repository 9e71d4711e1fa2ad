"""What people of the demo marketplace have wished for, asked, written and announced, and how many days ago."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import Seller, User
from catalog.models import Product
from config.demo.people import actor_of
from orders.models import OrderPart
from social import services
from social.models import Message

ANNOUNCEMENTS = [
    (16.1, "northlight", "Mending is free in March", "Bring anything that we sold you, however old it is."),
    (6.3, "volt", "New opening hours of the listening room", "Thursdays until nine, and there is tea."),
]
WISHES = [
    (12.4, "customer", "ridge-tent"),
    (8.2, "customer", "pendant-lamp"),
    (0.9, "customer2", "film-camera"),
]
QUESTIONS = [
    (27.3, "theo", "enamel-kettle", "Does it work on induction?", "Yes, the base is steel under the enamel."),
    (13.2, "priya", "ridge-tent", "Do two people and a dog fit in?", "They do, if it is a small dog."),
    (2.7, "nora", "rain-jacket", "How does it wash?", ""),
]
# about the first part of the buyer's newest order: the customer's message, and the seller's
MESSAGES = [
    (5.2, "customer", "Could you leave the parcel with the neighbours?", "Gladly. I have told the carrier."),
    (2.6, "hana", "Is there a tracking number?", ""),
]
HELPFUL = [(9.6, "theo", "enamel-kettle"), (9.5, "nora", "enamel-kettle"), (4.4, "louis", "ridge-tent")]
Step = tuple[float, Callable[[], Any]]


class Talk:
    def __init__(
        self, people: Mapping[str, User], sellers: Mapping[str, Seller], products: Mapping[str, Product]
    ) -> None:
        """The three mappings are filled while the past is being made."""
        self.people, self.sellers, self.products = people, sellers, products

    def steps(self) -> list[Step]:
        steps: list[Step] = []
        for table, act in (
            (ANNOUNCEMENTS, self.announce),
            (WISHES, self.wish),
            (QUESTIONS, self.ask),
            (MESSAGES, self.write),
            (HELPFUL, self.find_helpful),
        ):
            steps += [(days, lambda act=act, row=row: act(*row)) for days, *row in table]  # type: ignore[misc,operator]
        return steps

    def announce(self, shop: str, title: str, body: str) -> None:
        services.post_announcement(seller=self.sellers[shop], title=title, body=body)

    def wish(self, who: str, good: str) -> None:
        services.add_wish(user=self.people[who], product=self.products[good])
        services.watch_product(user=self.people[who], product=self.products[good])

    def ask(self, who: str, good: str, body: str, reply: str) -> None:
        product = Product.objects.select_related("seller__user").get(pk=self.products[good].pk)
        question = services.ask(user=self.people[who], product=product, body=body)
        if reply:
            services.answer(actor=actor_of(product.seller.user), question=question, body=reply)

    def write(self, who: str, body: str, reply: str) -> None:
        part = OrderPart.objects.filter(order__user=self.people[who]).select_related("order", "seller__user")
        part = part.order_by("-order", "pk")[0]
        services.send_message(part=part, side=Message.Side.CUSTOMER, user=self.people[who], body=body)
        if reply:
            services.send_message(part=part, side=Message.Side.SELLER, user=part.seller.user, body=reply)

    def find_helpful(self, who: str, good: str) -> None:
        review = self.products[good].reviews.order_by("pk")[0]  # type: ignore[attr-defined]
        services.vote_helpful(review=review, user=self.people[who])
