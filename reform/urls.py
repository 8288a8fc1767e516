"""The only place that lists the addresses of the product."""

from django.urls import include, path

from reform.views import (
    audit,
    board,
    board_rows,
    campaign_turns,
    campaigns,
    entry,
    evidence,
    frameworks,
    home,
    openings,
    review,
    slots,
    status,
)
from schools.admin import site

urlpatterns = [
    path("", home.home, name="home"),
    path("school/", home.school_home, name="school_home"),
    path("schools/<str:code>/ledger/", home.school_ledger, name="school_ledger"),
    path("items/", home.items, name="items"),
    path("entries/<int:pk>/", entry.entry, name="entry"),
    path("entries/<int:pk>/save/", entry.entry_save, name="entry_save"),
    path("entries/<int:pk>/submit/", entry.entry_submit, name="entry_submit"),
    path("entries/<int:pk>/sign/", entry.entry_sign, name="entry_sign"),
    path("entries/<int:pk>/withdraw/", entry.entry_withdraw, name="entry_withdraw"),
    path("entries/<int:pk>/reopen/", entry.entry_reopen, name="entry_reopen"),
    path("entries/<int:pk>/evidence/", evidence.evidence_add, name="evidence_add"),
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
    path("campaigns/<int:pk>/void/", campaign_turns.campaign_void, name="campaign_void"),
    path("slots/<int:pk>/reschedule/", slots.slot_reschedule, name="slot_reschedule"),
    path("slots/<int:pk>/withdraw/", slots.slot_withdraw, name="slot_withdraw"),
    path("status/", status.status, name="status"),
    path("audit/", audit.audit, name="audit"),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<int:pk>/", frameworks.framework, name="framework"),
    path("", include("schools.urls")),
    path("admin/", site.urls),
]
