# chat_line: prints what is said.
chat_line() {
  printf '%s %s after %ss: %s\n' "$app" "$outcome" "$seconds" "${reason:-fine}"
}
