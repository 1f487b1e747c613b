# unit tests of filterd/worker
