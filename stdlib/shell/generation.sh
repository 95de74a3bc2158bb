# ---- generation: proxies whose workers of before a reload finish what they have ----------------------
#
# A generation is a line: MASTER:START and for each worker PID:START.

# generation_draining GENERATION NAME: for `draining`: 0 while workers of that generation are still at work for us; prints what they
# do. Requests to other sites may keep them for hours, so they do not count once no connection to the idle color was seen for 5 s.
generation_draining() {
  local worker count one since last seen left=0 connections=0
  for worker in $1; do
    [[ $worker == "${1%% *}" ]] || ! pid_is "${worker%:*}" "${worker#*:}" || left=$((left + 1))
  done
  ((left)) || return 1
  while IFS= read -r one; do
    count=$(established_to "$one") || count=1
    connections=$((connections + count))
  done < <(addresses_of "$other_color")
  if ((connections)); then
    rm -f "$release/quiet"
    printf '%s\n' "$left workers of $2 from before the switch, $connections connections to $other_color"
    return 0
  fi
  # Quiet must be seen all along: since when, when last, and in the drain of which switch.
  now
  IFS='|' read -r since last seen 2>/dev/null <"$release/quiet" || seen=''
  if [[ $seen != "$1" ]] || ((now_ms - last > 2000 || now_ms < last)); then
    since=$now_ms
  fi
  printf '%s|%s|%s\n' "$since" "$now_ms" "$1" 2>/dev/null >"$release/quiet" || since=$now_ms
  ((now_ms - since < 5000)) || return 1
  printf '%s\n' "$left workers of $2 from before the switch, no connection to $other_color for $((now_ms - since)) ms"
}
