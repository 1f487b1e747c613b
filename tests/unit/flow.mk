# unit tests of filterd/flow
