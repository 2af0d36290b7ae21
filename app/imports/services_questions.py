"""Checks the questions of a service: their datatypes, answers, conditions, and the answers that stop."""

from __future__ import annotations

from typing import Any

from app.imports.services_form import WEB_ADDRESS, Form, translations
from app.services.models import DATATYPES

LISTS = ("singlevaluelist", "multivaluelist")
ATTRIBUTE_KEYS = [
    "code",
    "description",
    "datatype",
    "required",
    "variable",
    "order",
    "datatype_description",
    "values",
    "show_if",
]
STOP_KEYS = ("message", "phone", "url", "department")


def attributes_of(service: Form) -> list[dict[str, Any]]:
    """The questions in the order in which they are asked."""
    forms = service.forms("attributes", ATTRIBUTE_KEYS)
    read = [(form, attribute_fields(form, place)) for place, form in enumerate(forms, start=1)]
    read.sort(key=lambda pair: pair[1]["order"])
    earlier: dict[str, set[str]] = {}
    for form, fields in read:
        if fields["code"] in earlier:
            form.refuse(form.given("code"), f"the question {fields['code']!r} stands here twice")
        check_condition(form, fields, earlier)
        earlier[fields["code"]] = {value["key"] for value in fields["values"]}
    return [fields for _, fields in read]


def attribute_fields(form: Form, place: int) -> dict[str, Any]:
    description = form.words("description", 2000, required=True)
    hint = form.words("datatype_description", 500)
    datatype = form.choice("datatype", DATATYPES)
    fields = {
        "code": form.code("code", 80),
        "datatype": datatype,
        "required": form.flag("required", False),
        "variable": form.flag("variable", True),
        "order": form.integer("order", 0, 10_000, place),
        "description": description[0],
        "datatype_description": hint[0] or None,
        "values": values_of(form),
        "show_if": condition_of(form),
        "translations": translations(description=description, datatype_description=hint),
    }
    if datatype in LISTS and not fields["values"] and fields["variable"]:
        form.refuse(form.given("values"), f"a {datatype} needs values")
    if datatype not in LISTS and fields["values"]:
        form.refuse(form.given("values"), f"a {datatype} has no values; did you mean singlevaluelist?")
    if fields["required"] and not fields["variable"]:
        form.refuse(form.given("required"), "a text that only informs (variable: no) takes no answer")
    return fields


def values_of(attribute: Form) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    used: set[str] = set()
    for form in attribute.forms("values", ("key", "name", "stop")):
        name = form.words("name", 300, required=True)
        value: dict[str, Any] = {
            "key": form.text("key", 80, required=True),
            "name": name[0],
            "translations": translations(name=name),
        }
        if value["key"] in used:
            form.refuse(form.given("key"), f"the answer {value['key']!r} stands here twice")
        used.add(value["key"])
        if stop := form.form("stop", STOP_KEYS):
            value["stop"] = stop_of(stop)
        values.append(value)
    return values


def stop_of(form: Form) -> dict[str, Any]:
    message = form.words("message", 1000, required=True)
    return {
        "message": message[0],
        "phone": form.text("phone", 40) or None,
        "url": form.text("url", 500, fits=WEB_ADDRESS) or None,
        "department": form.text("department", 40) or None,
        "translations": translations(message=message),
    }


def condition_of(attribute: Form) -> dict[str, Any] | None:
    form = attribute.form("show_if", ("code", "values"))
    if form is None:
        return None
    values = form.given("values")
    keys = form.list_of(values, "values", 80) if values else []
    if not keys:
        form.refuse(values, "values is missing: the answers after which this is asked")
    return {"code": form.code("code", 80), "values": keys}


def check_condition(form: Form, fields: dict[str, Any], earlier: dict[str, set[str]]) -> None:
    """`show_if` names a question that is asked before, and answers that it has."""
    if not (condition := fields["show_if"]):
        return
    at = form.given("show_if")
    if not earlier.get(condition["code"]):
        form.refuse(at, f"show_if names {condition['code']!r}, which is no earlier question with a list of answers")
        return
    for key in condition["values"]:
        if key not in earlier[condition["code"]]:
            form.refuse(at, f"show_if names the answer {key!r}, which {condition['code']!r} does not have")
