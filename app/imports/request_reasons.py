"""What may be amiss with a past request, in words: what was mended, and what is left out."""

from __future__ import annotations

MENDED = {
    "closed_before_requested": "closed before it was filed: closed, but nobody knows when",
    "closed_out_of_range": "closed on an impossible day: closed, but nobody knows when",
    "closed_without_date": "closed, but nobody knows when",
    "open_with_close_date": "not closed, but with a closing date: the status counts",
    "updated_out_of_range": "last changed on an impossible day: that day was dropped",
    "expected_out_of_range": "promised for an impossible day: no promise was kept",
    "repeated_hour": "filed or closed in the hour that the clocks go through twice: the first of the two was taken",
    "skipped_hour": "filed or closed in the hour that the clocks leave out: the hour after it was taken",
    "mojibake": "text that was UTF-8 read as Latin-1: mended",
    "state_plane": "no degrees, but coordinates of a survey grid: computed",
    "short_zipcode": "a ZIP that lost the zero in front: put back",
    "bad_zipcode": "a ZIP that is none: dropped",
    "unknown_department": "a department that is not here: whoever answers for the service stands for it",
    "outside_city": "outside the city's boundary, but near it: taken",
    "cut": "a text longer than fits: cut",
}
LEFT_OUT = {
    "no_key": "it has no number of its own",
    "long_key": "its number is too long",
    "repeated": "a later row has the same number and counts",
    "no_date": "the day on which it was filed is missing",
    "bad_date": "a date cannot be read",
    "requested_out_of_range": "it was filed on an impossible day",
    "no_service": "the kind of problem is missing",
    "unknown_service": "the kind of problem is not in the catalogue (--create-services makes it)",
    "no_status": "the status is missing",
    "unknown_status": "the status is not in the mapping",
    "no_place": "it has no coordinates",
    "bad_place": "its coordinates cannot be read",
    "zero_place": "its coordinates are 0, 0",
    "rounded_place": "its coordinates are rounded to a kilometre or more",
    "not_a_place": "it stands at a point that the source uses for what has no place",
    "far_away": "it lies far outside the city",
    "short_row": "the row has fewer cells than the header",
    "long_row": "the row has more cells than the header",
    "unreadable": "it cannot be read",
}
