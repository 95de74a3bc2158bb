live_notify() { :; }
