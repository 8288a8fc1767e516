"""What the rule of five hides, and from whom."""

import pytest

from schools.small_counts import guarded, shown


@pytest.mark.parametrize(
    ("n", "inside", "outside"),
    [
        (None, "", ""),
        (0, "0", "<5"),
        (1, "1", "<5"),
        (4, "4", "<5"),
        (5, "5", "5"),
        (60, "60", "60"),
    ],
)
def test_a_count_under_five_is_read_by_its_own_school_only(n, inside, outside):
    assert (shown(n, False), shown(n, True)) == (inside, outside)


@pytest.mark.parametrize(
    ("registers", "held"),
    [(["cadre_pool"], True), (["posts", "documents"], True), (["trainings"], False), ([], False)],
)
def test_only_pool_and_posts_count_persons_few_enough_to_be_known(registers, held):
    assert guarded(registers) is held
