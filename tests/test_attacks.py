"""What an attacker tries: texts for others, turns at once, old sessions, forged forms and ways."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reform import progress, rollout, uploads
from reform.models import AuditLine, Draft, Entry, Evidence, IdempotencyKey, Report
from reform.rollout import Outline
from reform.states import Status
from schools import kept
from schools.errors import Denied
from schools.models import User
from tests import files, world

pytestmark = pytest.mark.database
SECRET = "课表是去年的，先别让局里看到。"


@pytest.fixture
def sealed(cast):
    """An entry of a campaign that asks for the secretary's signature."""
    signing = world.campaign(sign_off=True)
    return world.entry(cast.school, campaign=signing)


def signed_in(seat):
    return world.sign_in(Client(), seat)


def newest(entry):
    return Entry.objects.get(pk=entry.pk)


# ---- words and files for other eyes


def test_what_the_secretary_told_the_filer_is_not_read_by_officials(cast, sealed):
    entry = world.file(sealed, cast.filer)
    progress.hand_back(entry.pk, by=cast.secretary, version=entry.version, reason=SECRET)
    url = reverse("entry", args=[entry.pk])
    shown = {
        name: SECRET in signed_in(getattr(cast, name)).get(url).content.decode()
        for name in ("filer", "secretary", "reviewer", "manager", "viewer")
    }
    assert shown == {
        "filer": True,
        "secretary": True,
        "reviewer": False,
        "manager": False,
        "viewer": False,
    }


def test_a_report_that_was_not_sent_shows_no_official_its_words_or_its_files(cast, sealed):
    with uploads.check("未发出.pdf", io.BytesIO(files.pdf("unsent"))) as checked:
        evidence, _new = progress.attach(sealed.pk, checked, by=cast.filer)
    entry = world.file(sealed, cast.filer, note=SECRET)
    assert Report.objects.get(entry=entry).sent_at is None
    for seat in (cast.reviewer, cast.manager, cast.viewer):
        client = signed_in(seat)
        page = client.get(reverse("entry", args=[entry.pk])).content.decode()
        assert SECRET not in page
        assert evidence.name not in page
        assert client.get(reverse("evidence", args=[evidence.pk])).status_code == 404
        preview = reverse("evidence_preview", args=[evidence.pk, 1])
        assert client.get(preview).status_code == 404


def test_a_reviewer_is_not_told_of_the_same_file_in_a_report_that_was_not_sent(cast, sealed):
    sent = world.entry(cast.school, "Z2.2", campaign=cast.campaign)
    for entry in (sent, sealed):
        with uploads.check("同一份.pdf", io.BytesIO(files.pdf("same"))) as checked:
            progress.attach(entry.pk, checked, by=cast.filer)
        world.file(entry, cast.filer)
    page = signed_in(cast.reviewer).get(reverse("review_entry", args=[sent.pk]))
    assert [m.others for m in page.context["judged"].materials] == [[]]


def test_a_report_that_was_not_sent_is_no_earlier_report_of_the_next_period(cast, sealed):
    world.file(sealed, cast.filer, note=SECRET)
    item, period = sealed.slot.item.code, sealed.slot.period
    following = world.entry(cast.school, item, campaign=sealed.slot.campaign, term=2)
    assert following.slot.period > period
    for seat in (cast.filer, cast.reviewer):
        assert signed_in(seat).get(reverse("entry", args=[following.pk])).context["last"] is None


def test_an_auditor_counts_no_lines_of_another_region(cast):
    said = {"username": cast.stranger.user.username, "password": world.PASSWORD}
    Client().post("/login/", said)
    auditor = signed_in(world.seat("auditor", world.COUNTY))
    assert AuditLine.objects.count() == 1
    assert auditor.get("/audit/").context["rows"] == []
    auditor.post("/language/", {"language": "en"})
    sentence = auditor.get("/audit/").context["sentence"]
    assert sentence == "0 lines were written in the last 24 hours."


def test_a_list_of_schools_does_not_tell_where_a_foreign_one_would_stand(cast):
    """Else one could guess its name by asking what comes after its code."""
    client = signed_in(cast.viewer)
    foreign = cast.stranger_school.code
    assert cast.stranger_school.name > "甲"
    world.school("甲小学")
    world.school("龙小学")
    every = client.get("/schools/").context["schools"]
    assert len(every) == 3
    assert client.get("/schools/", {"after": foreign}).context["schools"] == every


def test_a_colleague_never_reads_a_draft(cast):
    entry = world.entry(cast.school)
    signed_in(cast.filer).post(
        reverse("entry_save", args=[entry.pk]), {"version": entry.version, "note": SECRET}
    )
    assert Draft.objects.get().note == SECRET
    for seat in (cast.secretary, world.seat("filer", cast.school), cast.reviewer):
        page = signed_in(seat).get(reverse("entry", args=[entry.pk])).content.decode()
        assert SECRET not in page


def test_a_county_steers_nothing_of_what_binds_it_from_above(county, manager):
    """Neither the deed nor the page before it, which counts the schools of all the city."""
    above = world.seat("manager", "3301")
    running, draft = world.opened(above), world.draft(above, year="2027-2028")
    slot = running.slots.first()
    client = signed_in(manager)
    form = {
        "version": running.version,
        "reason": "市里另有安排。",
        "due_on": "2027-01-20",
        "key": "k",
    }
    pages = [
        *((f"campaign_{verb}", running) for verb in ("close", "void", "reopen")),
        *((f"slot_{verb}", slot) for verb in ("reschedule", "withdraw")),
        ("campaign_open", draft),
    ]
    answers = [
        (name, how, getattr(client, how)(reverse(name, args=[thing.pk]), form).status_code)
        for name, thing in pages
        for how in ("get", "post")
    ]
    assert [answer for answer in answers if answer[2] != 403] == []
    assert client.post(reverse("campaign", args=[draft.pk]), form).status_code == 403


def test_the_domain_itself_lets_no_other_manager_revise_a_draft_or_open_it_again(county, manager):
    next_door = world.seat("manager", world.SIBLING)
    draft, running = world.draft(manager, year="2027-2028"), world.opened(manager)
    said = Outline(draft.framework, "2027-2028", "改名", draft.opens_on)
    with pytest.raises(Denied):
        rollout.revise(draft.pk, said, by=next_door, version=draft.version)
    with pytest.raises(Denied):
        rollout.open_campaign(running.pk, by=next_door)


# ---- turns taken at the same moment


def test_a_file_that_arrives_after_a_colleague_has_sent_the_entry_is_not_attached(cast):
    entry = world.entry(cast.school)
    with uploads.check("迟到.pdf", io.BytesIO(files.pdf("late"))) as checked:
        world.file(entry, world.seat("filer", cast.school))
        with pytest.raises(Denied):
            progress.attach(entry.pk, checked, by=cast.filer)
    assert Evidence.objects.count() == 0


def test_a_file_is_not_taken_off_an_entry_that_was_sent_meanwhile(cast):
    entry = world.entry(cast.school)
    with uploads.check("记录.pdf", io.BytesIO(files.pdf("kept"))) as checked:
        evidence, _new = progress.attach(entry.pk, checked, by=cast.filer)
    world.file(entry, world.seat("filer", cast.school))
    with pytest.raises(Denied):
        progress.detach(evidence, by=cast.filer)
    assert Evidence.objects.get(pk=evidence.pk).removed_at is None


def test_a_key_of_one_person_answers_nobody_else_and_no_other_form(cast):
    entry = world.entry(cast.school)
    form = {"version": entry.version, "key": "k", "note": "已办。", "pledged": "on"}
    form |= {
        f"check-{key}-{part}": text
        for key, values in world.typed_values(entry).items()
        for part, text in values.items()
    }
    url = reverse("entry_submit", args=[entry.pk])
    assert signed_in(cast.filer).post(url, form).status_code == 302
    assert signed_in(cast.secretary).post(url, form).status_code == 409
    back = reverse("entry_withdraw", args=[entry.pk])
    version = newest(entry).version
    answer = signed_in(cast.filer).post(back, {"version": version, "key": "k"})
    assert answer.status_code == 302
    assert newest(entry).status == Status.in_progress
    assert IdempotencyKey.objects.count() == 2


# ---- sessions


def test_a_session_ends_twelve_hours_after_sign_in_however_it_is_used(cast, travel):
    client = Client()
    said = {"username": cast.filer.user.username, "password": world.PASSWORD}
    client.post("/login/", said)
    travel.shift(timedelta(hours=11))
    assert client.post("/seat/", {"seat": cast.filer.key}).status_code == 302
    assert client.get("/school/").status_code == 200
    travel.shift(timedelta(hours=1, minutes=1))
    assert client.get("/school/").status_code == 302


def test_saving_the_own_account_writes_nothing_that_an_operator_decides(cast):
    client = signed_in(cast.filer)
    said = {"do": "details", "name": "新名", "language": "", "theme": "auto", "is_active": "1"}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.post("/account/", said).status_code == 302
    changed = [q["sql"] for q in queries if q["sql"].startswith('UPDATE "schools_user"')]
    assert len(changed) == 1
    assert not any(name in changed[0] for name in ("is_active", "is_superuser", "password"))
    assert User.objects.get(pk=cast.filer.user.pk).name == "新名"


def test_no_other_spelling_of_an_account_goes_round_the_lock(cast):
    name = world.seat("filer", cast.school, world.person("lihua")).user.username
    client = Client()
    spelled = [name, name, f" {name} ", name.replace("l", "\uff4c"), f"{name}\0", name]
    for spelling in spelled:
        client.post("/login/", {"username": spelling, "password": "wrong-one"})
    for header in ("203.0.113.9", "127.0.0.1, 203.0.113.9"):
        said = {"username": name, "password": world.PASSWORD}
        headers = {"x-forwarded-for": header, "x-real-ip": header, "forwarded": f"for={header}"}
        assert client.post("/login/", said, headers=headers).status_code == 429


@pytest.mark.parametrize("said", ["unknown", "203.0.113.9:4711", "a\0b", "<script>", "1" * 300])
def test_an_address_that_is_none_breaks_no_log(db, settings, said):
    settings.BEHIND_PROXY = True
    response = Client(headers={"x-forwarded-for": said}).post(
        "/login/", {"username": "nobody", "password": "wrong-one"}
    )
    assert response.status_code == 200
    assert AuditLine.objects.get().ip is None


def test_private_pages_are_kept_by_no_cache_and_signing_out_clears_the_browser(cast):
    client = signed_in(cast.filer)
    entry = world.entry(cast.school)
    for path in ("/school/", "/items/", reverse("entry", args=[entry.pk]), "/school/x/"):
        assert client.get(path)["Cache-Control"] == "private, no-cache", path
    assert client.post("/logout/")["Clear-Site-Data"] == '"cache"'


# ---- forged forms and addresses


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example",
     "javascript:alert(1)", "///evil.example", "/\u2028/evil.example", "\0//evil.example",
     "http:evil.example", "@evil.example", " //evil.example"],
)  # fmt: skip
def test_no_way_leads_out_of_the_house(cast, to):
    said = {"username": cast.filer.user.username, "password": world.PASSWORD, "next": to}
    assert Client().post("/login/", said)["Location"] == "/"
    assert Client().post("/language/", {"language": "en", "next": to})["Location"] == "/"
    assert signed_in(cast.filer).get("/login/", {"next": to})["Location"] == "/"


def test_a_form_that_another_site_sends_is_neither_done_nor_carried(cast):
    entry = world.entry(cast.school)
    client = Client(enforce_csrf_checks=True)
    forged = {"note": "<script>alert(1)</script>", "version": entry.version}
    for origin in ("https://evil.example", "null"):
        answer = client.post(
            reverse("entry_submit", args=[entry.pk]), forged, headers={"origin": origin}
        )
        assert answer.status_code == 403
        assert "alert(1)" not in answer.content.decode()
        assert kept.FIELD + '"' not in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "a:b:c", "\0", "e" * 100_000, "eyJhIjoxfQ:1:1"])
def test_a_forged_token_of_kept_text_carries_nothing(db, token):
    answer = Client().post("/login/", {"again": "1", kept.FIELD: token})
    assert answer.status_code == 200
    assert answer.context["form_was"] is None


def test_kept_text_is_shown_as_text_and_sent_only_by_whoever_may(cast):
    """A token taken by somebody else gives the words back, never the right to send them."""
    entry = world.entry(cast.school)
    note = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    typed = {"note": note, "version": entry.version, "pledged": "on"}
    url = reverse("entry_submit", args=[entry.pk])
    page = Client().post(url, typed, headers={"origin": "http://testserver"})
    token = page.context["kept"]
    client = Client()
    said = {"username": cast.stranger.user.username, "password": world.PASSWORD}
    shown = client.post("/login/", {**said, kept.FIELD: token})
    assert note not in shown.content.decode()
    assert "&lt;script&gt;" in shown.content.decode()
    assert client.post(url, dict(shown.context["form_was"].fields)).status_code == 404
    assert newest(entry).status == Status.not_started


def test_a_stranger_who_is_not_signed_in_writes_no_file_to_disk(db, monkeypatch):
    """Counted, so that its name can be asked for again; its bytes are let go."""
    written = []
    handler = uploads.MostBytes
    old = handler.receive_data_chunk

    def watch(self, raw, start):
        old(self, raw, start)
        written.append(self.file.tell())

    monkeypatch.setattr(handler, "receive_data_chunk", watch)
    file = SimpleUploadedFile("大.pdf", b"x" * 300_000)
    assert Client().post("/login/", {"files": file}).status_code == 200
    assert written
    assert set(written) == {0}
