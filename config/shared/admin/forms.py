"""Forms with the API's validation: their values pass through the API's serializer."""

from typing import Any

from django import forms
from django.http import HttpRequest
from rest_framework.serializers import BaseSerializer

from config.shared.errors import field_errors


class SerializedForm(forms.ModelForm):
    """`changes` is the serializer's result; `body` is the request body that a client would have sent."""

    serializer: type[BaseSerializer]
    is_partial = False
    changes: dict[str, Any]

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        """The changes by the API's names, which are the form's unless a form overrides this."""
        return {name: given[name] for name in self.changed_data if name in given}

    def field_of(self, member: str) -> str:
        """The form's field for a member of the body."""
        return member

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self.changes = {}
        if self.errors:
            return given
        body = self.body(given)
        if self.errors:
            return given
        instance = self.instance if self.instance.pk else None
        checked = self.serializer(instance, data=body, partial=self.is_partial and instance is not None)
        if checked.is_valid():
            self.changes = dict(checked.validated_data)
        else:
            self.tell(checked.errors)
        return given

    def tell(self, errors: Any) -> None:
        for error in field_errors(errors):
            name = self.field_of(error["pointer"].strip("/").partition("/")[0])
            self.add_error(name if name in self.fields else None, error["detail"])


class RowForm(SerializedForm):
    """For a row without a service: the serializer's result becomes its columns."""

    def clean(self) -> dict[str, Any]:
        """Sets the columns before Django checks the row's constraints."""
        given = super().clean()
        for name, value in self.changes.items():
            setattr(self.instance, name, value)
            given[name] = value
        return given


class SavesSerialized:
    """Writes only the serializer's columns, since counters of the row may have changed after the form was read."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save(update_fields=list(form.changes) if change else None)
