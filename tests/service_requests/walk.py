"""A browser without JavaScript on the report page: it sends back what the form holds, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import httpx

Files = list[tuple[str, tuple[str, bytes, str]]]


class FormReader(HTMLParser):
    """The successful controls of the report form (HTML §4.10.21), the visible step, and the sentences of problems."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self.hidden_steps: dict[str, bool] = {}
        self.problems: list[str] = []
        self._text: str | None = None
        self._in_problem = False
        self._in_form = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = given.get("id") == "report"
        if "data-step" in given:
            self.hidden_steps[given["data-step"]] = "hidden" in given
        self._in_problem = tag == "span" and given.get("class") == "problem"
        if not self._in_form or "name" not in given or "disabled" in given:
            return
        if tag == "button":
            self.buttons.append((given["name"], given.get("value", "")))
        elif tag == "textarea":
            self._text = given["name"]
            self.fields.append((given["name"], ""))
        elif tag == "input" and (given.get("type") not in ("file", "radio", "checkbox") or "checked" in given):
            self.fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        if tag == "textarea":
            self._text = None
        self._in_problem = False

    def handle_data(self, data: str) -> None:
        if self._text:
            name, value = self.fields.pop()
            # The parser of a browser drops the line feed after <textarea>.
            self.fields.append((name, value + (data if value else data.removeprefix("\n"))))
        if self._in_problem:
            self.problems.append(data)


class Walk:
    """Somebody who fills in the report. `press` sends the form; `step` is what is shown then."""

    def __init__(self, person: httpx.AsyncClient) -> None:
        self.person = person
        self.answer: httpx.Response
        self.form = FormReader()

    async def open(self, query: str = "") -> Walk:
        return self._read(await self.person.get(f"/report{query}"))

    async def press(
        self,
        step: str = "",
        *,
        do: str = "",
        files: Files | None = None,
        headers: dict[str, str] | None = None,
        **typed: Any,
    ) -> Walk:
        """Types into fields (`attribute__SIZE` for `attribute[SIZE]`) and presses a button: a step, or an action."""
        typed = {name.replace("__", "[") + "]" if "__" in name else name: value for name, value in typed.items()}
        fields = [(name, value) for name, value in self.form.fields if name not in typed]
        fields += [(name, str(value)) for name, value in typed.items()]
        fields.append(("do", do) if do else ("step", step))
        parts: Any = [(name, (None, value.encode())) for name, value in fields] + list(files or [])
        return self._read(await self.person.post("/report", files=parts, headers=headers))

    def _read(self, answer: httpx.Response) -> Walk:
        self.answer = answer
        if "html" in answer.headers.get("content-type", "") and answer.status_code in (200, 422):
            self.form = FormReader()
            self.form.feed(answer.text)
        return self

    @property
    def step(self) -> str:
        return ",".join(step for step, hidden in self.form.hidden_steps.items() if not hidden)

    @property
    def problems(self) -> str:
        return " ".join(self.form.problems)

    def value(self, name: str) -> str:
        return next((value for known, value in reversed(self.form.fields) if known == name), "")

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.form.fields if known == name]
