"""Nonsense in every query, field, address and cookie is answered; nothing breaks."""

from urllib.parse import quote

import pytest
from django.test import Client

from reform.models import Entry
from tests import world
from tests.test_access import MATRIX
from tests.test_access import Cast as Everybody

pytestmark = pytest.mark.database
# Who tries each address; the boards of a city and of the nation are pages of their own.
BY = {"review": "reviewer", "accept": "reviewer", "return": "reviewer", "undo": "reviewer",
      "reopen": "reviewer", "sign_off": "secretary", "see_school": "filer", "save": "filer",
      "submit": "filer", "withdraw": "filer", "see_entry": "filer", "see_frameworks": "editor",
      "see_audit": "auditor", "see_status": "operator", "see_style": "operator"}  # fmt: skip
QUERY = ["after", "against", "before", "by", "county", "done", "item", "measure", "next", "own",
         "ownership", "pillar", "profile", "q", "school", "state", "type", "year"]  # fmt: skip
FIELDS = ["authority", "chosen", "claim", "destroy", "do", "due_on", "email", "fast", "framework",
          "item", "key", "language", "list", "measure", "name", "new_password1", "note",
          "old_password", "opens_on", "phone", "phrase", "post", "reason", "report", "school",
          "school_year", "seat", "seen", "shown", "state", "text", "theme", "use",
          "version"]  # fmt: skip
NASTY = ["\0", "330106\0", "9" * 18, "9" * 19, "9" * 5000, "-1", "2026-02-30", "9999-12-31",
         "0001-01-01", "\ufffe", "٣", "<script>", "__class__", ""]  # fmt: skip


@pytest.fixture
def everybody(db, travel):
    return Everybody()


def tried(everybody, method):
    """(name, client, path) of every address that takes this method, by whoever may open it."""
    clients = {}
    for name, row in MATRIX.items():
        if method not in row["methods"] or name == "logout":
            continue
        personas = {BY.get(verb, "manager") for verb in row["access"]}
        if name.startswith("board"):
            personas |= {"city_viewer", "nation_viewer"}
        for persona in sorted(personas):
            if persona not in clients:
                clients[persona] = everybody.client(persona)
            yield name, clients[persona], everybody.path(name, "own")


def broken(client, method, path, data):
    """Whether it broke; what a view raises comes up here and fails the test by itself.

    A monitor is answered 503 on purpose while nothing has run yet, as the matrix says of it.
    """
    said = 503 if path == "/healthz" else 499
    return getattr(client, method)(path, data).status_code > said


def test_no_query_breaks_a_page(everybody, caplog):
    caplog.set_level("CRITICAL")
    found = []
    for name, client, path in tried(everybody, "GET"):
        for text in NASTY:
            asked = [dict.fromkeys(QUERY, text), {"by": "school", "after": text}]
            asked += [{"after": f"2026-2027.{text}"}, {"state": "late", "school": text}]
            asked += [{one: text} for one in QUERY if text == "330106\0"]
            asked += [{"after": "2026-202\0.1"}] if text == "\0" else []
            found += [(name, query) for query in asked if broken(client, "get", path, query)]
    assert found == []


def test_no_field_breaks_a_form(everybody, caplog):
    caplog.set_level("CRITICAL")
    found = []
    for name, client, path in tried(everybody, "POST"):
        thing = "waiting" if MATRIX[name].get("thing") == "waiting" else "entry"
        for text in NASTY:
            entry = Entry.objects.get(pk=everybody.things["own"][thing].pk)
            sound = {
                "version": entry.version,
                "reason": "请核对。",
                "pledged": "on",
                "note": "已办。",
            }
            sound["report"] = entry.report_id or 0
            said = [{**sound, one: f"x{text}"} for one in FIELDS] if text == "\0" else []
            said += [dict.fromkeys(FIELDS, text), {**sound, "due_on": text, "opens_on": text}]
            found += [(name, form) for form in said if broken(client, "post", path, form)]
    assert found == []


def test_no_address_breaks_the_house(everybody, caplog):
    caplog.set_level("CRITICAL")
    found = []
    for name, client, path in (*tried(everybody, "GET"), *tried(everybody, "POST")):
        method = "get" if "GET" in MATRIX[name]["methods"] else "post"
        values = map(str, everybody.arguments(name, "own").values())
        changed = [
            path.replace(f"/{value}/", f"/{quote(text, safe='')}/")
            for value in values
            for nasty in NASTY[:5]
            for text in (nasty, value + nasty)
        ]
        found += [path for path in changed if broken(client, method, path, {})]
    assert found == []


@pytest.mark.parametrize(
    "query",
    ["calendarday/?date__year=9999", "calendarday/?date__year=" + "9" * 30,
     "calendarday/?date__year=2026&date__month=" + "9" * 30, "calendarday/?date__year=x",
     "calendarday/?date__year=9999&date__month=12", "school/?q=%00", "school/?p=" + "9" * 30,
     "school/?locked__exact=%00", "region/_00/change/", "region/%00/change/", "school/?o=9.-9.x",
     "user/" + "9" * 30 + "/change/", "user/?drafts__note__contains=a", "user/_00/password/",
     "user/?password__startswith=a", "term/?school_year=%00", "school/1_00/history/"],
)  # fmt: skip
def test_no_address_breaks_the_back_office(cast, query, caplog):
    caplog.set_level("CRITICAL")
    client = world.sign_in(Client(), world.seat("operator", "0"))
    assert client.get(f"/admin/schools/{query}").status_code in (200, 302, 400, 404)


@pytest.mark.parametrize("name", ["sessionid", "language", "csrftoken", "messages"])
def test_no_cookie_breaks_the_door(db, name):
    client = Client(headers={"cookie": f'{name}="abcdefghij\\000"'})
    assert client.get("/login/").status_code == 200
