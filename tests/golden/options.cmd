# every option of the configuration file with its default and bounds
filterd --options
