"""The only place that puts what the domain refused beside the field it names."""

from django import forms
from django.core.exceptions import ValidationError


def complain(form: forms.Form, error: ValidationError) -> None:
    """What a form has no field for stands above it."""
    for name, sentences in error.message_dict.items():
        form.add_error(name if name in form.fields else None, sentences)
