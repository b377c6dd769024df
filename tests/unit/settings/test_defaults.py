"""The defaults that the code ships are never validated at run time (cold start), so they are here."""

import pytest
from pydantic import BaseModel

from scrm.settings.content import ContentDocument
from scrm.settings.handover import HandoverDocument
from scrm.settings.reader import stored_as


@pytest.mark.parametrize("document", [HandoverDocument, ContentDocument])
def test_defaults_are_what_validation_would_make_of_them(document: type[BaseModel]) -> None:
    shipped = stored_as(document, "topic", {})

    assert document.model_validate(shipped.model_dump()) == shipped
    assert document.model_validate_json(shipped.model_dump_json()) == shipped
