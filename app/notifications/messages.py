"""What a message says: an e-mail as text and HTML, what a phone shows, and a text message."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from app.notifications.bounces import bounce_key
from app.notifications.confirm import CONFIRM
from app.notifications.contents import Contents, Reader
from app.notifications.letters import Message, environment
from app.notifications.news import RECEIVED, News
from app.notifications.push import payload_of
from app.notifications.stop import stop_path, subscriber_stop_path
from app.service_requests.identifiers import reporter_key
from app.service_requests.models import Photo
from app.templating import current_locale, gettext, ngettext

DIGEST = "digest"
INBOX_PAGE = "/inbox"


@dataclass(slots=True)
class Written:
    """An e-mail, and the photo that shows what was done, whose bytes are read when it is sent."""

    message: Message
    photo: Photo | None = None


@dataclass(slots=True)
class About:
    """The news of one report, or one piece of news that is about none."""

    last: News
    all: list[News] = field(default_factory=list)


def grouped(news: list[News]) -> list[About]:
    """Report by report, in the order in which they were first heard of."""
    order = {number: place for place, number in reversed(list(enumerate(one.number or one.url for one in news)))}
    by_report = sorted(news, key=lambda one: order[one.number or one.url])
    groups = [list(those) for _, those in groupby(by_report, key=lambda one: one.number or one.url)]
    return [About(those[-1], those) for those in groups]


def write_email(contents: Contents, name: str, reader: Reader, news: list[News]) -> Written:
    """`name` says which message it is: sent twice, it is the same one to whoever shows it."""
    contents.speak(reader.locale)
    settings, about = contents.settings, grouped(news)
    received = next((one for one in news if one.kind == RECEIVED), None)
    link = private_link(contents, reader, about)
    stop = stop_path(settings.secret_key, reader.contact) if reader.contact else ""
    if reader.subscriber and not reader.contact:
        stop = subscriber_stop_path(settings.secret_key, reader.subscriber.id)
    template = template_of(news, about, link)
    subject = subject_of(news, about, received)
    photo = next((one.photo for one in news if one.photo), None) if template == "changed" else None
    words = {
        "city": contents.city,
        "subject": subject,
        "about": about,
        "news": received if template == "received" else about[0].last,
        "more": [one for one in news if one is not received],
        "private_link": link,
        "photo": bool(photo),
        "stop": f"{settings.public_url}{stop}",
        "settings_page": f"{settings.public_url}/notifications" if reader.subscriber else "",
        "own": reader.contact is not None,
    }
    message = Message(
        to=reader.address,
        subject=subject,
        text=environment.get_template(f"notifications/{template}.txt").render(words).strip() + "\n",
        html=environment.get_template(f"notifications/{template}.html").render(words),
        unsubscribe=f"{settings.public_url}{stop}",
        key=f"{settings.public_url} {name}",
        bounce_key=bounce_key(settings.secret_key, name),
    )
    return Written(message, photo)


def private_link(contents: Contents, reader: Reader, about: list[About]) -> str:
    """The first reporter's own link. Who reported a duplicate hears of its root too, and must not get its link."""
    own = contents.requests.get(reader.contact.request_id) if reader.first and reader.contact else None
    if own is None or [one.last.number for one in about] != [own.service_request_id]:
        return ""
    return f"{about[0].last.url}/yours?key={reporter_key(contents.settings.secret_key, own.service_request_id)}"


def template_of(news: list[News], about: list[About], link: str) -> str:
    if news[0].kind == CONFIRM:
        return CONFIRM
    if len(about) > 1:
        return DIGEST
    return RECEIVED if link and any(one.kind == RECEIVED for one in news) else "changed"


def subject_of(news: list[News], about: list[About], received: News | None = None) -> str:
    if received and len(about) == 1:
        return received.subject
    if len(about) > 1:
        return ngettext("%(num)d piece of news for you", "%(num)d pieces of news for you", len(news))
    # What ended is said before what was also written.
    return next((one.subject for one in reversed(news) if one.kind == "status"), news[-1].subject)


def write_push(contents: Contents, reader: Reader, news: list[News], unread: int) -> bytes:
    """What the service worker shows: see `payload_of`. One report replaces what was shown of it before (`tag`)."""
    contents.speak(reader.locale)
    about = grouped(news)
    last = about[0].last
    words: dict[str, Any] = {
        "title": subject_of(news, about),
        "body": last.body() if len(about) == 1 else "\n".join(one.last.subject for one in about[:5]),
        "tag": (last.number or last.kind) if len(about) == 1 else DIGEST,
        "url": path_of(contents, last.url) if len(about) == 1 else INBOX_PAGE,
        "badge": unread,
        "locale": current_locale.get(),
    }
    if len(about) == 1 and last.asked:
        answers = zip(("yes", "no"), (gettext("Yes, it is fixed"), gettext("No")), last.asked, strict=True)
        words["actions"] = [
            {"action": name, "title": said, "url": path_of(contents, url)} for name, said, url in answers
        ]
    return payload_of(words)


def path_of(contents: Contents, url: str) -> str:
    return url.removeprefix(contents.settings.public_url)


def write_sms(contents: Contents, reader: Reader, news: list[News]) -> str:
    """Short, with the link in a line of its own at the end."""
    contents.speak(reader.locale)
    about = grouped(news)
    if len(about) > 1:
        return f"{contents.city.name}: {subject_of(news, about)}\n{contents.settings.public_url}{INBOX_PAGE}"
    last = about[0].last
    body = "\n".join(part for part in (subject_of(news, about), last.address, last.words) if part)
    return f"{contents.city.name}: {body}\n{last.url}"
