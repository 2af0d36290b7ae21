"""What a subscription is for, in words of the moment's locale."""

from __future__ import annotations

from app.jurisdictions.area_index import AreaIndex
from app.notifications.announcement_ground import area_name
from app.notifications.models import Subscription
from app.services.catalogue import Catalogue
from app.services.words import said_in
from app.templating import current_locale, gettext, mark, say_number

CHANGES = {
    "new": mark("New reports"),
    "changed": mark("Each step"),
    "closed": mark("Closed reports"),
    "late": mark("Missed promises"),
}
CADENCES = {"at_once": mark("At once"), "daily": mark("Every morning"), "weekly": mark("Every Monday")}


def where_said(subscription: Subscription, index: AreaIndex) -> str:
    """ "Old Harbor", "Within 500 m of 12 Elm Street", "Along …"; nothing for the whole city."""
    arguments = subscription.arguments
    if subscription.what == "area":
        return area_name(index, arguments["layer"], arguments["code"])
    if subscription.what == "circle":
        metres = say_number(arguments["radius_m"])
        return gettext("Within %(metres)s m of %(place)s", metres=metres, place=arguments["label"])
    if subscription.what == "route":
        return gettext("Along %(places)s", places=arguments["label"])
    return gettext("The whole city")


def service_said(subscription: Subscription, catalogue: Catalogue) -> str:
    if subscription.service_id is None:
        return gettext("All kinds of problems")
    return said_in(catalogue.by_id[subscription.service_id], "service_name", current_locale.get())


def changes_said(subscription: Subscription) -> str:
    return ", ".join(gettext(words) for change, words in CHANGES.items() if getattr(subscription, f"on_{change}"))


def cadence_said(subscription: Subscription) -> str:
    return gettext(CADENCES[subscription.cadence])
