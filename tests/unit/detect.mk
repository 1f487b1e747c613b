# unit tests of filterd/detect
