# ---- notify chat: a line in a file -------------------------------------------------------------------

chat_notify() {
  printf '%s %s after %ss: %s\n' "$app" "$outcome" "$seconds" "${reason:-fine}" >>"$chat_file"
}
