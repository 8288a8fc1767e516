"""The ladder: a module imports only from lower rungs; on a rung only from the left of a `<`."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LADDER = """
schools.errors, schools.clock, schools.language, schools.cells, schools.small_counts
schools.roles, schools.sheets
schools.models.regions < schools.models.schools < schools.models.people, \
schools.models.structure_count < schools.models.calendar, schools.models.organisation < \
schools.models.capability
schools.scope, schools.noted, schools.kept, schools.almanac, schools.activation, \
schools.throttle, schools.names, schools.quorum, schools.terms_of_office, schools.rulebook, \
schools.structure \
< schools.access, schools.workdays, schools.notices, schools.structure_books < \
schools.termdates, schools.structure_rules
schools.forms, schools.consulting, schools.training_matrix, schools.register_shape < \
schools.registers < schools.columns, schools.structure_meetings, schools.recording < \
schools.bureaus, schools.places, schools.likeness, schools.headings, schools.standing, \
schools.register_cells < schools.checkup, schools.lists, schools.register_rules < \
schools.resources, schools.register_forms, schools.register_blocks, schools.structure_counts, \
schools.structure_plan, schools.succession < schools.register_sheets < \
schools.register_resources
schools.admin_lists < schools.admin, schools.management, schools.views < schools.urls, \
schools.apps
reform.states, reform.compare, reform.instance, reform.release, reform.wording
reform.models.catalogue < reform.models.campaign < reform.models.entry < reform.models.report, \
reform.models.computed, reform.models.snapshot, reform.models.talk, reform.models.event, \
reform.models.tally, reform.models.reminder, reform.models.message, reform.models.job
reform.policy, reform.reminder_rules, reform.clock_guard, reform.blast_guard < reform.answers
reform.lines, reform.history, reform.dump, reform.auditing, reform.outbox, reform.channels, \
reform.circuit, reform.failpoint, reform.statistics, reform.sensitive, reform.marked_yaml < \
reform.checks, \
reform.cycles, \
reform.resetting, reform.sniff, reform.vault, reform.job_files, reform.manuscript < \
reform.office, reform.refusals, reform.periods < reform.reader, reform.answering < \
reform.checking, reform.tallies, reform.uploads, reform.publishing, reform.backup < \
reform.restore
reform.filings, reform.reminders, reform.reminder_policies < reform.term_reminders < \
reform.progress, reform.phrases, reform.comments, reform.bookkeeping, reform.leaving, \
reform.personal, reform.snapshots, reform.boards, reform.dossier, reform.slots < \
reform.queues, reform.submissions, reform.together, reform.overview, reform.accounts, \
reform.intake, reform.reach < reform.issuing, reform.moves, reform.hosting < reform.keeping < \
reform.rollout < reform.baseline, reform.fitting < reform.settling < reform.steering < \
reform.restructure < reform.merging, reform.extensions, reform.nudges, reform.readmission, \
reform.redating < reform.splitting
reform.people, reform.school_lists < reform.particulars, reform.slips, reform.people_columns < \
reform.people_lists < reform.people_resources < reform.people_jobs
reform.jobs, reform.planner, reform.digest_facts, reform.bounces, reform.daily < \
reform.digest < reform.letters, reform.inbox < reform.sending < reform.rounds < \
reform.tasks, reform.mail_health, reform.planner_health < reform.health
reform.middleware, reform.sign_in < reform.audit, reform.forms, reform.admin, reform.context, \
reform.templatetags, reform.management
reform.views
reform.urls, reform.celery, reform.settings, reform.wsgi, reform.apps
"""
PLACES = {
    name.strip(): (rung, step)
    for rung, line in enumerate(LADDER.strip().splitlines())
    for step, names in enumerate(line.split("<"))
    for name in names.split(",")
}


def entry(module):
    """The name on the ladder that a module stands under; None when it stands nowhere."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in PLACES), None)


def place(module):
    """(rung, step); a package counts as the highest of what it gathers."""
    inside = [at for name, at in PLACES.items() if name.startswith(f"{module}.")]
    return PLACES.get(entry(module)) or max(inside, default=None)


def imported(tree, module, known):
    """Modules and packages of ours that a module imports, anywhere in its text."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            found = {f"{base}.{name}" if f"{base}.{name}" in known else base for name in names}
        else:
            found = set(names)
        yield from (name for name in found if name in known and name not in {"schools", "reform"})


def too_long(root):
    """Files over 400 lines, of the product, its tests and its measurements, a sentence each."""
    for folder in ("schools", "reform", "tests", "bench"):
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts and path.read_text("utf-8").count("\n") > 400:
                yield f"{path.relative_to(root).as_posix()} has more than 400 lines"


def faults(root):
    """What is wrong with the tree at `root`, a sentence each."""
    yield from too_long(root)
    files = {p: ".".join(p.relative_to(root).with_suffix("").parts)
             for app in ("schools", "reform") for p in sorted((root / app).rglob("*.py"))
             if "migrations" not in p.parts}  # fmt: skip
    known = {name.removesuffix(".__init__") for name in files.values()}
    graph = {}
    for path, name in files.items():
        if path.name == "__init__.py":
            continue
        graph[name] = set(imported(ast.parse(path.read_text("utf-8")), name, known))
        if not place(name):
            yield f"{name} stands on no rung"
            continue
        for other in sorted(graph[name]):
            if place(other) and place(other) >= place(name) and entry(other) != entry(name):
                yield f"{name} imports {other}, which is not below it"
    while leaves := {name for name in graph if not graph[name] & graph.keys() - {name}}:
        graph = {name: others for name, others in graph.items() if name not in leaves}
    if graph:
        yield f"cycle among {', '.join(sorted(graph))}"


def test_every_module_stands_on_its_rung():
    assert list(faults(ROOT)) == []
