"""The register, objections and complaints over the API."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from openbeian.office.api.doors import TokenAuth, caller, now, public
from openbeian.office.filings.submissions import Border
from openbeian.office.limits import count_public_post
from openbeian.office.notices import queries as notice_queries
from openbeian.office.notices import services as notices
from openbeian.office.oversight import queries as oversight_queries
from openbeian.office.oversight import services as oversight
from openbeian.office.register import queries as register_queries

router = Router(tags=["public"])
token = TokenAuth()
Words = Annotated[str, Field(max_length=6000)]
Contact = Annotated[str, Field(max_length=300)]


class ObjectionIn(Border):
    """An objection during the notice."""

    part: Annotated[str, Field(max_length=30)]
    statement: Words
    contact: Contact = ""


class ComplaintIn(Border):
    """A complaint on a registered service."""

    registration: Annotated[str, Field(max_length=120)]
    text: Words
    contact: Contact = ""


class TextIn(Border):
    """The words of an answer."""

    text: Words
    is_upheld: bool = False


@router.get("/register", auth=None)
def search_register(request: HttpRequest, q: str = "", track: str = "") -> dict[str, Any]:
    """Search the public register; every word must occur."""
    del request
    return {
        "items": [
            register_queries.entry_json(row) for row in register_queries.search(public().office_id, q[:200], track[:30])
        ]
    }


@router.get("/register/{number}", auth=None)
def show_entry(request: HttpRequest, number: str) -> dict[str, Any]:
    """Return one entry with its public parts and its history."""
    del request
    found = register_queries.entry(public().office_id, number)
    history = [{"since": version.since, "filing": version.filing.number} for version in found.versions]
    return {**register_queries.entry_json(found.registration), "parts": found.current.parts, "history": history}


@router.post("/notices/{number}/objections", auth=None)
def create_objection(request: HttpRequest, number: str, payload: ObjectionIn) -> dict[str, Any]:
    """Object to a notice; the receipt code is known only to the sender and the office."""
    count_public_post(request)
    made = notices.submit_objection(
        number, part=payload.part, statement=payload.statement, contact=payload.contact, actor=public(), now=now()
    )
    return notice_queries.objection_json(made)


@router.get("/objections/{code}", auth=None)
def show_objection(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return where an objection stands, by its receipt code."""
    del request
    return notice_queries.objection_json(notice_queries.objection_by_code(public().office_id, code))


@router.post("/objections/{code}/verify", auth=token)
def verify_objection(request: HttpRequest, code: str, payload: TextIn) -> dict[str, Any]:
    """Record what was verified."""
    return notice_queries.objection_json(notices.verify_objection(code, payload.text, actor=caller(request), now=now()))


@router.post("/objections/{code}/answer", auth=token)
def answer_objection(request: HttpRequest, code: str, payload: TextIn) -> dict[str, Any]:
    """Answer a verified objection."""
    made = notices.answer_objection(code, payload.text, is_upheld=payload.is_upheld, actor=caller(request), now=now())
    return notice_queries.objection_json(made)


@router.post("/complaints", auth=None)
def create_complaint(request: HttpRequest, payload: ComplaintIn) -> dict[str, Any]:
    """Complain about a registered service."""
    count_public_post(request)
    made = oversight.file_complaint(
        payload.registration, text=payload.text, contact=payload.contact, actor=public(), now=now()
    )
    return oversight_queries.complaint_json(made)


@router.get("/complaints/{code}", auth=None)
def show_complaint(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return where a complaint stands, by its receipt code."""
    del request
    return oversight_queries.complaint_json(oversight_queries.complaint_by_code(public().office_id, code))


@router.post("/complaints/{code}/forward", auth=token)
def forward_complaint(request: HttpRequest, code: str) -> dict[str, Any]:
    """Pass a complaint on to the provider."""
    return oversight_queries.complaint_json(oversight.forward_complaint(code, actor=caller(request), now=now()))


@router.post("/complaints/{code}/answer", auth=token)
def answer_complaint(request: HttpRequest, code: str, payload: TextIn) -> dict[str, Any]:
    """Answer a complaint as its provider."""
    return oversight_queries.complaint_json(
        oversight.answer_complaint(code, payload.text, actor=caller(request), now=now())
    )


@router.post("/complaints/{code}/close", auth=token)
def close_complaint(request: HttpRequest, code: str, payload: TextIn) -> dict[str, Any]:
    """Close a complaint."""
    return oversight_queries.complaint_json(
        oversight.close_complaint(code, payload.text, actor=caller(request), now=now())
    )
