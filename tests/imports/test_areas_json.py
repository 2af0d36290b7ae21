"""The JSON reader knows where each value stands, in bounded memory."""

from __future__ import annotations

import io

import pytest

from app.imports import json_stream
from app.imports.geojson import read_features
from app.imports.json_stream import JsonStream
from app.imports.problems import ImportRefused

COLLECTION = """{
  "type": "FeatureCollection",
  "features": [
    {"type": "Feature", "properties": {"name": "Añil"}, "geometry": null}, {"type": "Feature",
      "properties": {"name": "B"}, "geometry": null}
  ],
  "size": -12.5e2
}
"""


def stream(text: str) -> JsonStream:
    return JsonStream(io.StringIO(text), "areas.geojson")


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_each_feature_has_its_line_and_column_however_the_file_is_cut(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", chunk)
    rest: dict[str, object] = {}
    found = [(item.line, item.column, item.properties["name"]) for item in read_features(stream(COLLECTION), rest)]
    assert found == [(4, 5, "Añil"), (4, 76, "B")]
    assert rest == {"type": "FeatureCollection", "size": -1250.0}


def test_features_that_follow_one_another_are_read_as_openaddresses_writes_them() -> None:
    text = '{"type":"Feature","properties":{"n":1},"geometry":null}\n\x1e{"type":"Feature","properties":{"n":2}}\n'
    assert [(item.line, item.properties["n"]) for item in read_features(stream(text), {})] == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"features": [\n  {"a": 1},\n  {"a": nope}\n]}', "areas.geojson:3:9: this is not JSON"),
        ('{"features": [\n  {"a": 1} {"a": 2}]}', "areas.geojson:2:12: expected ','"),
        ('{"features": [{"a": 1}', "areas.geojson:1:23: expected ',', found the end of the file"),
        ('{"features": [\n{"a": NaN}]}', "areas.geojson:2:1: this value cannot be read: NaN is not a JSON number"),
        ("[1]", "areas.geojson:1:1: expected '{'"),
    ],
)
def test_what_is_not_json_is_refused_at_its_place(text: str, place: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        list(read_features(stream(text), {}))
    assert str(refused.value).startswith(place)


def test_a_value_nested_without_end_is_refused() -> None:
    with pytest.raises(ImportRefused, match="cannot be read"):
        stream("[" * 200_000).value()
