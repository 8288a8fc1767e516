"""The only place that opens a stranger's file: in a child process with little memory and time."""

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from reform import office
from reform.sensitive import find_sensitive
from reform.sniff import Refusal

MEMORY = 1024 * 1024 * 1024
SECONDS = 6  # of a processor
WAIT = 25  # seconds by the clock, for a busy machine
MOST_PIXELS = 40_000_000
PREVIEW_PAGES = 5
PREVIEW_SIDE = 1600

# A bare package, so that the child loads these few modules and not the whole project.
_START = (
    "import sys, types; package = types.ModuleType('reform'); package.__path__ = [sys.argv[1]]; "
    "sys.modules['reform'] = package; from reform.reader import main; main(sys.argv[2:])"
)
# What runs by itself or carries a file, by its name in the PDF standard.
_ACTIVE = re.compile(
    rb"\((?:\\.|[^\\)])*\)|stream\r?\n.*?endstream|"
    rb"/(JavaScript|JS|Launch|SubmitForm|ImportData|RichMedia|XFA|EmbeddedFiles?)(?![A-Za-z0-9])",
    re.DOTALL,
)


def run(task: str, kind: str, source: Path, *more: str | Path) -> dict[str, Any]:
    """Do `task` ("inspect" or "render") in a child; its answer, or Refusal.

    A file that needs more memory or time than the limits is refused as "heavy".
    """
    answer: dict[str, Any] = {"refused": "heavy"}
    arguments = [str(part) for part in (task, kind, source, *more)]
    start = [sys.executable, "-I", "-c", _START, str(Path(__file__).parent)]
    try:
        child = subprocess.run(
            [*start, str(SECONDS), str(MEMORY), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WAIT,
            env={"LC_ALL": "C.UTF-8"},
            check=False,
        )
        if child.returncode == 0:
            answer = json.loads(child.stdout)
    except subprocess.TimeoutExpired:
        pass
    if "refused" in answer:
        raise Refusal(answer["refused"], **answer.get("details", {}))
    return answer


def main(arguments: list[str]) -> None:
    """The child, with its limits, task, kind and file: prints its answer as JSON."""
    seconds, memory, task, kind, source, *more = arguments
    _limit(int(seconds), int(memory))
    try:
        answer = _TASKS[task](kind, Path(source), *more)
    except Refusal as refusal:
        answer = {"refused": refusal.code, "details": refusal.details}
    except MemoryError:
        answer = {"refused": "heavy"}
    print(json.dumps(answer))


def _limit(seconds: int, memory: int) -> None:
    os.nice(5)  # pages come first
    for name, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 200 * 1024 * 1024),
    ):
        try:
            resource.setrlimit(name, (most, most))
        except (OSError, ValueError):  # macOS refuses a limit of address space
            if sys.platform == "linux":
                raise


def _inspect(kind: str, source: Path, target: str) -> dict[str, Any]:
    """{"pages": previews, "found": [[place, masked], …]}; a picture is written anew to `target`."""
    if kind in ("jpg", "png"):
        _reencode(kind, source, target)
        return {"pages": 1, "found": []}
    if kind == "pdf":
        return _inspect_pdf(source)
    with open(source, "rb") as file:
        return {"pages": 0, "found": office.inspect(file, kind, source.stat().st_size)}


def _picture(kind: str, source: Path) -> Any:
    from PIL import Image, ImageOps  # noqa: PLC0415  only the child needs it

    Image.MAX_IMAGE_PIXELS = None  # our own limit is lower
    try:
        picture: Image.Image = Image.open(source, formats=["JPEG", "PNG"])
        if picture.width * picture.height > MOST_PIXELS:
            raise Refusal("pixels", width=picture.width, height=picture.height)
        if picture.format not in {"jpg": ("JPEG", "MPO"), "png": ("PNG",)}[kind]:
            raise Refusal("damaged")
        picture.load()
        picture = ImageOps.exif_transpose(picture)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Refusal("damaged") from error
    # Nothing of the camera, the place or the program is kept.
    kept = picture.info.get("transparency")
    picture.info = {} if kept is None else {"transparency": kept}
    return picture


def _save_picture(picture: Any, kind: str, target: str, *, quality: int) -> None:
    if kind == "png":
        picture.save(target, "PNG", compress_level=3)
        return
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    picture.save(target, "JPEG", quality=quality)


def _reencode(kind: str, source: Path, target: str) -> None:
    _save_picture(_picture(kind, source), kind, target, quality=88)


def _open_pdf(source: Path) -> Any:
    import pypdfium2  # noqa: PLC0415  only the child needs it
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    try:
        document = pypdfium2.PdfDocument(source)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        raise Refusal("password" if locked else "damaged") from error
    if pdfium.FPDF_GetSecurityHandlerRevision(document) != -1:
        raise Refusal("password")
    if not pages:
        raise Refusal("damaged")
    return document


def _inspect_pdf(source: Path) -> dict[str, Any]:
    import pypdfium2  # noqa: PLC0415
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    document = _open_pdf(source)
    if pdfium.FPDFDoc_GetAttachmentCount(document):
        raise Refusal("packed_file")
    found: office.Found = []
    try:
        # Written anew, object streams are unpacked and every name is spelt plainly.
        plain = BytesIO()
        document.save(plain, flags=pdfium.FPDF_NO_INCREMENTAL)
        _refuse_active(plain.getbuffer())
        for number in range(len(document)):
            page = document[number]
            text = page.get_textpage().get_text_range()
            found += [({"page": number + 1}, hit.masked) for hit in find_sensitive(text)]
            page.close()
    except pypdfium2.PdfiumError as error:
        raise Refusal("damaged") from error
    return {"pages": min(len(document), PREVIEW_PAGES), "found": found}


def _refuse_active(plain: memoryview) -> None:
    """Strings and streams are passed over: only names of the PDF's own objects count."""
    for match in _ACTIVE.finditer(plain):
        if match[1]:
            raise Refusal(
                "packed_file" if match[1].startswith(b"Embedded") else "active",
                what=match[1].decode(),
            )


def _render(kind: str, source: Path, number: str, target: str) -> dict[str, Any]:
    """Write preview `number` (from 1) to `target`: a PDF page as PNG, a picture in its own kind."""
    if kind == "pdf":
        document = _open_pdf(source)
        if document.get_formtype():
            document.init_forms()
        page = document[int(number) - 1]
        scale = min(PREVIEW_SIDE / max(*page.get_size(), 1), 4)
        picture = page.render(scale=scale).to_pil()
        _save_picture(picture, "png", target, quality=0)
        return {}
    picture = _picture(kind, source)
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    _save_picture(picture, kind, target, quality=80)
    return {}


_TASKS: dict[str, Callable[..., dict[str, Any]]] = {"inspect": _inspect, "render": _render}
