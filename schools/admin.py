"""The only place for the back office: what an operator keeps by hand. Nothing is deleted."""

from typing import Any

from django import forms
from django.contrib import admin, auth, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from schools import columns, lists, noted
from schools.access import access
from schools.admin_lists import SchoolLists
from schools.errors import Denied, Stale
from schools.forms import (
    TAKES_PART,
    EndForm,
    MembershipForm,
    NewUserForm,
    TermForm,
    UserForm,
)
from schools.models import CalendarDay, Membership, Region, School, SchoolType, Term, User
from schools.models.regions import bounds
from schools.models.schools import (
    FROZEN_FIELDS,
    OWN_CODES,
    SchoolKind,
    code_warnings,
    derive_profile,
    local_code,
)

# Headings of Django's own first page that its Chinese leaves out; ours fills them in.
UNTRANSLATED = [
    gettext_noop("Model name"),
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
]


class BackOffice(admin.AdminSite):
    """Django's admin for whoever sits as operator; sign-in and account are those of the product."""

    site_header = site_title = gettext_lazy("Reform Ledger: back office")
    index_title = gettext_lazy("Kept by hand")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        seat = getattr(request, "seat", None)
        return seat is not None and seat.has("administer")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return access("administer")(super().admin_view(view, cacheable))

    @method_decorator(access("administer"))
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            noted.note(request, "sign out")
            auth.logout(request)
        return redirect("login")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account")


site = BackOffice(name="admin")


class Plain:
    """Choosing a record does not offer to make or change one on the way."""

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(*args, **kwargs)  # type: ignore[misc]
        if isinstance(field, forms.ModelChoiceField):
            for verb in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{verb}_related", False)
        return field


class Desk(Plain, admin.ModelAdmin):
    """Seen, added and changed by an operator; deleted by nobody."""

    actions = None

    class Media:
        js = ["app/office.js"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """None for an address with NUL, which PostgreSQL would refuse."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Region, site=site)
class RegionDesk(Desk):
    list_display = ["code", "full_name", "kind", "bureau_name"]
    list_filter = ["kind"]
    search_fields = ["=code", "name", "full_name"]
    fields = ["code", "name", "full_name", "kind", "bureau_name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []


# The first words of `use` in seeds/school_types.csv
TYPE_USES = {
    "core": gettext_lazy("yes"),
    "optional": gettext_lazy("if the authority wants it"),
    "excluded": gettext_lazy("no"),
    "not a school": gettext_lazy("no, belongs to a school"),
    "alias": gettext_lazy("no, an older name"),
}


@admin.register(SchoolType, site=site)
class SchoolTypeDesk(Desk):
    list_display = ["code", "name_zh", "name_en", "takes_part"]
    fields = ["code", "name_zh", "name_en", "phases", "takes_part"]
    readonly_fields = ["takes_part"]

    @admin.display(description=gettext_lazy("takes part"))
    def takes_part(self, obj: SchoolType) -> str:
        return next(str(word) for use, word in TYPE_USES.items() if obj.use.startswith(use))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    has_change_permission = Desk.has_delete_permission


class SchoolForm(forms.ModelForm):
    """A school by hand; the same rules as for a list."""

    class Meta:
        model = School
        fields = ["code", "name", "region", "authority", "school_type", "ownership", "form",
                  *columns.NUMBERS, "closed_on"]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = columns.HINTS["code"]
        if "school_type" in self.fields:
            self.fields["school_type"].queryset = SchoolType.objects.filter(TAKES_PART)
            self.fields["school_type"].required = self.instance.kind == SchoolKind.school

    def clean_code(self) -> str:
        text = self.cleaned_data["code"]
        if not text and self.instance.pk:
            raise ValidationError(_("The code is missing."))
        if "code" in self.changed_data and text.strip().upper().startswith(OWN_CODES):
            raise ValidationError(_("Codes that begin with L- or B- are given by this system."))
        return _checked(columns.code, text) if text else ""

    def clean_name(self) -> str:
        return _checked(columns.name, self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        region = said.get("region") or getattr(self.instance, "region", None)
        authority = said.get("authority") or getattr(self.instance, "authority", None)
        if region and authority:
            low, high = bounds(authority.code)
            if not low <= region.code < high:
                self.add_error("region", _("The place does not lie in the area of the authority."))
        if authority and "code" in said and not said["code"]:
            number = lists.last_local_numbers({authority.code}, lock=True)[authority.code] + 1
            said["code"] = local_code(authority.code, number)
        return said


def _checked(parse: Any, text: str) -> str:
    try:
        return parse(text)
    except Denied as denied:
        raise ValidationError(denied.reason) from None


@admin.register(School, site=site)
class SchoolDesk(SchoolLists, Desk):
    form = SchoolForm
    fields = [*SchoolForm.Meta.fields, "kind", "profile", "profile_reason", "locked"]
    list_display = ["name", "code", "school_type", "authority", "profile", "locked"]
    list_filter = ["profile", "ownership", "locked", "school_type"]
    list_select_related = ["school_type", "authority"]
    search_fields = ["=code", "name"]
    show_full_result_count = False
    autocomplete_fields = ["region", "authority"]
    ordering = ["name", "code"]

    def get_readonly_fields(self, request: HttpRequest, obj: School | None = None) -> list[str]:
        """What a campaign has frozen cannot be changed here, nor what follows from the rest."""
        frozen = FROZEN_FIELDS if obj and obj.locked else ()
        return [*dict.fromkeys([*frozen, "kind", "profile", "profile_reason", "locked"])]

    @admin.display(description=gettext_lazy("why this profile"))
    def profile_reason(self, obj: School) -> Any:
        return obj.profile_reason

    def save_model(self, request: HttpRequest, obj: School, form: Any, change: bool) -> None:
        """Only what was changed is written; a school enrolled meanwhile keeps what is frozen."""
        obj.profile = derive_profile(obj)[0]
        if "code" in form.changed_data and obj.kind == SchoolKind.school:
            for sentence in code_warnings(obj.code, obj.school_type_id):
                self.message_user(request, str(sentence), messages.WARNING)
        if not change:
            obj.save()
            return
        now = School.objects.select_for_update(no_key=True).get(pk=obj.pk)
        if now.locked and set(form.changed_data) & set(FROZEN_FIELDS):
            raise Stale(_("%(school)s was enrolled in a campaign just now.") % {"school": now})
        obj.save(update_fields=[*form.changed_data, "profile"])


class HeldPosts(Plain, admin.StackedInline):
    """Posts a person holds or held: they can only be ended."""

    model = Membership
    form = EndForm
    fields = [("role", "school", "region"), ("starts_on", "ends_on")]
    readonly_fields = ["role", "school", "region", "starts_on"]
    extra = 0
    can_delete = False
    verbose_name_plural = gettext_lazy("posts held")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    has_change_permission = has_view_permission

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Membership]":
        return super().get_queryset(request).select_related("school", "region")


class NewPosts(Plain, admin.StackedInline):
    """Posts to be given."""

    model = Membership
    form = MembershipForm
    fields = ["role", "school", "region", ("starts_on", "ends_on")]
    autocomplete_fields = ["school", "region"]
    extra = 1
    can_delete = False
    verbose_name_plural = gettext_lazy("posts to be given")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_view_permission

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Membership]":
        return super().get_queryset(request).none()


@admin.register(User, site=site)
class UserDesk(Desk, UserAdmin):
    form, add_form = UserForm, NewUserForm
    add_form_template = "admin/schools/user/add_form.html"
    list_display = ["username", "name", "post", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["username", "name"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "is_active"]}),
        (gettext_lazy("Person"), {"fields": ["name", "post", "phone", "email"]}),
        (gettext_lazy("Dates"), {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        (gettext_lazy("Person"), {"fields": ["name", "post", "phone"]}),
    ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [HeldPosts, NewPosts] if obj else [NewPosts]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or form.changed_data:
            noted.note(request, "account change" if change else "account new", obj.username)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for post in [*formset.new_objects, *(row for row, _changed in formset.changed_objects)]:
            days = f"{post.starts_on}–{post.ends_on or ''}"
            thing = f"{form.instance.username} {post.role} {post.school or post.region} {days}"
            noted.note(request, "post change", thing)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            whose = User.objects.filter(pk=id).values_list("username", flat=True).first()
            noted.note(request, "password reset", whose or "")
        return response


class CalendarDesk(Desk):
    """Rows that due dates are reckoned from: here they change alone, and the page says so."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        words = _("Due dates already set stay as they are; the manager's calendar page moves them.")
        self.message_user(request, words, messages.WARNING)


@admin.register(Term, site=site)
class TermDesk(CalendarDesk):
    form = TermForm
    list_display = ["school_year", "no", "region", "stage", "starts", "ends", "provisional"]
    list_filter = ["school_year", "stage"]
    list_select_related = ["region"]
    search_fields = ["=region__code", "region__full_name"]
    autocomplete_fields = ["region"]


class DayList(ChangeList):
    """Years and months that no calendar has are wrong lookups, not errors of ours."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error


@admin.register(CalendarDay, site=site)
class CalendarDayDesk(CalendarDesk):
    list_display = ["date", "kind", "name", "region", "provisional"]
    list_filter = ["kind", "provisional"]
    list_select_related = ["region"]
    search_fields = ["name", "=region__code", "region__full_name"]
    autocomplete_fields = ["region"]
    date_hierarchy = "date"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return DayList
