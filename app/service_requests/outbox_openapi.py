"""What the OpenAPI document says of the outbox beyond what the types of its handlers say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from app.service_requests.outbox_documents import ActionReceipt, ProblemDocument

MEANINGS = {
    400: "It cannot be read. With `retry`, it was damaged on its way: send it again",
    403: "It is another device's to change",
    404: "There is no such request for this device",
    409: "Photos are missing (`missing`: upload them, then send the report again), or the request is not open any more",
    410: "This item was deleted: it is refused for ever",
    413: "It is too large",
    415: "It is no photo that can be read, or no JSON, or it has a Content-Encoding",
    422: "Something in it must be mended; `problems` names every field. Field `stamp`: ask GET /outbox for a fresh one",
    429: "Too many for now: wait as long as `Retry-After` says, in seconds",
    503: "The city cannot do it just now: wait as long as `Retry-After` says, in seconds",
}
NUMBER = Schema(
    type=OpenAPIType.STRING,
    format=OpenAPIFormat.UUID,
    description="The phone's own number of this item: sent again, it is done once and answered alike",
)
WORDS = Schema(type=OpenAPIType.STRING)


def again(model: type, words: str) -> dict[int, ResponseSpec]:
    """The 200 of something that is here already."""
    return {200: ResponseSpec(model, generate_examples=False, description=words)}


def action(status: int, *refusals: int) -> dict[int, ResponseSpec]:
    """The answers of what people do to a request."""
    words = "It is done; the same item again is answered alike"
    return {status: ResponseSpec(ActionReceipt, generate_examples=False, description=words)} | problems(*refusals)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The refusals of a route, each with what a client does about it."""
    return {
        status: ResponseSpec(
            ProblemDocument,
            generate_examples=False,
            description=MEANINGS[status],
            media_type="application/problem+json",
        )
        for status in (*statuses, 429, 503)
    }


@dataclass
class OutboxOperation(Operation):
    """Its 400 is a problem document like every other refusal; Litestar describes its own."""

    def __post_init__(self) -> None:
        responses = self.responses or {}
        if "400" in responses:
            responses["400"] = replace(responses["429"], description=MEANINGS[400])


@dataclass
class PhotoOperation(OutboxOperation):
    """Its body is a photo."""

    def __post_init__(self) -> None:
        super().__post_init__()
        photo = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(content={"application/octet-stream": photo}, required=True)


def form_of(**fields: Schema) -> type[Operation]:
    """An operation whose body is a URL-encoded form with these fields, and may carry an item's number."""
    schema = Schema(type=OpenAPIType.OBJECT, properties={"client_request_id": NUMBER, **fields})

    @dataclass
    class FormOperation(OutboxOperation):
        def __post_init__(self) -> None:
            OutboxOperation.__post_init__(self)
            form = OpenAPIMediaType(schema=schema)
            self.request_body = RequestBody(content={"application/x-www-form-urlencoded": form})

    return FormOperation


WordsOperation = form_of(text=WORDS)
JoinOperation = form_of(
    name=WORDS, email=WORDS, phone=WORDS, notify=Schema(type=OpenAPIType.STRING, enum=["email", "none"])
)
ItemOperation = form_of()
