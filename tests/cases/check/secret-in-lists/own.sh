own_start() { :; }
