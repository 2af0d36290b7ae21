"""The XML writer: whatever stands in the database, the document can be read."""

from __future__ import annotations

from defusedxml.ElementTree import fromstring

from app.open311.formats import to_xml


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    document = to_xml("service_requests", [{"description": "a\0b\x1bc\ufffed\ud83de <&\"' 😀"}])
    assert fromstring(document).findtext("request/description") == "abcde <&\"' 😀"


def test_nothing_is_an_empty_element_and_truth_is_in_small_letters() -> None:
    root = fromstring(to_xml("services", [{"metadata": True, "keywords": None, "order": 0, "lat": -71.5}]))
    assert [(child.tag, child.text) for child in root[0]] == [
        ("metadata", "true"),
        ("keywords", None),
        ("order", "0"),
        ("lat", "-71.5"),
    ]


def test_a_list_of_texts_has_an_element_for_each() -> None:
    root = fromstring(to_xml("discovery", {"formats": ["text/xml", "application/json"]}))
    assert [item.text for item in root.findall("formats/format")] == ["text/xml", "application/json"]
