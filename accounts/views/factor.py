"""The second factor, for staff and sellers."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.permissions import MayEnrol
from accounts.serializers import auth as bodies
from accounts.views.auth import AuthView


class StepUp(AuthView):
    serializer_class = bodies.CodeSerializer

    @extend_schema(request=bodies.CodeSerializer, responses=bodies.StepUpSerializer)
    def post(self, request: Request) -> Response:
        """Prove a second factor; for five minutes, this session may use what requires one."""
        until = services.step_up(user=request.user, session_id=request.actor.session_id, **self.body())
        return Response(bodies.StepUpSerializer({"valid_until": until}).data)


class Totp(AuthView):
    permission_classes = [MayEnrol]

    @extend_schema(responses=bodies.TotpSerializer)
    def get(self, request: Request) -> Response:
        """Whether a second factor is set up, and how many recovery codes are left."""
        user = request.user
        left = services.recovery_codes_left(user)
        return Response({"enrolled": services.is_enrolled(user), "recovery_codes_left": left})

    @extend_schema(request=None, responses={201: bodies.EnrolmentSerializer})
    def post(self, request: Request) -> Response:
        """Begin to set up TOTP; it takes effect once a code is confirmed."""
        self.body()
        return Response(
            bodies.EnrolmentSerializer(services.enrol_in_totp(user=request.user)).data, status=201
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the second factor. Needs the step-up."""
        services.require_step_up(request.actor)
        services.remove_totp(user=request.user)
        return Response(status=204)


class ConfirmTotp(AuthView):
    permission_classes = [MayEnrol]
    serializer_class = bodies.CodeSerializer

    @extend_schema(request=bodies.CodeSerializer, responses=bodies.RecoveryCodesSerializer)
    def post(self, request: Request) -> Response:
        """Put TOTP into force by a first code; only this answer contains the recovery codes."""
        codes = services.confirm_totp(user=request.user, session_id=request.actor.session_id, **self.body())
        return Response(bodies.RecoveryCodesSerializer({"recovery_codes": codes}).data)
