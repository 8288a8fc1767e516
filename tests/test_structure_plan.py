"""What if: so many members typed in, and how a Party organisation is usually set up for them."""

import pytest

from schools.models import School
from tests.reading import heading, words

pytestmark = [pytest.mark.django_db]
PLAN = "/structure/what-if/"


@pytest.mark.parametrize(
    ("full", "said"),
    [
        (2, "正式党员 2 人：一般编入联合党支部，由牵头学校的支部接收。"),
        (3, "正式党员 3 人：一般设党支部，至少 1 个支部。"),
        (50, "正式党员 50 人：一般设党支部或党总支，至少 1 个支部。"),
        (51, "正式党员 51 人：一般设党总支，至少 2 个支部。"),
        (100, "正式党员 100 人：一般设党总支或党委，至少 2 个支部。"),
        (101, "正式党员 101 人：一般设党委，至少 3 个支部。"),
    ],
)
def test_numbers_in_the_address_are_answered_with_the_usual_set_up(cast, at, full, said):
    assert heading(at(cast.viewer).get(PLAN, {"full": full})) == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"full": 6}, "每个支部正式党员约 6 人：设 1 名书记，必要时设 1 名副书记，不设支委会。"),
        ({"full": 7}, "每个支部正式党员约 7 人：设支委会，3 至 5 人，一般不超过 7 人"),
        ({"full": 13, "branches": 2}, "每个支部正式党员约 7 人：设支委会"),
        ({"full": 2}, "由牵头学校的支部接收，联合党支部覆盖单位一般不超过 5 个。"),
        ({"full": 120}, "党委每届一般 5 年。"),
        ({"full": 50}, "党支部： 书记、校长一般由一人担任，另设 1 名专职副书记。"),
        ({"full": 45, "probationary": 6}, "至少 2 个支部，每个支部党员一般不超过 50 人。"),
    ],
)
def test_what_follows_for_branches_committees_and_terms(cast, at, asked, said):
    assert said.replace("： ", "：") in words(at(cast.filer).get(PLAN, asked)).replace("： ", "：")


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        ({"full": 60, "form": "branch"}, ["STR-04"]),
        ({"full": 60, "form": "general"}, []),
        ({"full": 60, "form": "general", "branches": 1}, ["STR-03"]),
        ({"full": 60, "branches": 1}, ["STR-03"]),
        ({"full": 60, "branches": 2}, []),
        ({"full": 2, "form": "joint"}, []),
        ({"full": 3, "form": "joint"}, ["STR-01"]),
        ({"full": 2, "form": "branch"}, ["STR-02"]),
        ({"full": 50, "form": "branch", "branches": 1}, []),
        ({"full": 49, "probationary": 2, "form": "branch", "branches": 1}, ["STR-03"]),
    ],
)
def test_what_does_not_fit_the_numbers_is_named(cast, at, asked, rules):
    page = at(cast.viewer).get(PLAN, asked)
    assert [told.rule.id for told, _light, _word in page.context["gaps"]] == rules
    assert ("形式和支部数与这些人数相符" in words(page)) == (not rules)


def test_without_a_number_the_page_asks_for_it_with_the_school_s_own_at_hand(cast, at):
    School.objects.filter(pk=cast.school.pk).update(full_members=60)
    page = at(cast.filer).get(PLAN)
    assert heading(page) == "按党员人数，党组织一般怎样设置？"
    assert 'name="full" value="60"' in page.content.decode()


@pytest.mark.parametrize("typed", ["", "-1", "many", "10000", "3.5"])
def test_a_number_that_is_none_is_told_at_its_field_and_kept(cast, at, typed):
    page = at(cast.viewer).get(PLAN, {"full": typed, "branches": "2"})
    assert page.status_code == 200
    assert 'id="id_full_error"' in page.content.decode()
    assert 'name="branches" value="2"' in page.content.decode()
    assert not typed or f'name="full" value="{typed}"' in page.content.decode()
    assert heading(page) == "按党员人数，党组织一般怎样设置？"
