net_start() { :; }
