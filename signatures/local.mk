signaturesdir = $(datadir)/filterd/signatures
dist_signatures_DATA = signatures/README signatures/eicar.ndb signatures/encrypted.ndb signatures/local.cfg \
	signatures/testfile.hdb
