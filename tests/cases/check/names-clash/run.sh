nginx_start() { :; }
