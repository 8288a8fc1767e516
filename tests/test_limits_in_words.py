"""A limit that a sentence names is the limit that the code keeps, in both languages."""

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import translation

from reform import reader, refusals, uploads
from reform.forms import calendar
from reform.forms.school_list import UploadForm
from reform.restructure import _code, _name
from schools import cells, sheets
from schools.models import School

MEGABYTE = 1024 * 1024
LANGUAGES = [code for code, _ in settings.LANGUAGES]


def refused(rule, **said):
    with pytest.raises(ValidationError) as found:
        rule(School(), said)
    return str(found.value)


SAID = {
    "size of an evidence file": (
        lambda: refusals.REASONS["too_big"], [f"{uploads.MOST_BYTES // MEGABYTE} MB"]),
    "files of an item": (lambda: refusals.REASONS["too_many"], [f" {uploads.MOST_FILES} "]),
    "files of a school": (
        lambda: refusals.REASONS["school_full"], [f"{uploads.SCHOOL_BYTES // MEGABYTE} MB"]),
    "pixels of a picture": (
        lambda: refusals.REASONS["pixels"],
        [{"en": f"{reader.MOST_PIXELS // 10**6} million",
          "zh-hans": f"{reader.MOST_PIXELS // 10**4} 万"}]),
    "size of a list": (
        lambda: sheets._REFUSALS["too_big"], [f"{sheets.MOST_BYTES // MEGABYTE} MB"]),
    "rows of a list": (lambda: sheets._REFUSALS["too_long"], [f"{cells.MOST_ROWS:,}"]),
    "columns of a list": (lambda: sheets._REFUSALS["too_wide"], [f"{cells.MOST_COLUMNS}"]),
    "list, before it is chosen": (
        lambda: UploadForm().fields["file"].help_text,
        [f"{sheets.MOST_BYTES // MEGABYTE} MB", f"{cells.MOST_ROWS:,}"]),
    "notice of a holiday": (
        lambda: calendar.TOO_BIG, [f"{calendar.MOST_BYTES // MEGABYTE} MB"]),
    "name of a school": (
        lambda: refused(_name, name=""), [f"{School._meta.get_field('name').max_length}"]),
    "code of a school": (
        lambda: refused(_code, code="?"), [f"{School._meta.get_field('code').max_length}"]),
    "a request that was not read": (
        lambda: render_to_string("400.html"),
        [f"{uploads.MOST_FILES} ", f"{uploads.MOST_BYTES // MEGABYTE} MB",
         f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MEGABYTE} MB"]),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", SAID)
def test_a_sentence_names_the_limit_that_is_kept(limit, language):
    sentence, numbers = SAID[limit]
    with translation.override(language):
        words = str(sentence())

    for number in numbers:
        assert (number if isinstance(number, str) else number[language]) in words
