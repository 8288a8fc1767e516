"""The recount of pillar S: organisations, branches, meetings, opinions. See `check_oracle`."""

from datetime import date

from tests.check_oracle import DUTIES, Clerk, valid

UNITS = ("grade", "subject", "admin")
STRENGTHS = ("politics", "committee", "members", "effect")
FULLY = {"secretary", "organisation", "publicity", "discipline"}


class Accountant(Clerk):
    """The rest of the 82."""

    def organisations(self):
        return [row for row in self.now("branches") if not self.is_abroad(row)]

    def people(self, row):
        return (row["full_members"] or 0) + (row["probationary"] or 0)

    def form_matches(self):
        """Under 3 joint; to 50 a branch; 50 to 100 a general branch; from 100 a committee."""
        rows = self.now("branches")
        if not rows:
            return 1, 0
        ladder = ["committee", "general", "branch", "joint"]
        form = min([row["form"] for row in rows], key=ladder.index)
        number = self.school["full_members"]
        if number is None:
            own = [row for row in rows if row["form"] == "branch"]
            own = own or [row for row in rows if row["form"] in ("committee", "general")]
            if not own or any(row["full_members"] is None for row in own):
                return 1, 0
            number = sum(row["full_members"] for row in own)
        least = {"joint": 0, "branch": 3, "general": 50, "committee": 100}[form]
        most = {"joint": 2, "branch": 50, "general": 100, "committee": 10**9}[form]
        fits = least <= number <= most
        top = [row for row in rows if row["form"] == form]
        if top and all(row["approval_no"] for row in top) and number >= 3 and form != "joint":
            fits = True
        if any(self.people(row) > 50 for row in self.branches()):
            fits = False
        return (1 if fits else 0), None

    def approved(self):
        rows = self.organisations()
        return len([r for r in rows if r["approval_no"] and r["approved_on"]]), len(rows)

    def in_term(self):
        rows, good = self.organisations(), 0
        for row in rows:
            if row["term_end"] is None:
                continue
            longer = row["extension_until"] if row["extension_no"] else None
            good += max(row["term_end"], longer or row["term_end"]) >= self.last
        return good, len(rows)

    def members_placed(self):
        full = self.school["full_members"] or 0
        told = full + (self.school["probationary_members"] or 0) if full >= 3 else 0
        return sum(self.people(row) for row in self.branches()), told

    def joint_host(self):
        full = self.school["full_members"]
        if full is None or full > 2:
            return 1, 0
        return (1 if any(self.is_abroad(row) for row in self.now("branches")) else 0), None

    def party_org_meetings(self):
        return len(self.on_days("meetings", kind="party_org")), None

    def six_duties(self):
        rows = self.on_days("meetings", kind="party_org")
        return len([duty for duty in DUTIES if any(duty in r["duty_tags"] for r in rows)]), 6

    def unit_based_branches(self):
        rows = [row for row in self.branches() if row["basis"] != "retired"]
        if self.school["profile"] != "single":
            return len([row for row in rows if row["basis"] in UNITS]), len(rows)
        good = 0
        for row in rows:
            numbers = [u["party_group"] for u in self.now("units") if self.branch(u) == row["id"]]
            good += len([n for n in range(1, row["party_groups"] + 1) if n in numbers])
        return good, sum(row["party_groups"] for row in rows)

    def units_covered(self):
        rows = self.now("units")
        there = [row["id"] for row in self.now("branches")]
        return len([u for u in rows if u["branch_id"] in there or u["party_group"]]), len(rows)

    def frontline_actions(self):
        rows = self.on_days("activities", kind="frontline")
        return len([row for row in rows if self.branch(row)]), None

    def integrated_plans(self):
        named = [self.branch(r) for r in self.plans("branch_plan") if r["names_teaching"]]
        rows = self.owing(self.all_branches())
        return len([row for row in rows if row["id"] in named]), len(rows)

    def seats(self, branch):
        return [row for row in self.now("committee_members") if row["branch_id"] == branch["id"]]

    def secretary_is_head(self):
        rows = [row for row in self.branches() if row["basis"] in UNITS]
        good = 0
        for row in rows:
            units = [unit for unit in self.now("units") if unit["branch_id"] == row["id"]]
            heads = [
                seat
                for seat in self.seats(row)
                if seat["seat"] == "secretary" and seat["post_held"] and seat["is_unit_head"]
            ]
            good += bool(units and heads)
        return good, len(rows)

    def committees_complete(self):
        rows = [row for row in self.branches() if (row["full_members"] or 0) > 6]
        good = 0
        for row in rows:
            kinds = [seat["seat"] for seat in self.seats(row)]
            good += len(kinds) in (3, 4, 5, 6, 7) and not FULLY - set(kinds)
        return good, len(rows)

    def committee(self):
        return [seat for row in self.branches() for seat in self.seats(row)]

    def committee_trained(self):
        rows = self.committee()
        return len([row for row in rows if row["trained_year"] == self.first.year]), len(rows)

    def committee_backbone(self):
        rows = self.committee()
        return len([row for row in rows if row["backbone"]]), len(rows)

    def secretary_report(self):
        told = [self.branch(row) for row in self.on_days("meetings", kind="secretary_report")]
        rows = self.owing(self.all_branches())
        return len([row for row in rows if row["id"] in told]), len(rows)

    def committee_attendance(self):
        return self.attended(self.on_days("meetings", kind="committee"))

    def general_meeting(self):
        return self.each("general", list(self.owed()))

    def committee_meeting(self):
        def has_one(branch, day):
            return any(
                seat["branch_id"] == branch["id"]
                and seat["seat"] not in ("secretary", "deputy")
                and valid(seat, day)
                for seat in self.books["committee_members"]
            )

        owed = [one for one in self.owed() if has_one(one[0], one[1]) and has_one(one[0], one[2])]
        return self.each("committee", owed)

    def group_meeting(self):
        good = whole = 0
        for branch, first, last in self.owed():
            rows = self.met("party_group", branch, first, last)
            for number in range(1, branch["party_groups"] + 1):
                whole += 1
                good += any(
                    row["party_group"] == number
                    or (not row["party_group"] and branch["party_groups"] == 1)
                    for row in rows
                )
        return good, whole

    def theme_day(self):
        return self.each("theme_day", list(self.owed()))

    def party_lecture(self):
        return len(self.on_days("meetings", kind="lecture")), None

    def theory_sessions(self):
        studied = [self.branch(row) for row in self.topic("theory")]
        counts = [studied.count(row["id"]) for row in self.owing(self.all_branches())]
        return (min(counts) if counts else 0), None

    def spirit_activities(self):
        rows = self.on_days("activities", kind="party_spirit")
        return len(self.topic("party_spirit")) + len(rows), None

    def attendance(self):
        rows = self.on_days("meetings")
        return self.attended(
            [r for r in rows if "theory" in r["topics"] or "party_spirit" in r["topics"]]
        )

    def consulted(self, kind):
        """A batch is of the year of its decision; undecided, of the year it was asked about."""
        good = whole = 0
        for row in self.books["consultations"]:
            if row["kind"] != kind:
                continue
            if not self.time(row["decided_on"] or row["asked_on"] or row["opinion_on"]):
                continue
            whole += 1
            if row["opinion_on"] and row["decided_on"]:
                good += (row["decided_on"] - row["opinion_on"]).days > 0
        return good, whole

    def award_consulted(self):
        return self.consulted("award")

    def title_consulted(self):
        return self.consulted("title")

    def criteria_doc(self):
        return self.a_document("consultation_criteria")

    def opinions_returned(self):
        good = whole = 0
        for row in self.books["consultations"]:
            asked = row["asked_on"] or row["opinion_on"] or row["decided_on"]
            if self.time(asked) and row["requested"]:
                whole += row["requested"]
                good += row["returned"] or 0
        return good, whole

    def self_assessed(self):
        rows, good = self.owing(self.all_branches()), 0
        for row in rows:
            said = [
                row[f"strong_{what}"] for what in ("politics", "committee", "members", "effect")
            ]
            good += self.time(row["assessed_on"]) and "" not in [text.strip() for text in said]
        return good, len(rows)

    def four_strong(self):
        rows = self.branches()
        known = [row for row in rows if row["recognised_no"]]
        good = [row for row in known if (row["recognised_on"] or date.min) <= self.last]
        return len(good), len(rows)
