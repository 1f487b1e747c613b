# unit tests of filterd/model
