# connectors: installed as data; each server's README says where its own modules are kept
prosodyplugindir = $(datadir)/filterd/prosody
dist_prosodyplugin_DATA = plugins/prosody/mod_filterd.lua plugins/prosody/filterd_content.lib.lua \
	plugins/prosody/README.md

ejabberdplugindir = $(datadir)/filterd/ejabberd
dist_ejabberdplugin_DATA = plugins/ejabberd/mod_filterd.erl plugins/ejabberd/mod_filterd_channel.erl \
	plugins/ejabberd/mod_filterd_content.erl plugins/ejabberd/mod_filterd_lane.erl plugins/ejabberd/mod_filterd_rooms.erl \
	plugins/ejabberd/mod_filterd_session.erl \
	plugins/ejabberd/mod_filterd.spec plugins/ejabberd/Makefile plugins/ejabberd/README.md
