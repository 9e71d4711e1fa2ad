"""Signing in, by password and by a second factor."""

from rest_framework import serializers

from accounts.fields import (
    LineField,
    PasswordField,
    TokenField,
)
from accounts.serializers.users import ProfileSerializer
from config.shared.api import fields
from config.shared.api.serializers import Serializer


class CredentialsSerializer(Serializer):
    email = fields.EmailField(max_length=254)
    password = PasswordField()


class RegistrationSerializer(CredentialsSerializer):
    name = LineField(max_length=150)


class TokenPairSerializer(Serializer):
    access = fields.CharField(read_only=True)
    refresh = fields.CharField(read_only=True)


class RefreshSerializer(Serializer):
    refresh = TokenField()


class MailTokenSerializer(Serializer):
    token = TokenField()


class EmailSerializer(Serializer):
    email = fields.EmailField(max_length=254)


class PasswordChangeSerializer(Serializer):
    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(Serializer):
    token = TokenField()
    password = PasswordField()


class EmailChangeSerializer(EmailSerializer):
    password = PasswordField()


class TicketSerializer(Serializer):
    ticket = fields.CharField(read_only=True)
    expires_in = fields.IntegerField(read_only=True, help_text="seconds")


class CodeSerializer(Serializer):
    code = fields.CharField(max_length=32, write_only=True, help_text="of the app, or a recovery code")


class StepUpSerializer(Serializer):
    valid_until = serializers.DateTimeField(read_only=True)


class TotpSerializer(Serializer):
    enrolled = fields.BooleanField(read_only=True)
    recovery_codes_left = fields.IntegerField(read_only=True)


class EnrolmentSerializer(Serializer):
    secret = fields.CharField(read_only=True, help_text="Base32")
    uri = fields.CharField(read_only=True, help_text="otpauth://")
    qr = fields.CharField(read_only=True, help_text="the URI as a picture: an SVG data URI")


class RecoveryCodesSerializer(Serializer):
    recovery_codes = serializers.ListField(child=fields.CharField(), read_only=True)


class SessionStartSerializer(TokenPairSerializer):
    user = ProfileSerializer(read_only=True)
