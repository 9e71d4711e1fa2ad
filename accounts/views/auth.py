"""`/auth/*`: answers hold secrets, so none is stored for replay; the rate limit is strict and fails closed."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.authentication import issue_ticket
from accounts.permissions import SteppedUp
from accounts.serializers import auth as bodies
from accounts.services import Origin
from config.shared.api.serializers import NothingSerializer
from config.shared.api.views import ApiView
from config.shared.permissions import IsSignedIn
from config.shared.realtime import tickets
from config.shared.requests import address_of
from config.shared.scopes import ALL_METHODS


class AuthView(ApiView):
    idempotency = "never"
    throttle_scope = "auth"
    throttle_strict = True
    closed_to_keys = ALL_METHODS
    open_to_unproven = True
    serializer_class = NothingSerializer

    @property
    def origin(self) -> Origin:
        return Origin(address_of(self.request._request), self.request.headers.get("User-Agent", ""))


class OpenAuthView(AuthView):
    """For callers without a valid token; an expired one in the header is ignored."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Register(OpenAuthView):
    serializer_class = bodies.RegistrationSerializer

    @extend_schema(request=bodies.RegistrationSerializer, responses={201: bodies.SessionStartSerializer})
    def post(self, request: Request) -> Response:
        """Register as a customer; a verification mail is sent."""
        user, tokens = services.register_user(**self.body(), origin=self.origin)
        answer = {"user": user, "access": tokens.access, "refresh": tokens.refresh}
        return Response(bodies.SessionStartSerializer(answer).data, status=201)


class LogIn(OpenAuthView):
    serializer_class = bodies.CredentialsSerializer

    @extend_schema(request=bodies.CredentialsSerializer, responses=bodies.TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Log in. After ten failures for an account from one address: 429 `locked_out`."""
        tokens = services.log_in(**self.body(), origin=self.origin)
        return Response(bodies.TokenPairSerializer(tokens).data)


class Refresh(OpenAuthView):
    serializer_class = bodies.RefreshSerializer

    @extend_schema(request=bodies.RefreshSerializer, responses=bodies.TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Trade a refresh token for a new pair. A token works once: using it again ends the session."""
        return Response(bodies.TokenPairSerializer(services.refresh_session(**self.body())).data)


class LogOut(AuthView):
    serializer_class = bodies.RefreshSerializer

    @extend_schema(request=bodies.RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the session of a refresh token, its access tokens included."""
        services.end_session(user=request.user, **self.body())
        return Response(status=204)


class LogOutAll(AuthView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End all of your sessions."""
        self.body()
        services.log_out_everywhere(user=request.user)
        return Response(status=204)


class VerifyEmail(OpenAuthView):
    serializer_class = bodies.MailTokenSerializer

    @extend_schema(request=bodies.MailTokenSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Confirm your e-mail address by the mailed token."""
        services.verify_email(**self.body())
        return Response(status=204)


class ResendVerification(AuthView):
    @extend_schema(request=None, responses={202: None})
    def post(self, request: Request) -> Response:
        """Send the verification mail again; at most five an hour are sent."""
        self.body()
        services.resend_verification(user=request.user)
        return Response(status=202)


class ChangePassword(AuthView):
    serializer_class = bodies.PasswordChangeSerializer

    @extend_schema(request=bodies.PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change your password, which ends every session: log in again."""
        body = self.body()
        current, new = body["current_password"], body["new_password"]
        services.change_password(user=request.user, current=current, new=new, origin=self.origin)
        return Response(status=204)


class RequestReset(OpenAuthView):
    serializer_class = bodies.EmailSerializer

    @extend_schema(request=bodies.EmailSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for a password reset; 202 whether or not there is such an account. At most five mails an hour."""
        services.request_password_reset(**self.body())
        return Response(status=202)


class ConfirmReset(OpenAuthView):
    serializer_class = bodies.PasswordResetSerializer

    @extend_schema(request=bodies.PasswordResetSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose a new password by the mailed token, which ends every session and any lock-out."""
        services.reset_password(**self.body(), origin=self.origin)
        return Response(status=204)


class RequestEmailChange(AuthView):
    permission_classes = [IsSignedIn, SteppedUp]
    serializer_class = bodies.EmailChangeSerializer

    @extend_schema(request=bodies.EmailChangeSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for another e-mail address: a mail goes to it and to the present one. At most five an hour."""
        services.ask_email_change(user=request.user, **self.body(), origin=self.origin)
        return Response(status=202)


class ConfirmEmailChange(OpenAuthView):
    serializer_class = bodies.MailTokenSerializer

    @extend_schema(request=bodies.MailTokenSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Switch to the new e-mail address by the token that was mailed to it."""
        services.change_email(**self.body(), origin=self.origin)
        return Response(status=204)


class WebsocketTicket(AuthView):
    @extend_schema(request=None, responses=bodies.TicketSerializer)
    def post(self, request: Request) -> Response:
        """Make a ticket that opens one websocket (or event stream) within thirty seconds."""
        self.body()
        answer = {"ticket": issue_ticket(request.actor), "expires_in": tickets.LIFETIME}
        return Response(bodies.TicketSerializer(answer).data)
