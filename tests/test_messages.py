"""The words of the product: collected from code and templates, kept, checked, never lost."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext
HELLO = _("Hello %(name)s")
N = ngettext("%(n)d school", "%(n)d schools", 2)
MAY = pgettext("month", "May")
"""
PAGE = """
{% load i18n %}
<h1>{% translate "Review" %}</h1>
    {% blocktranslate trimmed with who=user.name %}
      It is
      {{ who }}'s turn
    {% endblocktranslate %}
{% blocktranslate count n=n %}{{ n }} entry{% plural %}{{ n }} entries{% endblocktranslate %}
<p title="{% translate "Late" context "state" %}">{{ _("Yours") }}</p>
"""
FRAGMENT = """
msgid "Hello %(name)s"
msgstr "你好，%(name)s"

msgid "%(n)d school"
msgid_plural "%(n)d schools"
msgstr[0] "%(n)d 所学校"

msgctxt "month"
msgid "May"
msgstr "五月"

msgid "Review"
msgstr "审核"

msgid "It is %(who)s's turn"
msgstr "轮到%(who)s"

msgid "%(n)s entry"
msgid_plural "%(n)s entries"
msgstr[0] "%(n)s 条"

msgctxt "state"
msgid "Late"
msgstr "逾期"

msgid "Yours"
msgstr "您的"
"""


@pytest.fixture
def tree(tmp_path, settings):
    for folder in ("reform", "schools", "templates/board"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "schools" / "words.py").write_text(CODE)
    (tmp_path / "templates" / "board" / "page.html").write_text(PAGE)
    (tmp_path / "fragment.po").write_text(FRAGMENT)
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return tmp_path


def messages(*arguments):
    """What the command wrote; (lines of output, lines of complaint)."""
    out, err = StringIO(), StringIO()
    try:
        call_command("messages", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def catalogue(tree):
    return (tree / "locale/zh_Hans/LC_MESSAGES/django.po").read_text()


def test_words_are_found_in_code_and_in_templates(tree):
    assert messages() == (["8 messages, 8 without a translation"], [])


def test_a_fragment_translates_them_all_and_the_check_is_content(tree):
    assert messages("--merge", str(tree / "fragment.po"))[0] == [
        "8 messages, 0 without a translation"
    ]
    assert messages("--check") == (["Every message is translated."], [])
    assert (tree / "locale/zh_Hans/LC_MESSAGES/django.mo").stat().st_size > 0


def test_the_last_fragment_wins(tree):
    messages("--merge", str(tree / "fragment.po"))
    (tree / "later.po").write_text('msgid "Review"\nmsgstr "审阅"\n')

    messages("--merge", str(tree / "later.po"))

    assert 'msgid "Review"\nmsgstr "审阅"' in catalogue(tree)


def test_a_second_run_changes_nothing(tree):
    messages("--merge", str(tree / "fragment.po"))
    before = catalogue(tree)

    messages()

    assert catalogue(tree) == before


def test_a_translation_outlives_the_removal_and_return_of_its_message(tree):
    messages("--merge", str(tree / "fragment.po"))
    (tree / "templates/board/page.html").write_text("")
    messages()
    assert '#~ msgid "Review"\n#~ msgstr "审核"' in catalogue(tree)

    (tree / "templates/board/page.html").write_text(PAGE)
    messages()

    assert messages("--check") == (["Every message is translated."], [])


def test_the_check_names_what_is_missing_left_over_or_wrong(tree):
    fragment = FRAGMENT.replace("轮到%(who)s", "轮到您").replace('msgstr "您的"', 'msgstr ""')
    (tree / "fragment.po").write_text(fragment + '\nmsgid "Gone"\nmsgstr "没有了"\n')
    messages("--merge", str(tree / "fragment.po"))

    assert messages("--check")[1] == [
        "templates/board/page.html: placeholders differ: \"It is %(who)s's turn\" → '轮到您'",
        "templates/board/page.html: no translation: 'Yours'",
        "no longer used (messages --prune): 'Gone'",
        "3 messages need attention; see `manage.py messages`.",
    ]


def test_prune_forgets_what_is_no_longer_used(tree):
    (tree / "fragment.po").write_text(FRAGMENT + '\nmsgid "Gone"\nmsgstr "没有了"\n')
    messages("--merge", str(tree / "fragment.po"))

    messages("--prune")

    assert messages("--check") == (["Every message is translated."], [])


def test_a_doubtful_translation_is_named(tree):
    fragment = FRAGMENT.replace('msgid "Review"', '#, fuzzy\nmsgid "Review"')
    (tree / "fragment.po").write_text(fragment)
    messages("--merge", str(tree / "fragment.po"))

    assert messages("--check")[1][0] == ("templates/board/page.html: doubtful (fuzzy): 'Review'")


def test_a_broken_fragment_changes_nothing(tree):
    messages("--merge", str(tree / "fragment.po"))
    before = catalogue(tree)
    (tree / "broken.po").write_text('msgid "Review"\nmsgstr "审\n\nwhat\n')

    _, complaints = messages("--merge", str(tree / "broken.po"))

    assert complaints[0].startswith(str(tree / "broken.po"))
    assert catalogue(tree) == before
