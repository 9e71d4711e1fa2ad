"""Questions below a product, and messages about a part of an order."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog.models import Product
from config.shared import pictures
from config.shared.actor import Actor, seller_audience, user_audience
from config.shared.events import log
from orders.models import OrderPart
from orders.services import has_received
from social.errors import MayNotAnswer, TooMany
from social.events import MessageCreated
from social.models import Answer, Attachment, Kind, Message, Question
from social.services.follows import check_not_blocked
from social.services.notifications import notify

MAX_ANSWERS = 100
MAX_ATTACHMENTS = 4
LARGEST = 1600  # pixels of the longer side
Side = Message.Side


@transaction.atomic
def ask(*, user: User, product: Product, body: str) -> Question:
    """Raises Blocked."""
    check_not_blocked(user_id=user.pk, seller_id=product.seller_id)
    question = Question.objects.create(user=user, product=product, body=body)
    data = {"question": str(question.pk), "product": str(product.pk)}
    notify(kind=Kind.QUESTION_NEW, told=[(product.seller.user_id, data)])
    return question


@transaction.atomic
def answer(*, actor: Actor, question: Question, body: str) -> Answer:
    """As the product's seller, or as a user who has received it. Raises MayNotAnswer, Blocked, TooMany."""
    product = question.product
    by_seller = actor.is_seller and actor.seller_id == product.seller_id
    if not by_seller:
        if not has_received(user_id=actor.user_id, product_id=product.pk):  # type: ignore[arg-type]
            raise MayNotAnswer
        check_not_blocked(user_id=actor.user_id, seller_id=product.seller_id)  # type: ignore[arg-type]
    Question.objects.select_for_update(no_key=True).get(pk=question.pk)
    if question.answers.count() >= MAX_ANSWERS:  # type: ignore[attr-defined]
        raise TooMany
    row = Answer.objects.create(question=question, user=actor.user, by_seller=by_seller, body=body)
    if question.user_id and question.user_id != actor.user_id:
        data = {"question": str(question.pk), "answer": str(row.pk), "product": str(product.pk)}
        notify(kind=Kind.QUESTION_ANSWERED, told=[(question.user_id, data)])
    return row


def decoded(uploads: Sequence[Any]) -> list[Attachment]:
    """Re-encodes the pictures; raises 400 at /attachment for a file that is not one."""
    if len(uploads) > MAX_ATTACHMENTS:
        raise TooMany(f"A message has at most {MAX_ATTACHMENTS} pictures.")
    images = [pictures.decode(upload, pointer="attachment") for upload in uploads]
    return [
        Attachment(content=pictures.encode(image, LARGEST), width=image.width, height=image.height)
        for image in images
    ]


def send_message(
    *, part: OrderPart, side: str, user: User | None, body: str, uploads: Sequence[Any] = ()
) -> Message:
    """Sends to the other side of a part. Decodes before it writes. Raises Blocked, TooMany."""
    return write_message(part, side, user, body, decoded(uploads))


@transaction.atomic
def write_message(
    part: OrderPart, side: str, user: User | None, body: str, pictures: list[Attachment]
) -> Message:
    if side == Side.CUSTOMER and user is not None:
        check_not_blocked(user_id=user.pk, seller_id=part.seller_id)
    message = Message.objects.create(part=part, side=side, user=user, body=body)
    for picture in pictures:
        picture.message = message
    Attachment.objects.bulk_create(pictures)
    tell_other_side(message, part)
    return message


def tell_other_side(message: Message, part: OrderPart) -> None:
    """Sends an event to both sides' sockets, and a notification to the other side."""
    order = part.order
    data = {"order": str(order.pk), "number": order.number, "part": str(part.pk), "message": str(message.pk)}
    customer = [user_audience(order.user_id)] if order.user_id else []
    event = MessageCreated(
        message=str(message.pk), part=str(part.pk), order=str(order.pk), side=str(message.side)
    )
    log.append(event, audiences=[*customer, seller_audience(part.seller_id)])
    if message.side == Side.CUSTOMER:
        notify(kind=Kind.MESSAGE_NEW, told=[(part.seller.user_id, data)])
    elif order.user_id:
        notify(kind=Kind.MESSAGE_NEW, told=[(order.user_id, data)])
    elif order.email:
        notify(kind=Kind.MESSAGE_NEW, told=[], guests=[(order.pk, data)])


@transaction.atomic
def read_messages(*, part: OrderPart, side: str) -> int:
    """Marks the other side's messages as read; returns how many were unread."""
    theirs = Message.objects.filter(part=part, read_at=None).exclude(side=side)
    return theirs.update(read_at=timezone.now())
