"""The only place where a school pastes into a register, sends it as a file, or takes it away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reform import bookkeeping, intake
from reform.forms.hidden import key_for, key_of
from reform.forms.register_sheets import BlockForm, FileForm
from reform.intake import Block
from reform.views import entry_missing
from reform.views import register_sheet_words as words
from reform.views import register_way as ways
from schools import noted, register_blocks, register_resources, sheets
from schools.access import access
from schools.errors import Denied
from schools.models import School
from schools.register_blocks import MOST_PASTED, MOST_SENT
from schools.register_sheets import Look
from schools.registers import REGISTERS, Register
from schools.views.away import away

MOST_TEXT = 1_500_000  # bytes of a file's cells; they are carried in the page until confirmed


def _own(request: HttpRequest, key: str) -> tuple[School, Register]:
    """The school of this seat and the register; of officials there is none to write in."""
    school = request.seat.school
    register = REGISTERS[key]
    if school is None:
        raise Denied(_("A school keeps its registers itself; you can read them."))
    return school, register


def _writable(request: HttpRequest, key: str) -> tuple[School, Register]:
    school, register = _own(request, key)
    bookkeeping.require_adding(request.seat, register, school)
    return school, register


@access("keep_registers")
@require_http_methods(["GET", "HEAD", "POST"])
def register_paste(request: HttpRequest, key: str) -> HttpResponse:
    """A field for cells copied from a spreadsheet; what they would do; the rest to be mended."""
    school, register = _writable(request, key)
    form = BlockForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _paste_page(request, register, form)
    block = form.block()
    try:
        if form.does == "failed":
            return _failed(request, register, intake.seen(school, register, block))
        if form.does == "write":
            return _write(request, school, register, form, block)
        return _preview(request, register, form, intake.seen(school, register, block))
    except Denied as denied:
        form.add_error("text", denied.reason)
        return _paste_page(request, register, form)


def _paste_page(request: HttpRequest, register: Register, form: BlockForm) -> HttpResponse:
    desk = intake.desk(register, request.seat.school)
    context = {
        "register": register,
        "form": form,
        "crumbs": words.crumbs(register, _("Paste")),
        "columns": [(column.heading, register_resources.hint(column)) for column in desk.columns],
        "most": MOST_PASTED,
        "way": ways.asked(request),
    }
    status = 422 if form.errors else 200
    return render(request, "registers/paste.html", context, status=status)


def _preview(
    request: HttpRequest, register: Register, form: BlockForm, look: Look, told: str = ""
) -> HttpResponse:
    context = {
        "register": register,
        "form": form,
        "told": told,
        "key": key_for(request),
        "crumbs": words.crumbs(register, form.file_name or _("Paste")),
        "sentence": words.sentence(look),
        "button": words.button(look),
        "look": look,
        "n": look.counts,
        "way": ways.asked(request),
        **words.table(look),
    }
    return render(request, "registers/seen.html", context)


def _write(
    request: HttpRequest, school: School, register: Register, form: BlockForm, block: Block
) -> HttpResponse:
    try:
        taken = intake.write(
            school,
            register,
            block,
            by=request.seat,
            as_seen=request.POST.get("seen", ""),
            key=key_of(request.POST),
        )
    except intake.Moved as moved:
        told = _("Meanwhile the register was changed. Nothing was written; look once more.")
        return _preview(request, register, form, moved.now, told)
    sentence = words.taken(taken)
    if not taken.left.refused:
        messages.success(request, sentence)
        way = ways.asked(request)
        entry_missing.tell_still(request, way)
        return redirect(way.carry(f"{reverse('register', args=[register.key])}?pasted=1"))
    rest = BlockForm.of(taken.left.left(), form.file_name)
    return _preview(request, register, rest, intake.seen(school, register, rest.block()), sentence)


def _failed(request: HttpRequest, register: Register, look: Look) -> HttpResponse:
    noted.note(request, "register export", f"{register.key} refused rows")
    name = _("%(register)s, refused rows") % {"register": register.name}
    return away(register_resources.failed(look), f"{name}.xlsx")


@access("keep_registers")
@require_http_methods(["GET", "HEAD", "POST"])
def register_file(request: HttpRequest, key: str) -> HttpResponse:
    """Send a register as a file; the sheet to fill in, and the register as it stands."""
    school, register = _writable(request, key)
    sent = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if sent else FileForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            rows = register_resources.block_of(sheets.read(file.read()))
            look = intake.seen(school, register, Block(rows, MOST_SENT))
            block = BlockForm.of(_carried(rows), file.name)
        except Denied as denied:
            form.add_error("file", denied.reason)
        else:
            noted.note(request, "register file", f"{register.key} {file.name}")
            return _preview(request, register, block, look)
    context = {
        "register": register,
        "form": form,
        "crumbs": words.crumbs(register, _("File")),
        "most": MOST_SENT,
        "way": ways.asked(request),
    }
    status = 422 if form.errors else 200
    return render(request, "registers/file.html", context, status=status)


def _carried(rows: list[register_blocks.PastedRow]) -> str:
    """The cells of a file as a block, blank rows too, so that each row keeps its number."""
    cells: list[list[str]] = [[] for _row in range(rows[-1].number if rows else 0)]
    for row in rows:
        cells[row.number - 1] = [*row.cells, *[""] * (row.width - len(row.cells))]
    text = register_blocks.text_of(cells)
    if len(text.encode()) > MOST_TEXT:
        raise Denied(_("The file holds far more text than a register takes. Divide it."))
    return text


@access("keep_registers")
@require_safe
def register_template(request: HttpRequest, key: str) -> HttpResponse:
    """The sheet to fill in."""
    school, register = _writable(request, key)
    data = register_resources.template(intake.desk(register, school))
    name = _("%(register)s, to fill in") % {"register": register.name}
    return away(data, f"{name}.xlsx")


@access("keep_registers")
@require_safe
def register_export(request: HttpRequest, key: str) -> HttpResponse:
    """The register as it stands, as xlsx or csv."""
    school, register = _own(request, key)
    kind = "csv" if request.GET.get("as") == "csv" else "xlsx"
    data = register_resources.exported(intake.desk(register, school), kind)
    noted.note(request, "register export", f"{register.key} {kind}")
    name = f"{school.name} {register.name}.{kind}"
    return away(data, name, kind="text/csv; charset=utf-8") if kind == "csv" else away(data, name)
