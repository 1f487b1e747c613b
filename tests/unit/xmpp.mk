# unit tests of filterd/xmpp
