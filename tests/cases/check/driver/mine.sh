mine_swap() { :; }
