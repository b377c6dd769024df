"""THIRD_PARTY_NOTICES.md is what the layers' locks say."""

import pytest

from local.setup import notices


def test_the_notices_are_current() -> None:
    rendered = notices.render(notices.shipped_packages())

    assert notices.NOTICES.read_text(encoding="utf-8") == rendered, "run: python -m local.setup.notices"


def test_every_pin_of_the_locks_is_listed_once() -> None:
    lines = [line for lock in notices.LOCKS for line in lock.read_text(encoding="utf-8").splitlines()]
    pins = [line.split("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]

    assert sorted(package.name for package in notices.shipped_packages()) == sorted(pins)


@pytest.mark.parametrize(
    ("stated", "classifiers", "licence"),
    [
        ("Apache-2.0 OR BSD-3-Clause", [], "Apache-2.0 OR BSD-3-Clause"),
        ("Apache License 2.0", [], "Apache-2.0"),
        ("Dual License", ["License :: OSI Approved :: BSD License"], "BSD-3-Clause"),
        ("", ["Natural Language :: English", "License :: OSI Approved :: MIT License"], "MIT"),
    ],
)
def test_a_licence_is_read_from_its_field_or_its_classifiers(stated: str, classifiers: list[str], licence: str) -> None:
    assert notices.licence_of("some-package", stated, classifiers) == licence


@pytest.mark.parametrize("stated", ["", "AGPL-3.0-only", "MIT AND AGPL-3.0-only", "see the web page"])
def test_an_unknown_or_unaccepted_licence_is_refused(stated: str) -> None:
    with pytest.raises(notices.NoticeError, match="some-package"):
        notices.licence_of("some-package", stated, ["License :: Other/Proprietary License"])
