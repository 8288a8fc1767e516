"""The training matrix: three channels by three modes, empty cells seen, sums and names."""

from datetime import date

import pytest

from schools import clock
from schools import training_matrix as matrices
from schools.models import Training
from tests import world

DAY = date(2026, 10, 20)


def put(school, cell="special-systematic", day=DAY, **fields):
    channel, _dash, mode = cell.partition("-")
    return Training.objects.create(
        school=school, title=fields.pop("title", "专题班"), held_on=day, channel=channel, mode=mode,
        changed_at=clock.now(), **fields,
    )  # fmt: skip


def numbers(year="2026-2027"):
    rows = matrices.matrix(matrices.of_year(Training.objects.all(), year))
    return [[cell.n for cell in row] for row in rows]


def html(answer):
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("<wbr>", "")


@pytest.mark.django_db
def test_each_training_of_the_year_stands_in_its_cell_and_in_no_other(cast):
    for cell in ("special-systematic", "special-systematic", "rotation-shadowing",
                 "all_staff-research"):  # fmt: skip
        put(cast.school, cell)
    put(cast.school, "special-")
    put(cast.school, day=date(2026, 8, 31))
    put(cast.school, day=date(2027, 9, 1))
    put(cast.school, removed_at=world.NOON)

    assert numbers() == [[2, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert numbers("2025-2026") == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    put(cast.school, "rotation-research", day=date(2026, 9, 1))
    put(cast.school, "rotation-research", day=date(2027, 8, 31))
    assert numbers()[1] == [0, 1, 2]


def test_an_address_names_a_cell_or_nothing():
    assert matrices.cell_of("rotation-research") == ("rotation", "research")
    assert matrices.cell_of("research-rotation") is None
    assert matrices.cell_of("") is None


@pytest.mark.django_db
def test_a_school_sees_its_empty_cells_in_words_and_each_filled_one_leads_to_its_rows(cast, at):
    put(cast.school, title="党务专训")
    put(cast.school, "special-", title="没填方式")

    page = html(at(cast.filer).get("/registers/matrix/"))

    assert "九格中有培训的 1 格，空缺 8 格。" in page
    assert page.count('<span class="light todo">空缺</span>') == 8
    assert 'href="#special-systematic"' in page
    assert "党务专训" in page.partition('id="special-systematic"')[2]
    assert "没填方式" in page.partition("不在表中")[2]


@pytest.mark.django_db
def test_a_full_matrix_and_an_empty_one_say_so(cast, at):
    assert "还没有归入矩阵的培训" in html(at(cast.filer).get("/registers/matrix/"))
    for channel, mode in matrices.CELLS:
        put(cast.school, f"{channel}-{mode}")

    page = html(at(cast.filer).get("/registers/matrix/"))
    assert "九格都有培训。" in page
    assert "light todo" not in page


@pytest.fixture
def county(cast):
    """阳光小学 and 安吉小学 count; a private school, a joint one and the neighbours do not."""
    other = world.school("安吉小学")
    put(cast.school)
    put(cast.school)
    put(cast.school, "rotation-research")
    put(other)
    put(world.school("民办小学", ownership="private"), "all_staff-research")
    put(world.school("教学点", profile="joint"), "all_staff-research")
    put(cast.stranger_school, "all_staff-research")
    return other


@pytest.mark.django_db
def test_the_county_sees_sums_and_how_many_schools_have_nothing(cast, county, at):
    page = html(at(cast.viewer).get("/structure/training/"))

    assert "2 所学校共培训 4 次，空缺 7 格。" in page
    cells = [cell.partition("</td>")[0] for cell in page.split("<td>")[1:]]
    assert len(cells) == 9
    assert "3 次" in cells[0] and "各校都有" in cells[0]
    assert "1 次" in cells[5] and "1 所没有" in cells[5]
    assert "空缺" in cells[8] and "2 所没有" in cells[8]


@pytest.mark.django_db
def test_a_click_names_the_schools_without_by_name(cast, county, at):
    page = html(at(cast.viewer).get("/structure/training/?cell=rotation-research&year=2026-2027"))
    names = page.partition('id="without"')[2].partition("</section>")[0]
    assert "安吉小学" in names
    assert "阳光小学" not in names

    page = html(at(cast.viewer).get("/structure/training/?cell=all_staff-research"))
    names = page.partition('id="without"')[2].partition("</section>")[0]
    assert names.index("安吉小学") < names.index("阳光小学")
    assert "民办小学" not in names
    assert "教学点" not in names

    assert 'id="without"' not in html(at(cast.viewer).get("/structure/training/?cell=nonsense"))


@pytest.mark.django_db
def test_a_city_goes_down_to_a_county_and_keeps_to_its_own(cast, county, at):
    city = world.seat("viewer", "3301")

    assert "?region=330106" in html(at(city).get("/structure/training/"))
    assert "共培训 4 次" in html(at(city).get("/structure/training/?region=330106"))
    assert at(city).get("/structure/training/?region=3302").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?cell=all_staff-research"])
def test_the_countys_page_costs_the_same_for_two_schools_and_for_five(
    cast, county, at, django_assert_num_queries, query
):
    client = at(cast.viewer)
    with django_assert_num_queries(12, exact=False) as before:
        client.get(f"/structure/training/{query}")
    for n in range(3):
        put(world.school(f"学校{n}"), "rotation-shadowing")
    with django_assert_num_queries(len(before)):
        client.get(f"/structure/training/{query}")


@pytest.mark.django_db
def test_the_schools_page_costs_the_same_for_one_training_and_for_three(
    cast, at, django_assert_num_queries
):
    client = at(cast.filer)
    put(cast.school)
    with django_assert_num_queries(12, exact=False) as before:
        client.get("/registers/matrix/")
    for cell in ("rotation-shadowing", "all_staff-research", "special-research"):
        put(cast.school, cell)
    with django_assert_num_queries(len(before)):
        client.get("/registers/matrix/")


@pytest.mark.django_db
def test_officials_read_a_schools_matrix_and_strangers_do_not(cast, at):
    put(cast.school, title="党务专训")
    address = f"/schools/{cast.school.code}/registers/matrix/"

    assert "党务专训" in html(at(cast.reviewer).get(address))
    assert at(cast.strange_reviewer).get(address).status_code == 404
