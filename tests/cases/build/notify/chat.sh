# ---- notify chat: a line in a file -------------------------------------------------------------------

chat_notify() {
  chat_line >>"$chat_file"
}
