daemon_listens() { :; }
