# unit tests of filterd/audit
