"""The inspect channel between machines: TLS with the certificate that the offer pins, and no UNIX socket at all."""

from lib import story

FILTERD = {"inspect_tls": True}


def test_story_over_tls(the_site):
    assert not the_site.filterd.inspect.exists()
    cast = story.Cast(the_site)
    story.harmless(the_site, cast)
    story.redacted(the_site, cast)
    story.blocked(the_site, cast)


def test_back_after_a_restart(the_site):
    story.closed(the_site, story.Cast(the_site))
