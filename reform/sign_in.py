"""The only place that loads the person who is signed in, with how much is new in the inbox."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from schools.models import User

MOST = 100  # more than this is "many"
_UNSEEN = (
    "SELECT COUNT(*) FROM (SELECT 1 FROM reform_reminder r WHERE r.person_id = schools_user.id "
    f"AND r.seen_at IS NULL AND r.state IN ('waiting', 'told') LIMIT {MOST}) AS few"
)


class WithInbox(ModelBackend):
    """Django's own, whose person brings `unseen` along: no page asks for it a second time."""

    def get_user(self, user_id: int) -> User | None:
        unseen = RawSQL(_UNSEEN, [], output_field=IntegerField())
        user = User.objects.annotate(unseen=unseen).filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
