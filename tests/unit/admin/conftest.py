import pytest

from tests.admin_api import Api


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    return Api().join(monkeypatch)
