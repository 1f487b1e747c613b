# unit tests of filterd/control
