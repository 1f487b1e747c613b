# unit tests of filterd/ipc
