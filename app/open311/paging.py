"""Pages of a long answer: how many there are, and links to the others (RFC 8288)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from app.open311.filters import Filters

# Where the asked-for time was ours to choose, the links say it, so that a walk over the pages stays the same walk.
NOT_IN_LINKS = ("page", "page_size", "start_date", "end_date", "api_key")


def paging_headers(address: str, query: Mapping[str, Sequence[str]], filters: Filters, total: int) -> dict[str, str]:
    """`Link` with first, prev, next and last where there are such, `X-Total-Count`, and the page's number and size."""
    last = max(1, -(-total // filters.page_size))
    pages = {"first": 1, "prev": filters.page - 1, "next": filters.page + 1, "last": last}
    kept = [(name, value) for name, values in query.items() if name not in NOT_IN_LINKS for value in values]
    for name, moment in (("start_date", filters.start), ("end_date", filters.end)):
        if moment is not None:
            kept.append((name, moment.isoformat().replace("+00:00", "Z")))
    links = [
        f'<{address}?{urlencode([*kept, ("page", page), ("page_size", filters.page_size)])}>; rel="{relation}"'
        for relation, page in pages.items()
        if 1 <= page <= last
    ]
    return {
        "Link": ", ".join(links),
        "X-Total-Count": str(total),
        "X-Total-Pages": str(last),
        "X-Page": str(filters.page),
        "X-Page-Size": str(filters.page_size),
    }
