# connectors: installed as data; each server's README says where its own modules are kept
prosodyplugindir = $(datadir)/filterd/prosody
dist_prosodyplugin_DATA = plugins/prosody/mod_filterd.lua plugins/prosody/filterd_content.lib.lua \
	plugins/prosody/README.md
