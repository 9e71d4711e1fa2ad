"""Questions and answers below a product; messages about a part of an order."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from catalog.views.moving import FollowsSlugs
from config.shared.api.parsers import JSONParser
from config.shared.api.uploads import UploadParser
from config.shared.api.views import ViewSet
from config.shared.lookups import find
from config.shared.permissions import HasOrderToken, IsSignedIn, ReadOnly
from orders.models import OrderPart
from social import services
from social.filters import MessageFilter
from social.models import Answer, Attachment, Message, Question, parties
from social.permissions import IsAuthor
from social.serializers import talk as serializers
from social.serializers.notifications import ReadAllSerializer
from social.views.base import LimitedWrites

SHOWN = Answer.objects.filter(is_hidden=False).select_related(
    "user__social_settings", "question__product__seller"
)
QUESTIONS = Question.objects.select_related("user__social_settings", "product__seller").prefetch_related(
    Prefetch("answers", SHOWN, to_attr="shown")
)


@extend_schema_view(list=extend_schema(summary="Questions about a product, with their answers"))
class ProductQuestions(FollowsSlugs, LimitedWrites, ViewSet):
    queryset = QUESTIONS
    serializer_class = serializers.QuestionSerializer
    permission_classes = [IsSignedIn | ReadOnly]
    write_scope = "message"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(product=self.product())

    def product(self) -> Product:
        return find(Product.objects.public().select_related("seller"), self.kwargs["product_id"])

    @extend_schema(summary="Ask something", responses={201: serializers.QuestionSerializer})
    def create(self, request: Request, product_id: str) -> Response:
        question = services.ask(user=request.user, product=self.product(), **self.body())
        return Response(self.get_serializer(QUESTIONS.all().get(pk=question.pk)).data, status=201)


@extend_schema_view(destroy=extend_schema(summary="Withdraw your question, with its answers"))
class Questions(LimitedWrites, mixins.DestroyModelMixin, ViewSet):
    queryset = QUESTIONS
    serializer_class = serializers.QuestionSerializer
    write_scope = "message"

    def get_permissions(self) -> list[Any]:
        """The service decides who may answer."""
        own = super().get_permissions()
        return [*own, IsAuthor()] if self.action == "destroy" else own

    @extend_schema(
        summary="Answer, as the seller or as somebody who has received the product",
        request=serializers.QuestionAnswerSerializer,
        responses={201: serializers.QuestionAnswerSerializer},
    )
    def answer(self, request: Request, id: str) -> Response:
        question = self.get_object()
        body = self.body(serializers.QuestionAnswerSerializer)
        row = services.answer(actor=request.actor, question=question, **body)
        return Response(serializers.QuestionAnswerSerializer(row).data, status=201)


@extend_schema_view(destroy=extend_schema(summary="Withdraw your answer"))
class Answers(LimitedWrites, mixins.DestroyModelMixin, ViewSet):
    queryset = Answer.objects.all()
    serializer_class = serializers.QuestionAnswerSerializer
    permission_classes = [IsSignedIn & IsAuthor]
    write_scope = "message"


@extend_schema_view(
    list=extend_schema(
        summary="One's messages, newest first; `part=`: one thread",
        description="Between a customer (a guest by Order-Token) and a seller, about a part of an order. For anybody "
        "else, staff included, there are none.",
    )
)
class Messages(LimitedWrites, ViewSet):
    queryset = Message.objects.select_related("part").prefetch_related(
        Prefetch("attachments", Attachment.objects.defer("content"))
    )
    serializer_class = serializers.MessageSerializer
    permission_classes = [IsSignedIn | HasOrderToken]
    parser_classes = [JSONParser, UploadParser]
    filterset_class = MessageFilter
    idempotency = "never"  # its transaction would stay open while a picture is decoded
    write_scope = "message"

    def part(self, value: str) -> OrderPart:
        """Raises NotFound unless the caller is a party to this part."""
        mine = OrderPart.objects.filter(parties(self.request.actor)).select_related("order", "seller")
        return find(mine, value, alternative="")

    def side(self, part: OrderPart) -> str:
        actor = self.request.actor
        is_seller = actor.is_seller and actor.seller_id == part.seller_id
        return Message.Side.SELLER if is_seller else Message.Side.CUSTOMER

    @extend_schema(
        summary="Write to the other side",
        request={
            "application/json": serializers.NewMessageSerializer,
            "multipart/form-data": serializers.NewMessageSerializer,
        },
        responses={201: serializers.MessageSerializer},
    )
    def create(self, request: Request) -> Response:
        body = self.body(serializers.NewMessageSerializer)
        part, user = self.part(body["part"]), request.actor.user
        sent = {"body": body["body"], "uploads": body.get("attachment", [])}
        message = services.send_message(part=part, side=self.side(part), user=user, **sent)
        return Response(self.get_serializer(self.queryset.all().get(pk=message.pk)).data, status=201)

    @extend_schema(
        summary="Mark what the other side wrote in a thread as read",
        request=serializers.ThreadSerializer,
        responses=ReadAllSerializer,
    )
    def read(self, request: Request) -> Response:
        part = self.part(self.body(serializers.ThreadSerializer)["part"])
        return Response({"read": services.read_messages(part=part, side=self.side(part))})

    @extend_schema(summary="A message's picture", responses={(200, "image/webp"): OpenApiTypes.BINARY})
    def attachment(self, request: Request, id: str, attachment: str) -> HttpResponse:
        rows = Attachment.objects.filter(message=self.get_object())
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
        content = bytes(find(rows, attachment, alternative="").content)
        return HttpResponse(content, content_type="image/webp", headers=headers)
