"""The one table of what people who sign in may do, and the roles that a city begins with."""

from __future__ import annotations

from dataclasses import dataclass

from app.templating import mark

# In a role: every permission that there is, and those that come later.
ALL = "*"


@dataclass(frozen=True, slots=True)
class Permission:
    """`whole_city`: it cannot be narrowed; a role with a scope does not give it."""

    code: str
    label: str
    meaning: str
    whole_city: bool = False


@dataclass(frozen=True, slots=True)
class FirstRole:
    """A role as it stands in a new city. Afterwards its row counts, which an administrator edits."""

    code: str
    name: str
    permissions: tuple[str, ...]


TABLE = (
    Permission("desk.view", mark("See the desk"), mark("The queue, and each report with all but contact data.")),
    Permission("requests.change_status", mark("Change the status"), mark("Accept, schedule, fix or close a report.")),
    Permission("requests.route", mark("Hand over"), mark("Give a report to another department.")),
    Permission("requests.assign", mark("Assign"), mark("Give a report to a person or a crew.")),
    Permission("requests.comment", mark("Write to the public"), mark("Add words to a report’s page.")),
    Permission("requests.note", mark("Write notes"), mark("Add words that only the city reads.")),
    Permission("answers.manage", mark("Manage answers"), mark("Words that the desk gives again and again.")),
    Permission("requests.moderate", mark("Moderate"), mark("Show or hide words and photos.")),
    Permission("requests.merge", mark("Merge"), mark("Say that reports are the same problem, or are not.")),
    Permission("requests.file_for_caller", mark("File for a caller"), mark("Report on behalf of somebody who calls.")),
    Permission("contacts.view", mark("See contact data"), mark("Name, e-mail and phone; each look is recorded.")),
    Permission("originals.view", mark("See original photos"), mark("Photos without what was covered.")),
    Permission("work.manage", mark("Manage work orders"), mark("Crews, planned dates, cost and material.")),
    Permission("promises.explain", mark("Explain a missed promise"), mark("Give the reason, and a new date.")),
    Permission("promises.redress", mark("Make good"), mark("Give what the city owes for a missed promise.")),
    Permission("promises.manage", mark("Set promises"), mark("Hours, calendars, suspensions and redress."), True),
    Permission("routing.manage", mark("Set routing"), mark("Rules of who gets which report."), True),
    Permission("services.manage", mark("Set services"), mark("Kinds of problems, and their questions."), True),
    Permission("announcements.publish", mark("Publish announcements"), mark("Notices to an area or to everybody.")),
    Permission("deliveries.view", mark("See deliveries"), mark("What was sent to whom, and what failed."), True),
    Permission("accounts.manage", mark("Manage accounts"), mark("Invite people, give and take roles."), True),
    Permission("roles.manage", mark("Manage roles"), mark("Say what each role may do."), True),
    Permission("audit.view", mark("Read the audit trail"), mark("Who changed what, and who saw contact data."), True),
    Permission("reviews.answer", mark("Answer reviews"), mark("Say what changes where too few promises are kept.")),
    Permission("liaison.use", mark("Work as a liaison"), mark("Lists, walks and rounds of a neighborhood.")),
    Permission("field.use", mark("Work in the field"), mark("The day’s stops, on a phone.")),
    Permission("board.view", mark("See the board’s pages"), mark("Agendas and figures of an area.")),
    Permission("webhooks.manage", mark("Manage connections"), mark("Other systems that take and answer work."), True),
)
PERMISSIONS = {permission.code: permission for permission in TABLE}

ON_SITE = ("desk.view", "requests.change_status", "requests.comment", "requests.note", "field.use")
CLERK = (
    *("desk.view", "requests.change_status", "requests.route", "requests.assign", "requests.comment"),
    *("requests.note", "requests.moderate", "requests.merge", "requests.file_for_caller", "contacts.view"),
    *("work.manage", "promises.explain"),
)
SUPERVISOR = (*CLERK, "answers.manage", "originals.view", "promises.redress", "field.use")

ROLES = (
    FirstRole("clerk", mark("Clerk"), CLERK),
    FirstRole("crew", mark("Crew"), ON_SITE),
    FirstRole("inspector", mark("Inspector"), (*ON_SITE, "requests.merge", "contacts.view")),
    FirstRole("supervisor", mark("Supervisor"), SUPERVISOR),
    FirstRole("department_head", mark("Department head"), (*SUPERVISOR, "announcements.publish", "reviews.answer")),
    FirstRole("liaison", mark("Neighborhood liaison"), ("liaison.use",)),
    FirstRole("board", mark("Board or council member"), ("board.view",)),
    FirstRole("executive", mark("Executive"), ("desk.view", "board.view", "reviews.answer", "announcements.publish")),
    FirstRole("auditor", mark("Auditor"), ("desk.view", "audit.view", "deliveries.view")),
    FirstRole("administrator", mark("Administrator"), (ALL,)),
)
ADMINISTRATOR = "administrator"
