"""Packages in a bucket of the embedded engine."""

from collections.abc import Iterator

import pytest

from scrm.aws import session
from scrm.aws.documents import DocumentMissingError, DocumentStore
from scrm.aws.package_documents import DocumentPackages, PackageDamagedError
from scrm.handover.parts import Contents, PackageStore, checksum

pytestmark = pytest.mark.engine

CONTENTS: Contents = {"relation": {"wm1": {"remark": "王总", "tag_ids": ["et1"]}}, "tasks": {"wm1": {"task_1": "rm_a"}}}


@pytest.fixture
def documents(data_bucket: str) -> Iterator[DocumentStore]:
    session.reset()
    yield DocumentStore(lambda: session.client("s3"), data_bucket)
    session.reset()


def test_a_package_is_found_under_its_checksum_and_a_repeat_is_the_same_one(documents: DocumentStore) -> None:
    packages: PackageStore = DocumentPackages(documents)

    first, second = packages.put("case_1", CONTENTS), packages.put("case_1", CONTENTS)

    assert first == second == checksum(CONTENTS)
    assert packages.get("case_1", first) == CONTENTS


def test_a_package_that_does_not_fit_its_checksum_is_given_to_nobody(documents: DocumentStore) -> None:
    packages = DocumentPackages(documents)
    package = packages.put("case_1", CONTENTS)
    documents.put(f"handover/packages/case_1/{package}.json", b"{}", "application/json")

    with pytest.raises(PackageDamagedError, match="restore its first version"):
        packages.get("case_1", package)
    with pytest.raises(DocumentMissingError):
        packages.get("case_2", package)
