"""The only place that builds what the tests of the look open: a county with a full school year."""

from datetime import date

from reform import checking
from reform.models import Entry
from reform.states import Status
from schools.models import School
from tests import world

LONG = "青禾县第一高级中学附属民族团结九年一贯制实验学校东校区"  # 27 characters
MEETINGS = [date(2026, 9, 15), date(2026, 10, 13), date(2026, 11, 10)]


class Face:
    """Two schools with all their items, one with a long name; an entry in each state."""

    def __init__(self):
        self.manager = world.seat("manager", world.COUNTY)
        self.school = world.school("阳光小学")
        self.long = world.school(LONG)
        self.filer = world.seat("filer", self.school)
        self.reviewer = world.seat("reviewer", world.COUNTY)
        self.viewer = world.seat("viewer", world.COUNTY)
        self.editor = world.seat("editor", "0")
        self.registers()
        self.campaign = world.opened(self.manager)
        self.lives()
        checking.refresh(list(School.objects.filter(kind="school")))

    def registers(self):
        branch = world.branch(self.school, "低年级支部", full_members=12)
        world.branch(self.school, "高年级支部", full_members=15)
        world.row("units", self.school, kind="grade", name="一年级组", branch=branch)
        for held_on in MEETINGS:
            world.row("meetings", self.school, kind="committee", held_on=held_on, expected=5,
                      attended=5, topics=["reform"], branch=branch)  # fmt: skip

    def lives(self):
        """Waiting, accepted, returned with a second try, draft; the rest is not started."""
        found = list(self.entries(self.school))
        for entry in found[:4]:
            world.file(entry, self.filer)
        world.accept(found[1], self.reviewer)
        world.send_back(found[2], self.reviewer)
        world.file(found[2], self.filer, note="已按课表核对，12 个班全部开齐。")
        world.send_back(found[3], self.reviewer)
        self.returned, self.waiting = found[3], found[2]
        self.fresh = found[4]

    @staticmethod
    def entries(school):
        rows = Entry.objects.filter(school=school, slot__opens_on__lte=world.NOON.date())
        return rows.filter(status=Status.not_started, keeper=0).order_by("slot__position", "pk")

    def pages(self):
        """name → (who looks, address): the style page and the five that people live in."""
        return {
            "style": (self.editor, "/style/"),
            "home": (self.filer, "/school/"),
            "entry": (self.filer, f"/entries/{self.returned.pk}/"),
            "review": (self.reviewer, "/review/"),
            "board": (self.viewer, f"/board/{world.COUNTY}/"),
            "registers": (self.filer, "/registers/"),
        }
