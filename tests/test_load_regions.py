"""What `load_regions` makes of the seeds: the real divisions, their names, and what it refuses."""

import shutil
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from schools.management.seeds import SEEDS
from schools.models import Region, SchoolType

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(db):
    out = StringIO()
    call_command("load_regions", stdout=out)
    return out.getvalue()


@pytest.fixture
def own_seeds(tmp_path):
    """A copy of the seeds that a test may spoil."""
    for name in ("regions.csv", "school_types.csv"):
        shutil.copy(SEEDS / name, tmp_path / name)

    def spoil(old, new, name="regions.csv"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
        return tmp_path

    return spoil


def test_every_division_is_there(loaded):
    kinds = Counter(Region.objects.values_list("kind", flat=True))
    assert kinds == {
        "nation": 1,
        "province": 31,
        "city": 333,
        "placeholder": 9,
        "county": 2845,
        "zone": 124,
        "nbs_only": 5,
        "city_without_counties": 4,
    }
    assert SchoolType.objects.count() == 29


def test_a_second_load_changes_nothing_and_keeps_what_the_county_entered(loaded):
    Region.objects.filter(pk="330106").update(bureau_name="西湖区教育局")
    out = StringIO()
    call_command("load_regions", stdout=out)
    assert out.getvalue() == "3352 regions, 29 school types; 0 rows new or changed.\n"
    assert Region.objects.get(pk="330106").bureau_name == "西湖区教育局"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("0", "全国"),
        ("330106", "浙江省杭州市西湖区"),
        ("110108", "北京市海淀区"),  # its city is a placeholder
        ("429004", "湖北省仙桃市"),
        ("441900", "广东省东莞市"),  # the city without counties is named once
        ("4419", "广东省东莞市"),
        ("1101", ""),
    ],
)
def test_full_names_leave_out_placeholders_and_repetitions(loaded, code, name):
    assert Region.objects.get(pk=code).full_name == name


def test_no_name_shows_a_placeholder(loaded):
    assert not Region.objects.filter(kind="placeholder").exclude(name="", full_name="").exists()
    assert not Region.objects.filter(full_name__contains="市辖区").exists()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("330106,西湖区,county", "330106,西湖区,village", "no such kind of region: village"),
        ("330106,西湖区,county", "330106,西湖区", "2 cells where 3 belong"),
        ("330106,西湖区,county", "330105,西湖区,county", "comes twice or before its parent"),
        ("330106,西湖区,county", "990106,西湖区,county", "comes twice or before its parent"),
        ("330106,西湖区,county", "330106,,county", "only a placeholder has no name"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_with_its_line(db, own_seeds, old, new, reason):
    before = Region.objects.count()
    with pytest.raises(CommandError) as refused:
        call_command("load_regions", seeds=own_seeds(old, new))
    line = str(
        SEEDS.joinpath("regions.csv").read_text(encoding="utf-8").split(old)[0].count("\n") + 1
    )
    assert f"regions.csv:{line}: " in str(refused.value)
    assert reason in str(refused.value)
    assert Region.objects.count() == before


def test_a_file_in_another_encoding_or_with_another_heading_is_refused(db, tmp_path):
    (tmp_path / "regions.csv").write_bytes("code,name,kind\n0,全国,nation\n".encode("gb18030"))
    with pytest.raises(CommandError, match="not UTF-8"):
        call_command("load_regions", seeds=tmp_path)
    (tmp_path / "regions.csv").write_text("name,code,kind\n", encoding="utf-8")
    with pytest.raises(CommandError, match="csv:1: the heading must be code,name,kind"):
        call_command("load_regions", seeds=tmp_path)
    (tmp_path / "regions.csv").unlink()
    with pytest.raises(CommandError, match="is missing"):
        call_command("load_regions", seeds=tmp_path)
