"""The only place for what is typed to have a forgotten password reset."""

from django import forms
from django.utils.translation import gettext_lazy


class AskForm(forms.Form):
    """The account and the address that is kept with it."""

    username = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("The address that is kept with your account."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
