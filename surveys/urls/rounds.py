"""调查: preparing a round, its slips and poster, its progress, and paper entry."""

from django.urls import path

from surveys.views.rounds import blank, frame, listing, paper, sample, tokens

urlpatterns = [
    path("rounds/", listing.round_list, name="round_list"),
    path("rounds/new/", listing.round_new, name="round_new"),
    path("rounds/<uuid:uuid>/", listing.round_page, name="round"),
    path("rounds/<uuid:uuid>/edit/", listing.round_edit, name="round_edit"),
    path("rounds/<uuid:uuid>/open/", listing.round_open, name="round_open"),
    path("rounds/<uuid:uuid>/close/", listing.round_close, name="round_close"),
    path("rounds/<uuid:uuid>/frame/", frame.round_frame, name="round_frame"),
    path("rounds/<uuid:uuid>/sample/", sample.round_sample, name="round_sample"),
    path("rounds/<uuid:uuid>/tokens/", tokens.round_tokens, name="round_tokens"),
    path("rounds/<uuid:uuid>/tokens/print/", tokens.round_token_sheet, name="round_token_sheet"),
    path("rounds/<uuid:uuid>/tokens/<uuid:batch>/void/", tokens.round_batch_void, name="round_batch_void"),
    path("rounds/<uuid:uuid>/poster/", tokens.round_poster, name="round_poster"),
    path("rounds/<uuid:uuid>/paper/", paper.paper_list, name="paper_list"),
    path("rounds/<uuid:uuid>/paper/new/", paper.paper_key, name="paper_key"),
    path("rounds/<uuid:uuid>/paper/blank/", blank.paper_blank, name="paper_blank"),
    path("rounds/<uuid:uuid>/paper/<uuid:sheet>/", paper.paper_second, name="paper_second"),
    path(
        "rounds/<uuid:uuid>/paper/<uuid:sheet>/differences/",
        paper.paper_differences,
        name="paper_differences",
    ),
    path("rounds/<uuid:uuid>/paper/<uuid:sheet>/discard/", paper.paper_discard, name="paper_discard"),
]
