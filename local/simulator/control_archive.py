"""Control: the archive of conversations: what is said, seats, consent, keys, files, gaps and poisoned rows."""

import base64
import binascii
import hashlib
from itertools import islice
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import Field, model_validator

from local.simulator.archive import Poison
from local.simulator.archive_book import Said, Withheld, made_up_file
from local.simulator.archive_cipher import PublicKeyError
from local.simulator.control_models import Counted, Strict
from local.simulator.control_sending import Limit
from local.simulator.model import EXTERNAL, ArchiveConsent
from local.simulator.simulator import Simulator


class Say(Strict):
    """Messages in plain, as the archive would show them; what the envelope lacks is filled in."""

    messages: list[dict[str, Any]]


class SaidReading(Strict):
    """``withheld`` says why the archive has no row of it; ``seq`` and ``key_version`` are null then."""

    seq: int | None
    key_version: int | None
    withheld: Withheld | None
    message: dict[str, Any]


class PublicKey(Strict):
    pem: str


class KeyVersion(Strict):
    publickey_ver: int


class Seats(Strict):
    """``userids`` in their order; beyond the purchased ``seats`` nobody is archived. Null is as many as there are."""

    userids: list[str]
    seats: int | None = Field(default=None, ge=0)


class ArchiveFile(Strict):
    """The bytes themselves, or so many made up from a seed."""

    content_base64: str | None = None
    size: int | None = Field(default=None, ge=0, le=200 * 1024 * 1024)
    seed: int = 0

    @model_validator(mode="after")
    def _one_of_both(self) -> "ArchiveFile":
        if (self.content_base64 is None) == (self.size is None):
            raise ValueError("give content_base64 or size")
        return self


class ArchiveFileReading(Strict):
    """What a message names the file by."""

    sdkfileid: str
    md5sum: str
    filesize: int


class Gap(Strict):
    count: int = Field(ge=1)


class Seq(Strict):
    seq: int


class PoisonRow(Strict):
    kind: Poison


class GroupConsent(Strict):
    external_userid: str
    consent: ArchiveConsent


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    for part in (_messages, _rules, _rows):
        part(routes, simulator)
    return routes


def _messages(routes: APIRouter, simulator: Simulator) -> None:
    @routes.post("/archive/messages", tags=["archive"], status_code=201, summary="People say something to each other")
    async def say(request: Say) -> list[SaidReading]:
        return [_reading(one) for one in simulator.archive.say(request.messages)]

    @routes.get("/archive/messages", tags=["archive"], summary="Everything that was said, in plain, oldest first")
    async def messages(offset: int = 0, limit: Limit = 1_000) -> list[SaidReading]:
        return [_reading(one) for one in islice(simulator.simulation.state.archive.said, offset, offset + limit)]

    @routes.post("/archive/files", tags=["archive"], status_code=201, summary="A file for messages to name")
    async def file(request: ArchiveFile) -> ArchiveFileReading:
        content = _content(request)
        file_id = simulator.simulation.state.archive.add_file(content, simulator.simulation.now())
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return ArchiveFileReading(sdkfileid=file_id, md5sum=md5, filesize=len(content))


def _rules(routes: APIRouter, simulator: Simulator) -> None:
    simulation = simulator.simulation

    @routes.post("/archive/keys", tags=["archive"], status_code=201, summary="Upload a public key: a new version")
    async def upload_key(request: PublicKey) -> KeyVersion:
        try:
            return KeyVersion(publickey_ver=simulator.archive.upload_key(request.pem))
        except PublicKeyError as error:
            raise HTTPException(422, str(error)) from error

    @routes.put("/archive/seats", tags=["archive"], summary="Who is archived")
    async def set_seats(request: Seats) -> Counted:
        holders = [simulator.actions.member(userid).userid for userid in request.userids]
        simulation.state.archive.seat_holders = list(dict.fromkeys(holders))
        simulation.state.archive.seats = request.seats
        return Counted(count=len(simulation.state.archive.effective()))

    @routes.put(
        "/archive/rooms/{chat_id}/consent", tags=["archive"], status_code=204, summary="A customer's, of a group"
    )
    async def group_consent(chat_id: str, request: GroupConsent) -> None:
        group = simulator.group_actions.group(chat_id)
        rows = [row for row in group.members if row.type == EXTERNAL and row.userid == request.external_userid]
        if not rows:
            raise HTTPException(404, "no such customer in the group")
        simulator.archive.group_consent(chat_id, rows[0], request.consent)


def _rows(routes: APIRouter, simulator: Simulator) -> None:
    @routes.post("/archive/gap", tags=["archive"], summary="Leave out sequence numbers; the last of them")
    async def gap(request: Gap) -> Seq:
        return Seq(seq=simulator.archive.skip(request.count))

    @routes.post("/archive/poison", tags=["archive"], status_code=201, summary="A row that something is wrong with")
    async def poison(request: PoisonRow) -> Seq:
        if not simulator.simulation.state.archive.public_keys:
            raise HTTPException(422, "no public key was uploaded")
        return Seq(seq=simulator.archive.poison(request.kind))


def _reading(said: Said) -> SaidReading:
    return SaidReading(seq=said.seq, key_version=said.key_version, withheld=said.withheld, message=said.message)


def _content(request: ArchiveFile) -> bytes:
    if request.content_base64 is None:
        return made_up_file(request.size or 0, request.seed)
    try:
        return base64.b64decode(request.content_base64, validate=True)
    except binascii.Error as error:
        raise HTTPException(422, "content_base64 is not base64") from error
