# unit tests of filterd/proc
