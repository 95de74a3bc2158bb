# chat_line: prints the line about the deployment.
chat_line() {
  printf '%s %s after %ss: %s\n' "$app" "$outcome" "$seconds" "${reason:-fine}"
}
