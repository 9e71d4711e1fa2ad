from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.api.views import ApiView
from config.shared.permissions import IsCustomer
from payments import serializers, services


class PaymentMethods(ApiView):
    permission_classes = [IsCustomer]
    idempotency = "never"  # the answer holds a secret

    @extend_schema(responses=serializers.CardsSerializer)
    def get(self, request: Request) -> Response:
        """The caller's saved cards, as Stripe has them: no card data is stored here."""
        found = services.saved_methods(user=request.user)
        return Response(serializers.CardsSerializer({"results": found, "next": None, "previous": None}).data)

    @extend_schema(request=serializers.NewCardSerializer, responses={201: serializers.SetupSerializer})
    def post(self, request: Request) -> Response:
        """Save a card: a SetupIntent that the browser completes, or at once with a `payment_method`."""
        setup = services.save_method(user=request.user, **self.body(serializers.NewCardSerializer))
        return Response(serializers.SetupSerializer(asdict(setup)).data, status=201)


class PaymentMethodDetail(ApiView):
    permission_classes = [IsCustomer]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """Remove a saved card: it can never be charged again."""
        services.remove_method(user=request.user, method_id=id)
        return Response(status=204)
