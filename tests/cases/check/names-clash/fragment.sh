# Three mistakes: a name that begins with another word, a name of the runtime, and a function that is defined twice.
start_it() { :; }
fragment_write() { :; }
fragment_help() { :; }
fragment_help() { :; }
