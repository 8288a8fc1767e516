"""Coming in as a person does, on a phone: slip, password, notice, first page; and out again."""

import pytest

from reform import accounts
from schools import activation
from schools.models import User
from tests import browsing, world

pytestmark = pytest.mark.browser
NEW = "spring-tea-7713"


@pytest.fixture
def phone(real_db, travel, page, context, live_server):
    context.add_cookies([{"name": "language", "value": "zh-hans", "url": live_server.url}])
    page.set_viewport_size({"width": 360, "height": 740})
    return page


def clean(page):
    assert browsing.barriers(page) == []
    assert not browsing.runs_off(page)


def test_a_teacher_comes_in_with_a_slip(phone, live_server):
    cast = world.Cast()
    user = accounts.create(cast.manager, place=cast.school, role="filer", name="周老师")
    code = activation.issue(user, cast.manager.user)
    phone.goto(f"{live_server.url}/activate/?u={user.username}")
    clean(phone)

    phone.fill("[name=code]", "2222-3333-4444")
    phone.fill("[name=new_password1]", NEW)
    phone.fill("[name=new_password2]", NEW)
    phone.click("main .btn.main")
    assert phone.input_value("[name=code]") == "2222-3333-4444"
    assert phone.input_value("[name=new_password1]") == ""
    clean(phone)

    phone.fill("[name=code]", code.lower())
    phone.fill("[name=new_password1]", NEW)
    phone.fill("[name=new_password2]", NEW)
    phone.click("main .btn.main")
    phone.wait_for_url("**/privacy/**")
    clean(phone)
    phone.click("main .btn.main")
    phone.wait_for_url(lambda url: "/privacy/" not in url)
    assert User.objects.get(pk=user.pk).privacy_seen_at is not None

    phone.goto(f"{live_server.url}/account/")
    with phone.expect_download() as taken:
        phone.click("a[href='/account/data/']")
    assert taken.value.suggested_filename == f"{user.username}-20261120.xlsx"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_coming_in_are_open_to_all(phone, live_server, settings, theme):
    settings.MAIL_SERVER = {"console": True}
    phone.emulate_media(color_scheme=theme)
    for path in ("/login/", "/privacy/", "/reset/", "/reset/?asked=yes", "/reset/1/x-y/"):
        phone.goto(live_server.url + path)
        clean(phone)
    world.person("clerk")
    phone.goto(f"{live_server.url}/login/")
    for _try in range(5):
        phone.fill("[name=username]", "clerk")
        phone.fill("[name=password]", "wrong")
        phone.click("main .btn.main")
    assert phone.locator(".kicker").inner_text() == "429"
    clean(phone)
