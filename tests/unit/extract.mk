# unit tests of filterd/extract
