"""Forms that say what the API says: their values go through the API's serializer."""

from typing import Any

from django import forms
from rest_framework.serializers import BaseSerializer

from config.shared.errors import field_errors


class SerializedForm(forms.ModelForm):
    """`changes` is what the serializer made of the form; `body` is what a client would have sent."""

    serializer: type[BaseSerializer]
    is_partial = False
    changes: dict[str, Any]

    def body(self, given: dict[str, Any]) -> dict[str, Any]:
        """What changed, by the names of the API, which are those of the form unless a form says otherwise."""
        return {name: given[name] for name in self.changed_data if name in given}

    def field_of(self, member: str) -> str:
        """The form's field that stands for a member of the body."""
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
