"""The only place that lists the addresses of the product."""

from django.urls import include, path, register_converter

from reform.views import (
    answered,
    audit,
    baseline,
    board,
    board_rows,
    campaign_turns,
    campaigns,
    consulting,
    entry,
    evidence,
    extensions,
    frameworks,
    holiday_notice,
    home,
    inbox,
    mine,
    nudges,
    office_names,
    office_terms,
    openings,
    others,
    people,
    people_lists,
    people_turns,
    quorum,
    readmissions,
    register_sheets,
    registers,
    reminder_policy,
    resets,
    restructure,
    review,
    school_lists,
    school_registers,
    setup,
    slips,
    slots,
    sources,
    status,
    structure,
    terms,
    training,
)
from schools.admin import site
from schools.registers import REGISTERS


class RegisterKey:
    """The key of a register in an address; anything else is no such page."""

    regex = "|".join(REGISTERS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RegisterKey, "register")

urlpatterns = [
    path("", home.home, name="home"),
    path("school/", home.school_home, name="school_home"),
    path("school/baseline/", baseline.answer, name="baseline"),
    path("schools/baselines/", baseline.baselines, name="baselines"),
    path("schools/lists/", school_lists.school_lists_page, name="school_lists"),
    path("schools/lists/template/", school_lists.school_list_template, name="school_list_template"),
    path("schools/lists/<int:pk>/", school_lists.school_list, name="school_list"),
    path(
        "schools/lists/<int:pk>/columns/",
        school_lists.school_list_columns,
        name="school_list_columns",
    ),
    path(
        "schools/lists/<int:pk>/confirm/",
        school_lists.school_list_confirm,
        name="school_list_confirm",
    ),
    path(
        "schools/lists/<int:pk>/file/<str:name>/",
        school_lists.school_list_file,
        name="school_list_file",
    ),
    path(
        "schools/lists/<int:pk>/cancel/", school_lists.school_list_cancel, name="school_list_cancel"
    ),
    path("schools/changes/", restructure.region_changes, name="region_changes"),
    path("schools/<str:code>/changes/", restructure.school_changes, name="school_changes"),
    path("schools/<str:code>/changes/<str:kind>/", restructure.school_change, name="school_change"),
    path("hosted/<int:pk>/", others.hosted, name="hosted"),
    path("schools/<str:code>/ledger/", home.school_ledger, name="school_ledger"),
    path(
        "schools/<str:code>/registers/", school_registers.school_registers, name="school_registers"
    ),
    path(
        "schools/<str:code>/registers/<register:key>/",
        school_registers.school_register,
        name="school_register",
    ),
    path("registers/", registers.registers, name="registers"),
    path("registers/<register:key>/", registers.register, name="register"),
    path("registers/<register:key>/<int:pk>/", registers.register_row, name="register_row"),
    path("registers/<register:key>/<int:pk>/end/", registers.register_end, name="register_end"),
    path(
        "registers/<register:key>/<int:pk>/remove/",
        registers.register_remove,
        name="register_remove",
    ),
    path(
        "registers/<register:key>/<int:pk>/restore/",
        registers.register_restore,
        name="register_restore",
    ),
    path("registers/<register:key>/paste/", register_sheets.register_paste, name="register_paste"),
    path("registers/<register:key>/file/", register_sheets.register_file, name="register_file"),
    path(
        "registers/<register:key>/template/",
        register_sheets.register_template,
        name="register_template",
    ),
    path(
        "registers/<register:key>/export/",
        register_sheets.register_export,
        name="register_export",
    ),
    path("items/", home.items, name="items"),
    path("school/answers/", answered.school_answers, name="school_answers"),
    path("entries/<int:pk>/", entry.entry, name="entry"),
    path("entries/<int:pk>/sources/", sources.entry_sources, name="entry_sources"),
    path("entries/<int:pk>/answers/", answered.entry_answers, name="entry_answers"),
    path("entries/<int:pk>/confirm/", entry.entry_confirm, name="entry_confirm"),
    path("entries/<int:pk>/save/", entry.entry_save, name="entry_save"),
    path("entries/<int:pk>/submit/", entry.entry_submit, name="entry_submit"),
    path("entries/<int:pk>/sign/", entry.entry_sign, name="entry_sign"),
    path("entries/<int:pk>/withdraw/", entry.entry_withdraw, name="entry_withdraw"),
    path("entries/<int:pk>/reopen/", entry.entry_reopen, name="entry_reopen"),
    path("entries/<int:pk>/evidence/", evidence.evidence_add, name="evidence_add"),
    path("entries/<int:pk>/extension/", extensions.extension_ask, name="extension_ask"),
    path("extensions/", extensions.extensions, name="extensions"),
    path("extensions/<int:pk>/withdraw/", extensions.extension_withdraw, name="extension_withdraw"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/seen/", inbox.inbox_seen, name="inbox_seen"),
    path("reminders/policy/", reminder_policy.reminder_policy, name="reminder_policy"),
    path("reminders/<int:pk>/", inbox.reminder, name="reminder"),
    path("nudges/", nudges.nudges, name="nudges"),
    path("nudges/back/", nudges.nudge_back, name="nudge_back"),
    path("evidence/<int:pk>/", evidence.evidence, name="evidence"),
    path(
        "evidence/<int:pk>/preview/<int:page>/", evidence.evidence_preview, name="evidence_preview"
    ),
    path("evidence/<int:pk>/remove/", evidence.evidence_remove, name="evidence_remove"),
    path("review/", review.review, name="review"),
    path("review/<int:pk>/", review.review_entry, name="review_entry"),
    path("review/<int:pk>/accept/", review.review_accept, name="review_accept"),
    path("review/<int:pk>/return/", review.review_return, name="review_return"),
    path("review/<int:pk>/undo/", review.review_undo, name="review_undo"),
    path("board/", board.board, name="board"),
    path("board/<str:region>/", board.board_region, name="board_region"),
    path("board/<str:region>/rows/", board_rows.board_rows, name="board_rows"),
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign_new"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/open/", openings.campaign_open, name="campaign_open"),
    path("campaigns/<int:pk>/close/", campaign_turns.campaign_close, name="campaign_close"),
    path("campaigns/<int:pk>/reopen/", campaign_turns.campaign_reopen, name="campaign_reopen"),
    path("campaigns/<int:pk>/readmit/", readmissions.campaign_readmit, name="campaign_readmit"),
    path("campaigns/<int:pk>/void/", campaign_turns.campaign_void, name="campaign_void"),
    path("slots/<int:pk>/reschedule/", slots.slot_reschedule, name="slot_reschedule"),
    path("slots/<int:pk>/withdraw/", slots.slot_withdraw, name="slot_withdraw"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people_turns.person_new, name="person_new"),
    path("people/gaps/", people.people_gaps, name="people_gaps"),
    path("people/fill/", slips.people_fill, name="people_fill"),
    path("people/slips/", slips.people_slips, name="people_slips"),
    path("people/import/", people_lists.people_import, name="people_import"),
    path("people/import/list.xlsx", people_lists.people_template, name="people_template"),
    path("people/import/<int:pk>/", people_lists.people_list_seen, name="people_list_seen"),
    path("people/import/<int:pk>/failed.xlsx", people_lists.people_failed, name="people_failed"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/change/", people_turns.person_change, name="person_change"),
    path("people/posts/<int:pk>/end/", people_turns.post_end, name="post_end"),
    path("people/posts/<int:pk>/successor/", people_turns.post_successor, name="post_successor"),
    path("setup/", setup.setup, name="setup"),
    path("setup/names/", office_names.office_names, name="office_names"),
    path("calendar/", terms.calendar, name="calendar"),
    path("calendar/term/", terms.calendar_term, name="calendar_term"),
    path("calendar/days/", terms.calendar_days, name="calendar_days"),
    path("calendar/notice/", holiday_notice.calendar_notice, name="calendar_notice"),
    path("status/", status.status, name="status"),
    path("status/mail/", status.status_mail, name="status_mail"),
    path("status/release/", status.status_release, name="status_release"),
    path("status/held/", status.status_held, name="status_held"),
    path("healthz", status.healthz, name="healthz"),
    path("audit/", audit.audit, name="audit"),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<int:pk>/", frameworks.framework, name="framework"),
    path("account/data/", mine.my_data, name="my_data"),
    path("reset/", resets.reset, name="reset"),
    path("reset/<int:pk>/<str:token>/", resets.reset_new, name="reset_new"),
    path("structure/", structure.structure, name="structure"),
    path("structure/what-if/", structure.structure_plan, name="structure_plan"),
    path("registers/check/", structure.structure_check, name="structure_check"),
    path(
        "schools/<str:code>/registers/check/", structure.school_structure, name="school_structure"
    ),
    path("structure/terms/", office_terms.terms_of_office, name="terms_of_office"),
    path("structure/training/", training.training_county, name="training_county"),
    path("registers/quorum/", quorum.meeting_quorum, name="meeting_quorum"),
    path("registers/terms/", office_terms.school_terms, name="school_terms"),
    path("registers/consulting/", consulting.consultations_followed, name="consulting"),
    path("registers/matrix/", training.training_matrix, name="training_matrix"),
    path(
        "schools/<str:code>/registers/terms/", office_terms.terms_of_school, name="terms_of_school"
    ),
    path(
        "schools/<str:code>/registers/consulting/",
        consulting.consultations_of_school,
        name="consulting_of_school",
    ),
    path(
        "schools/<str:code>/registers/matrix/",
        training.training_of_school,
        name="training_of_school",
    ),
    path("", include("schools.urls")),
    path("admin/", site.urls),
]
