from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.services import erase_user
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.tests.factories import VariantFactory
from config.shared.models import EventRecord
from orders.tokens import order_token
from payments.tests.factories import place
from social import services
from social.models import Answer, Attachment, Message, Notification, Question
from social.services.privacy import export_user
from social.tests.factories import NotificationFactory, ReviewFactory, delivered

pytestmark = pytest.mark.django_db
MESSAGES = "/api/v1/messages"
SCRIPT = "<script>alert(1)</script>"


def photo(name: str = "photo.png") -> SimpleUploadedFile:
    buffer = BytesIO()
    Image.new("RGB", (20, 10), "red").save(buffer, "PNG")
    return SimpleUploadedFile(name, buffer.getvalue())


@pytest.fixture
def variant() -> Any:
    return VariantFactory()


# --- Questions -------------------------------------------------------------------------------------------------


def test_a_question_and_its_answers(
    as_user: Any, api: Any, variant: Any, django_assert_num_queries: Any
) -> None:
    asker, owner, buyer = (
        UserFactory(name="Ada Lovelace"),
        variant.seller.user,
        UserFactory(name="Grace Hopper"),
    )
    delivered(buyer, variant)
    path = f"/api/v1/products/{variant.product.slug}/questions"
    question = as_user(asker).post(path, {"body": f"Is it {SCRIPT}?\x07\u202e"}).json()
    assert (question["author"], question["body"], question["answers"]) == ("Ada L.", f"Is it {SCRIPT}?", [])
    answers = f"/api/v1/questions/{question['id']}/answers"

    refused = as_user(UserFactory()).post(answers, {"body": "Yes."})
    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_answer")
    assert Answer.objects.count() == 0
    for who in (owner, buyer):
        assert as_user(who).post(answers, {"body": "Yes."}).status_code == 201
    with django_assert_num_queries(3):  # the product, the questions, their answers
        [row] = api.get(path).json()["results"]
    assert [(one["author"], one["by_seller"]) for one in row["answers"]] == [
        (variant.seller.name, True),
        ("Grace H.", False),
    ]
    assert list(
        Notification.objects.filter(user=owner, kind="question.new").values_list("data", flat=True)
    ) == [{"question": question["id"], "product": str(variant.product_id)}]
    assert Notification.objects.filter(user=asker, kind="question.answered").count() == 2


def test_who_may_take_them_back(as_user: Any, api: Any, variant: Any) -> None:
    asker = UserFactory()
    question = services.ask(user=asker, product=variant.product, body="Why?")
    path = f"/api/v1/questions/{question.pk}"
    for client, status in ((api, 401), (as_user(UserFactory()), 403), (as_user(variant.seller.user), 403)):
        assert client.delete(path).status_code == status
    assert Question.objects.count() == 1
    Question.objects.update(is_hidden=True)
    assert api.get(f"/api/v1/products/{variant.product_id}/questions").json()["results"] == []
    assert as_user(UserFactory()).delete(path).status_code == 404
    assert as_user(asker).delete(path).status_code == 204


@pytest.mark.parametrize("body", ["", "  ", "\u200b", "x" * 1001, "x" * 1_000_000, None, 7, ["x"]])
def test_texts_have_limits(as_user: Any, variant: Any, body: Any) -> None:
    answer = as_user(UserFactory()).post(f"/api/v1/products/{variant.product_id}/questions", {"body": body})

    assert (answer.status_code, Question.objects.count()) == (400, 0)


def test_the_blocked_do_not_ask(as_user: Any, variant: Any) -> None:
    user = UserFactory()
    services.block(seller=variant.seller, user=user)
    answer = as_user(user).post(f"/api/v1/products/{variant.product_id}/questions", {"body": "Why?"})

    assert (answer.status_code, answer.json()["code"]) == (403, "blocked")
    assert Question.objects.count() == 0


# --- Messages --------------------------------------------------------------------------------------------------


def test_a_thread(as_user: Any, variant: Any) -> None:
    customer, owner = UserFactory(), variant.seller.user
    part = place(customer, variant).parts.get()
    sent = as_user(customer).post(MESSAGES, {"part": str(part.pk), "body": "When does it come?"})
    assert sent.status_code == 201
    message = sent.json()
    assert (message["side"], message["read"], message["attachments"]) == ("customer", False, [])
    event = EventRecord.objects.get(type="message.created")
    assert event.audiences == [f"seller:{variant.seller_id}", f"user:{customer.pk}"]
    assert event.data == {
        "message": message["id"],
        "part": str(part.pk),
        "order": str(part.order_id),
        "side": "customer",
    }

    assert as_user(owner).post(f"{MESSAGES}/read", {"part": str(part.pk)}).json() == {"read": 1}
    assert as_user(owner).post(f"{MESSAGES}/read", {"part": str(part.pk)}).json() == {"read": 0}
    as_user(owner).post(MESSAGES, {"part": str(part.pk), "body": "Tomorrow."})
    thread = as_user(customer).get(f"{MESSAGES}?part={part.pk}").json()["results"]
    assert [(row["side"], row["read"]) for row in thread] == [("seller", False), ("customer", True)]
    told = {row.user_id: row.data["message"] for row in Notification.objects.filter(kind="message.new")}
    assert told == {owner.pk: thread[1]["id"], customer.pk: thread[0]["id"]}


def test_nobody_else_sees_any_of_it(as_user: Any, api: Any, variant: Any, run_jobs: Any) -> None:
    other = VariantFactory()
    customer = UserFactory()
    order = place(customer, variant, other)
    part = order.parts.get(seller=variant.seller)
    picture = (
        as_user(customer)
        .post(MESSAGES, {"part": str(part.pk), "body": "Look", "attachment": photo()}, format="multipart")
        .json()["attachments"][0]["url"]
    )
    guests = place(None, variant)
    strangers = [
        as_user(who) for who in (UserFactory(), SellerFactory().user, other.seller.user, AdminFactory())
    ]
    for client in strangers:
        assert client.get(f"{MESSAGES}?part={part.pk}").json()["results"] == []
        assert client.get(picture).status_code == 404
        assert client.post(MESSAGES, {"part": str(part.pk), "body": "Hm"}).status_code == 404
        assert client.post(f"{MESSAGES}/read", {"part": str(part.pk)}).status_code == 404
    api.credentials(HTTP_ORDER_TOKEN=order_token(guests.pk))
    assert api.get(picture).status_code == 404
    assert api.post(MESSAGES, {"part": str(part.pk), "body": "Hm"}).status_code == 404
    assert (Message.objects.count(), Message.objects.exclude(read_at=None).count()) == (1, 0)


def test_a_guest_writes_by_token_and_is_answered_by_mail(
    as_user: Any, api: Any, variant: Any, run_jobs: Any
) -> None:
    order = place(None, variant)
    part = order.parts.get()
    run_jobs()
    api.credentials(HTTP_ORDER_TOKEN=order_token(order.pk))
    assert api.post(MESSAGES, {"part": str(part.pk), "body": "Hello?"}).status_code == 201
    as_user(variant.seller.user).post(MESSAGES, {"part": str(part.pk), "body": SCRIPT})
    run_jobs()

    [row, _] = api.get(MESSAGES).json()["results"]
    assert (row["side"], row["body"]) == ("seller", SCRIPT)
    to_guest = [one for one in mail.outbox if one.to == ["guest@example.com"]][-1]
    assert to_guest.subject == f"A message about order {order.number}"
    assert "<script" not in to_guest.alternatives[0].content
    api.credentials(HTTP_ORDER_TOKEN=order_token(order.pk)[:-2] + "xx")
    assert api.get(MESSAGES).json()["results"] == []


def test_attachments_are_pictures_and_private(as_user: Any, variant: Any, api: Any) -> None:
    customer = UserFactory()
    part = place(customer, variant).parts.get()
    client = as_user(customer)

    def send(*files: Any, **body: Any) -> Any:
        return client.post(
            MESSAGES, {"part": str(part.pk), "attachment": list(files), **body}, format="multipart"
        )

    for bad in (
        SimpleUploadedFile("a.png", b"<svg onload=alert(1)>"),
        SimpleUploadedFile("a.html", SCRIPT.encode()),
    ):
        assert send(bad).status_code == 400
    assert (send(*[photo() for _ in range(5)]).status_code, Message.objects.count()) == (409, 0)
    sent = send(photo("../../evil.php"), photo())
    assert (sent.status_code, len(sent.json()["attachments"])) == (201, 2)
    shown = client.get(sent.json()["attachments"][0]["url"])
    assert (shown.status_code, shown["Content-Type"], shown.content[8:12]) == (200, "image/webp", b"WEBP")
    assert shown["Cache-Control"].startswith("private")
    assert api.get(sent.json()["attachments"][0]["url"]).status_code == 401
    assert send(body="\u200b").status_code == 400
    assert send().status_code == 400


def test_the_erased_leave_no_words_behind(variant: Any) -> None:
    customer = UserFactory()
    part = delivered(customer, variant).parts.get()
    services.send_message(
        part=part, side="customer", user=customer, body="My number is 555", uploads=[photo()]
    )
    question = services.ask(user=customer, product=variant.product, body="Is it blue?")
    erase_user(user=customer)

    question.refresh_from_db()
    assert (question.body, question.author) == ("Is it blue?", None)
    assert list(Message.objects.values_list("user", "body")) == [(None, "")]
    assert Attachment.objects.count() == 0


def test_the_erased_take_nothing_of_others_with_them(variant: Any) -> None:
    erased, other = UserFactory(), UserFactory()
    for person in (erased, other):
        order = delivered(person, variant)
        services.send_message(
            part=order.parts.get(), side="customer", user=person, body="Where is it?", uploads=[photo()]
        )
        services.ask(user=person, product=variant.product, body="Is it blue?")
        ReviewFactory(user=person, product=variant.product)
        services.follow(user=person, seller=variant.seller)
        NotificationFactory(user=person)
    before, written = export_user(other), list(Message.objects.filter(user=other).values())
    assert (len(written), all(before[name] for name in ("reviews", "questions", "follows"))) == (1, True)

    erase_user(user=erased)

    assert export_user(other) == before
    assert list(Message.objects.filter(user=other).values()) == written
    assert Attachment.objects.filter(message__user=other).count() == 1
