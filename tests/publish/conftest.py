import pytest

from rating.publish.report import to_bytes
from tests.publish.small import rated


@pytest.fixture(scope="session")
def result():
    return rated()


@pytest.fixture(scope="session")
def english(result):
    return to_bytes(result)


@pytest.fixture(scope="session")
def russian(result):
    return to_bytes(result, lang="ru")
