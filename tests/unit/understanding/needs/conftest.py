"""One finder for all tests of needs: the shipped knowledge and the default embedder."""

import pytest

from adunion.kernel.config import Settings
from adunion.understanding.needs import NeedFinder
from adunion.understanding.needs.library import open_library


@pytest.fixture(scope="session")
def finder(tmp_path_factory):
    home = tmp_path_factory.mktemp("needs")
    return NeedFinder(open_library(Settings(home=home)))
