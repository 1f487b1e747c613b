# room fragment, owned by filterd/xmpp
