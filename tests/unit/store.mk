# unit tests of filterd/store
