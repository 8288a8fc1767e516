"""A recount of the 82 checks by another hand: plain dicts, a day at a time, from the catalogue.

It knows the sentences that schools read and nothing of the product: no model, no query, no shared
helper. A check is a method of its key and answers (numerator, denominator or None).
"""

from datetime import date, timedelta

DAY = timedelta(days=1)
DUTIES = ["direction", "overall", "decisions", "leaders", "team", "delivery"]


def days(first, last):
    while first <= last:
        yield first
        first += DAY


def valid(row, day):
    return not (row["since"] and row["since"] > day) and not (row["until"] and row["until"] < day)


def squeezed(text):
    return text.replace(" ", "").replace("\u3000", "").lower()


class Clerk:
    """Counts in one school's books. `books`: register → rows; `abroad`: trainings of others."""

    def __init__(self, school, books, abroad, first, last, sent, pieces):
        self.school, self.books, self.abroad, self.pieces = school, books, abroad, pieces
        self.first, self.last = first, min(last, sent)
        self.last_month = date(last.year, last.month, 1)

    # ---- reading the books

    def now(self, register):
        return [row for row in self.books[register] if valid(row, self.last)]

    def time(self, day):
        return bool(day) and self.first <= day <= self.last

    def on_days(self, register, **wanted):
        return [
            row
            for row in self.books[register]
            if self.time(row["held_on"]) and all(row[k] == v for k, v in wanted.items())
        ]

    def activities(self, kind):
        return len(self.on_days("activities", kind=kind)), None

    def topic(self, topic, **wanted):
        return [row for row in self.on_days("meetings", **wanted) if topic in row["topics"]]

    def is_abroad(self, row):
        return row["form"] == "joint" and (row["host_id"] is not None or row["host_name"] != "")

    def all_branches(self):
        own = [row for row in self.books["branches"] if not self.is_abroad(row)]
        return [row for row in own if row["form"] not in ("committee", "general")]

    def branches(self):
        return [row for row in self.all_branches() if valid(row, self.last)]

    def owing(self, rows):
        """In force, and not founded in the last month but on its first day."""
        return [
            row
            for row in rows
            if valid(row, self.last) and (not row["since"] or row["since"] <= self.last_month)
        ]

    def branch(self, row):
        known = [one["id"] for one in self.all_branches()]
        if row["branch_id"] is None:
            return known[0] if len(known) == 1 else None
        return row["branch_id"] if row["branch_id"] in known else None

    def owed(self):
        """Each branch with each piece of time on every day of which it was there."""
        for row in self.all_branches():
            for first, last in self.pieces:
                if all(valid(row, day) for day in days(first, last)):
                    yield row, first, last

    def met(self, kind, branch, first, last):
        return [
            row
            for row in self.on_days("meetings", kind=kind)
            if self.branch(row) == branch["id"] and first <= row["held_on"] <= last
        ]

    def each(self, kind, owed):
        return sum(1 for one in owed if self.met(kind, *one)), len(owed)

    def document(self, *kinds):
        return [
            row
            for row in self.now("documents")
            if row["in_force"]
            and row["kind"] in kinds
            and not (row["adopted_on"] and row["adopted_on"] > self.last)
        ]

    def a_document(self, kind):
        return (1 if self.document(kind) else 0), None

    def plans(self, kind):
        for row in self.books["documents"]:
            if row["kind"] != kind or not row["in_force"]:
                continue
            start = row["since"] if row["since"] else row["adopted_on"]
            if start and start > self.last:
                continue
            if row["until"]:
                if row["until"] >= self.first:
                    yield row
            elif start and (self.first - start).days <= 62:
                yield row

    def a_plan(self, kind):
        return (1 if list(self.plans(kind)) else 0), None

    def attended(self, meetings):
        full = [m for m in meetings if m["expected"] is not None and m["attended"] is not None]
        return sum(m["attended"] for m in full), sum(m["expected"] for m in full)

    # ---- Z

    def reform_study_sessions(self):
        return len(self.topic("reform")) + len(self.on_days("trainings", theme="reform")), None

    def rules_in_force(self):
        kinds = ("rule_party_org", "rule_principal", "rule_talk")
        return sum(1 for kind in kinds if self.document(kind)), 3

    def quorum_met(self):
        held = good = 0
        for row in self.on_days("meetings"):
            if row["kind"] not in ("party_org", "principal"):
                continue
            held += 1
            if row["expected"] is None or row["attended"] is None:
                continue
            parts, of = (3, 2) if row["has_appointment"] else (2, 1)
            good += row["attended"] * parts >= row["expected"] * of
        return good, held

    def plan_in_force(self):
        return self.a_plan("plan")

    def teaching_on_agenda(self):
        whole = self.on_days("meetings", kind="party_org")
        return len([row for row in whole if "teaching" in row["topics"]]), len(whole)

    def ideology_reviews(self):
        return len(self.topic("ideology")), None

    def moral_reviews(self):
        return len(self.topic("moral_education")), None

    def tradition_activities(self):
        return self.activities("tradition")

    def mechanism_doc(self):
        return self.a_document("moral_mechanism")

    def groups_met(self):
        groups = self.owing(self.books["leadership_groups"])
        met = [row["group_id"] for row in self.on_days("meetings")]
        return len([row for row in groups if row["id"] in met]), len(groups)

    def group_scopes(self):
        found = set()
        for row in self.now("leadership_groups"):
            if row["set_up_no"] or row["set_up_on"]:
                found.update(row["scopes"])
        return len(found), 3

    def student_activities(self):
        return self.activities("student_programme")

    def activity_plan(self):
        return self.a_plan("activity_plan")

    def cross_phase(self):
        return self.activities("cross_phase")

    def cross_subject(self):
        return self.activities("cross_subject")

    def red_sessions(self):
        return self.activities("red_resource")

    def red_grades(self):
        own = []
        for letter in self.school["phases"].split(","):
            own += {"P": [1, 2, 3, 4, 5, 6], "J": [7, 8, 9], "S": [10, 11, 12]}.get(letter, [])
        rows = self.on_days("activities", kind="red_resource")
        return len([n for n in own if any(n in row["grades"] for row in rows)]), len(own)

    def hsc_activities(self):
        return self.activities("home_school_community")

    # ---- X

    def trainings(self):
        """A session by its day, a research project in each span that it runs in."""
        for row in self.books["trainings"]:
            runs = row["mode"] == "research" and row["ended_on"]
            if self.time(row["held_on"]) or (
                runs and row["held_on"] < self.first <= row["ended_on"]
            ):
                yield row

    def cadre_trainings(self):
        return [row for row in self.trainings() if row["audience"] == "cadre"]

    def pool(self, since=True):
        rows = [
            row
            for row in self.books["cadre_pool"]
            if row["as_of"] <= self.last and (not since or row["as_of"] >= self.first)
        ]
        return max(rows, key=lambda row: (row["as_of"], row["id"]), default={})

    def of_pool(self, part, whole, since=True):
        row = self.pool(since)
        return row.get(part) or 0, row.get(whole) or 0

    def in_reserve(self):
        row = self.pool()
        return sum(row.get(f"tier_{name}") or 0 for name in ("reserve", "backbone", "mature"))

    def heads(self, rows):
        """Different people: the running number told last, else the fullest session."""
        told = sorted(
            (row["held_on"], row["id"], row["distinct_heads"])
            for row in rows
            if row["distinct_heads"] is not None
        )
        return told[-1][2] if told else max([row["heads_attended"] or 0 for row in rows] + [0])

    def posts(self, field, *levels):
        rows = [row for row in self.now("posts") if row["level"] in levels]
        return sum(row[field] or 0 for row in rows)

    def four_stages(self):
        found = set()
        for row in self.books["documents"]:
            if row in self.document(row["kind"]):
                found.update(row["stages"])
        return len(found), 4

    def political_training_coverage(self):
        rows = [row for row in self.cadre_trainings() if row["kind"] == "political"]
        return self.heads(rows), self.pool().get("cadres") or 0

    def cadre_theory_sessions(self):
        rows = [row for row in self.cadre_trainings() if row["theme"] == "theory"]
        leaders = self.topic("theory", kind="party_org") + self.topic("theory", kind="principal")
        return len(rows) + len(leaders), None

    def major_task_assignments(self):
        return self.pool().get("assignments") or 0, None

    def major_task_share(self):
        return self.of_pool("assigned", "cadres")

    def posts_filled(self):
        return self.posts("filled", "school"), self.posts("approved", "school")

    def pathway_doc(self):
        return self.a_document("pathway")

    def party_post_experience(self):
        return self.of_pool("party_post_experience", "cadres", since=False)

    def from_frontline(self):
        return self.of_pool("entrants_frontline", "entrants")

    def from_committee(self):
        return self.of_pool("appointed_committee", "appointed")

    def standard_doc(self):
        return self.a_document("selection_standard")

    def dual_strong_share(self):
        both = ("school", "middle")
        return self.posts("dual_strong", *both), self.posts("filled", *both)

    def studios(self):
        return len([row for row in self.now("studios") if row["status"] == "active"]), None

    def schools_joined(self):
        return 0, 1

    def studio_activities(self):
        ours = [row["id"] for row in self.books["studios"]]
        held = self.books["trainings"] + self.abroad
        return len([r for r in held if r["studio_id"] in ours and self.time(r["held_on"])]), None

    def training_plan(self):
        return self.a_plan("training_plan")

    def leadership_kinds(self):
        kinds = [kind for row in self.trainings() for kind in row["leadership"]]
        return len(set(kinds)), 3

    def vision_themes(self):
        wanted = ("future_school", "educator_spirit")
        return len([row for row in self.trainings() if row["theme"] in wanted]), None

    def special(self):
        return len([row for row in self.trainings() if row["channel"] == "special"]), None

    def rotation(self):
        rows = [row for row in self.trainings() if row["channel"] == "rotation"]
        return self.heads(rows), self.pool().get("cadres") or 0

    def all_staff(self):
        rows = [row for row in self.trainings() if row["channel"] == "all_staff"]
        scope = max([row["heads_expected"] or 0 for row in rows] + [0])
        return self.heads(rows), scope if scope else (self.school["staff"] or 0)

    def modes(self):
        used = {row["mode"] for row in self.trainings()}
        return len(used & {"systematic", "shadowing", "research"}), 3

    def shadowing(self):
        rows = [row for row in self.trainings() if row["mode"] == "shadowing"]
        return sum(row["heads_attended"] or 0 for row in rows), None

    def research(self):
        rows = [row for row in self.trainings() if row["mode"] == "research"]
        return len({squeezed(row["project_no"]) for row in rows} - {""}), None

    def partner_institutes(self):
        return len({squeezed(row["partner"]) for row in self.trainings()} - {""}), None

    def partner_sessions(self):
        rows = list(self.trainings())
        return len([row for row in rows if squeezed(row["partner"])]), len(rows)

    def pool_ratio(self):
        return self.in_reserve(), self.posts("approved", "school", "middle")

    def young_share(self):
        return self.pool().get("young") or 0, self.in_reserve()

    def pool_review(self):
        return (1 if self.topic("reserve_cadre", kind="party_org") else 0), None

    def in_cycle(self):
        return self.pool().get("in_cycle") or 0, self.in_reserve()

    def success_rate(self):
        return self.of_pool("cycle_appointed", "cycle_start_size")

    def young_leads(self):
        return self.of_pool("young_leading", "young")

    def tiers(self):
        row = self.pool()
        names = ("tier_reserve", "tier_backbone", "tier_mature")
        return len([name for name in names if row.get(name)]), 3
