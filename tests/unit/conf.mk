# unit tests of filterd/conf
