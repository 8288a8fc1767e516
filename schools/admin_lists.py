"""The only place for school lists in the back office: choose, look, confirm; take one away."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.results import Result
from import_export.tmp_storages import BaseStorage

from schools import clock, columns, noted
from schools.errors import Denied
from schools.forms import small_enough
from schools.models.regions import NATION
from schools.places import Places
from schools.resources import Csv, SchoolList, SchoolResource, Xlsx

WAITS = 3600  # seconds between looking and confirming
SHOWN = 200  # rows of a kind on the page
_SALT = "schools.admin_lists"


class Waiting(BaseStorage):
    """A list between looking and confirming: a file of its own that only this program reads."""

    folder = settings.VAR_DIR / "imports"

    def _path(self) -> Path:
        return self.folder / self.name

    def save(self, data: bytes) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for old in self.folder.iterdir():
            if old.stat().st_mtime < clock.now().timestamp() - WAITS:
                old.unlink(missing_ok=True)
        self.name = uuid4().hex
        self._path().touch(mode=0o600)
        self._path().write_bytes(data)

    def read(self) -> bytes:
        return self._path().read_bytes()

    def remove(self) -> None:
        self._path().unlink(missing_ok=True)


class SchoolImportForm(ImportForm):
    within = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("Only schools of"),
        help_text=gettext_lazy(
            "Code or name of a county or city. Others are refused, and a list of one county need "
            "not name it. Empty: every place."
        ),
    )
    skip_bad = forms.BooleanField(
        required=False, label=gettext_lazy("Take the good rows, leave the refused ones out")
    )

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        return small_enough(file)

    def clean_within(self) -> str:
        text = self.cleaned_data["within"].strip()
        try:
            return Places(NATION).authority(text) if text else NATION
        except Denied as denied:
            raise ValidationError(denied.reason) from None


class SchoolConfirmForm(ConfirmImportForm):
    """Names the list that was looked at, by whom and how: signed, for an hour."""

    def __init__(self, *args: Any, user_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_id = user_id

    def clean_import_file_name(self) -> str:
        try:
            name, user_id, within, skip_bad = signing.loads(
                self.cleaned_data["import_file_name"], salt=_SALT, max_age=WAITS
            )
        except (signing.BadSignature, ValueError):
            raise ValidationError(_("Too late.")) from None
        if user_id != self.user_id:
            raise ValidationError(_("Too late."))
        self.cleaned_data |= {"within": within, "skip_bad": skip_bad}
        return name


class SchoolLists(ImportExportMixin):
    """What the desk of schools has beside its list: import and export."""

    resource_classes = [SchoolResource]
    import_formats = [SchoolList]
    export_formats = [Xlsx, Csv]
    import_form_class = SchoolImportForm
    confirm_form_class = SchoolConfirmForm
    export_form_class = ExportForm
    import_template_name = "admin/schools/school/import.html"
    tmp_storage_class = Waiting
    skip_admin_log = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)  # type: ignore[attr-defined,no-any-return]

    has_export_permission = has_import_permission

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        said = getattr(kwargs.get("form"), "cleaned_data", {})
        return {"scope": said.get("within") or NATION, "skip_bad": said.get("skip_bad", False)}

    def get_export_resource_kwargs(self, request: HttpRequest, **_kwargs: Any) -> dict[str, Any]:
        return {}

    def get_import_context_data(self, **_kwargs: Any) -> dict[str, Any]:
        names = [(columns.title(name), hint) for name, hint in columns.HINTS.items()]
        return {"columns": names, "shown": SHOWN}

    def add_data_read_fail_error_to_form(self, form: forms.Form, error: Exception) -> None:
        if not isinstance(error, Denied):
            raise error
        form.add_error("import_file", error.reason)

    def get_confirm_form_kwargs(
        self, request: HttpRequest, import_form: Any = None
    ) -> dict[str, Any]:
        return {**super().get_confirm_form_kwargs(request, import_form), "user_id": request.user.pk}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            said = import_form.cleaned_data
            seen = [initial["import_file_name"], request.user.pk, said["within"], said["skip_bad"]]
            initial["import_file_name"] = signing.dumps(seen, salt=_SALT)
        return initial

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Write what was looked at; a list that waited too long is asked for again."""
        waiting = request.method != "POST" or self.create_confirm_form(request).is_valid()
        try:
            if waiting:
                return super().process_import(request, **kwargs)
        except FileNotFoundError:
            pass
        messages.error(
            request, _("Nothing was written: the list waited too long. Choose the file once more.")
        )
        return redirect("admin:schools_school_import")

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        if result.report.written:
            return super().process_result(result, request)
        messages.error(
            request,
            _("Nothing was written: schools were changed meanwhile. Choose the file once more."),
        )
        return redirect("admin:schools_school_import")

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        sentence = result.report.sentence()
        noted.note(request, "school import", sentence)
        messages.success(request, sentence)

    def get_export_data(self, *args: Any, **kwargs: Any) -> bytes:
        data = super().get_export_data(*args, **kwargs)
        noted.note(args[1], "school export")
        return data
