"""The story of README and ./quickstart, on both servers."""

import pytest

from lib import story


@pytest.mark.parametrize("step", [s for s, _ in story.STEPS], ids=[s.__name__ for s, _ in story.STEPS])
def test_story(the_site, step):
    step(the_site, story.Cast(the_site))


def test_upload_service_is_found_by_clients(the_site):
    assert the_site.client("alice").find_upload() == the_site.server.upload_component
