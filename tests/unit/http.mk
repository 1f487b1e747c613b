# unit tests of filterd/http
