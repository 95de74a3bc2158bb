base_stage() { :; }
function base_start {
  :
}
base_alive () { :; }
base_stop()
{
  :
}
base_clear() { :; }
base_logs() { :; }
# base_enter() is only a comment.
