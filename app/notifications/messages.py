"""What a message says, in the language in which the report was made."""

from __future__ import annotations

from dataclasses import dataclass

from app.jurisdictions.models import Jurisdiction
from app.notifications.stop import stop_path
from app.service_requests.identifiers import reporter_key
from app.service_requests.masking import masked_address
from app.service_requests.models import Contact, ServiceRequest, Update
from app.service_requests.said import promise_said
from app.service_requests.workflow import STATUSES
from app.services.words import said_in
from app.settings import Settings
from app.templating import current_locale, current_timezone, gettext, make_environment

environment = make_environment()


@dataclass(frozen=True, slots=True)
class Message:
    """One e-mail to one person, as text and HTML.

    `unsubscribe`: the address that stops such messages, for a browser and for one click of a mail program. `key`: two
    messages with the same one are the same. `bounce_key`: names this message in the address that a report of its
    failure goes to (letters, digits and "-").
    """

    to: str
    subject: str
    text: str
    html: str = ""
    unsubscribe: str = ""
    key: str = ""
    bounce_key: str = ""


def compose(
    settings: Settings, city: Jurisdiction, request: ServiceRequest, update: Update, contact: Contact, *, first: bool
) -> Message:
    """The e-mail for one update and one person. `first` marks the first reporter, who gets the private link.

    `request.service` must be loaded.
    """
    current_locale.set(request.locale)
    current_timezone.set(city.timezone)
    service = said_in(request.service, "service_name", request.locale)
    page = f"{settings.public_url}/requests/{request.service_request_id}"
    status = STATUSES[update.status] if update.status else None
    private_link = f"{page}/yours?key={reporter_key(settings.secret_key, request.service_request_id)}"
    template = "received" if update.kind == "received" else "changed"
    stop = f"{settings.public_url}{stop_path(settings.secret_key, contact)}"
    words = {
        "city": city,
        "report": request,
        "address": request.address_string if first else masked_address(request.address_string),
        "service": service,
        "promise": promise_said(request.expected_datetime) if request.expected_datetime else "",
        "page": page,
        "private_link": private_link if first else None,
        "status": gettext(status.label) if status else None,
        "meaning": gettext(status.meaning) if status else None,
        "text": update.text if update.text_public else "",
        "stop": stop,
    }
    text = environment.get_template(f"notifications/{template}.txt").render(words).strip() + "\n"
    if update.kind == "received":
        subject = gettext("We have your report: %(service)s", service=service)
    elif status:
        subject = gettext("%(service)s: %(status)s", service=service, status=gettext(status.label))
    else:
        subject = gettext("News of your report: %(service)s", service=service)
    html = environment.get_template(f"notifications/{template}.html").render(words, subject=subject)
    return Message(to=contact.email or "", subject=subject, text=text, html=html, unsubscribe=stop)
