"""The component link over TLS, verified: ejabberd's listener option `tls: true` (Prosody's listener offers none)."""

from lib import story

KINDS = ("ejabberd",)
SERVER = {"component_tls": True}


def test_story_over_a_tls_link(the_site):
    cast = story.Cast(the_site)
    story.redacted(the_site, cast)
    story.clean(the_site, cast)


def test_certificate_of_another_name_is_refused(the_site):
    config = the_site.filterd.config.read_text()
    try:
        the_site.filterd.stop()
        since = the_site.syslog.mark()
        the_site.filterd.config.write_text(config.replace('tls_name = "example.test"', 'tls_name = "somebody.else"'))
        the_site.filterd.start()
        assert the_site.syslog.wait("link.down", since=since, link="filter.example.test")
        assert not the_site.syslog.find("link.up", since=since)
    finally:
        the_site.filterd.stop()
        the_site.filterd.config.write_text(config)
