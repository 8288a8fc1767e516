"""The only place that loads the person who is signed in, with how much is new in the inbox."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from reform.term_reminders import ENDS, RUNS
from schools import clock
from schools.models import User

MOST = 100  # more than this is "many"
_RUNS = RUNS.replace("%(today)s", "%s")
_UNSEEN = (
    "SELECT COUNT(*) FROM (SELECT 1 FROM reform_reminder r "
    "LEFT JOIN reform_entry e ON e.id = r.entry_id "
    "LEFT JOIN schools_branch b ON b.id = r.branch_id WHERE r.person_id = schools_user.id "
    "AND r.seen_at IS NULL AND r.state IN ('waiting', 'told') "
    "AND (r.about NOT IN ('due', 'term') "
    "OR (e.status IN (0, 1, 2, 3) AND e.due_on = r.due_on "
    f"OR {_RUNS} AND {ENDS} = r.due_on) "
    "AND NOT EXISTS (SELECT 1 FROM reform_reminder n WHERE n.person_id = r.person_id "
    "AND n.topic = r.topic AND n.about = r.about AND n.due_on = r.due_on "
    "AND n.state IN ('waiting', 'told') "
    f"AND n.id > r.id)) LIMIT {MOST}) AS few"
)


class WithInbox(ModelBackend):
    """Django's own, whose person brings `unseen` along: no page asks for it a second time."""

    def get_user(self, user_id: int) -> User | None:
        unseen = RawSQL(_UNSEEN, [clock.today()] * 2, output_field=IntegerField())
        user = User.objects.annotate(unseen=unseen).filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
