# Functions that begin with another word, that the runtime has, and one that is defined twice.
start_it() { :; }
fragment_write() { :; }
fragment_help() { :; }
fragment_help() { :; }
