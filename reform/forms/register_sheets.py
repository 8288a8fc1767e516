"""The only place that reads a block sent to a register, pasted or in a file."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy

from reform.intake import Block
from schools.forms import small_enough
from schools.register_blocks import MOST_PASTED, MOST_SENT, rows_of

STEPS = ("look", "write", "failed")
MOST_NAME = 120


class BlockForm(forms.Form):
    """Cells as text. `file`: the name of the file that they came from, or empty."""

    text = forms.CharField(
        label=gettext_lazy("Cells from the spreadsheet"),
        strip=False,
        error_messages={"required": gettext_lazy("Paste the cells here first.")},
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}
        ),
    )
    file = forms.CharField(required=False, max_length=MOST_NAME, widget=forms.HiddenInput())

    @classmethod
    def of(cls, text: str, file_name: str = "") -> "BlockForm":
        """A form as if it had been sent, for a block that was made here."""
        form = cls({"text": text, "file": _plain(file_name)})
        form.full_clean()
        return form

    @property
    def file_name(self) -> str:
        return str(self.cleaned_data.get("file", ""))

    @property
    def does(self) -> str:
        do = str(self.data.get("do", "look"))
        return do if do in STEPS else "look"

    def block(self) -> Block:
        said = None
        if hasattr(self.data, "getlist") and (chosen := self.data.getlist("column")):
            said = (str(self.data.get("heads", "")), chosen)
        most = MOST_SENT if self.file_name else MOST_PASTED
        return Block(rows_of(self.cleaned_data["text"]), most, said)


class FileForm(forms.Form):
    """A file with rows of a register."""

    file = forms.FileField(
        label=gettext_lazy("File (xlsx, xls or csv)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean_file(self) -> Any:
        file: UploadedFile = self.cleaned_data["file"]
        return small_enough(file)


def _plain(name: str) -> str:
    return "".join(char for char in name if char.isprintable())[-MOST_NAME:]
