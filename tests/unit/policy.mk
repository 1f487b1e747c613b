# unit tests of filterd/policy
