# ---- generation: proxies whose workers of before a reload finish what they have ----------------------
#
# A generation is a line: MASTER:START and for each worker PID:START.

# generation_children MASTER: sets `old`: all children of the master, those that are about to begin or to end among them.
generation_children() {
  local pid stat_state stat_parent stat_session stat_start
  local -a children
  old=()
  pid_children "$1"
  for pid in ${children[@]+"${children[@]}"}; do
    ! pid_stat "$pid" || [[ $stat_state == [ZXx] ]] || old+=("$pid:$stat_start")
  done
}

# generation_draining GENERATION COLOR NAME: for `draining`: 0 while workers of that generation are still at work for COLOR; prints what
# they do. Requests to other sites may keep them for hours, so they do not count once no connection to that color was seen for 5 s.
generation_draining() {
  local count one since last seen left connections=0
  local -a addresses
  generation_works "$1" || return 1
  # Without the places of a color nobody can tell.
  find_addresses "$2" || connections=1
  for one in ${addresses[@]+"${addresses[@]}"}; do
    count=$(established_to "$one") || count=1
    connections=$((connections + count))
  done
  if ((connections)); then
    rm -f "$release/quiet"
    generation_ends_soon "$1" && return 1
    printf '%s\n' "$left workers of $3 from before the reload, $connections connections to $2"
    return 0
  fi
  # Quiet must be seen all along: since when, when last, and in the drain of which switch.
  now
  IFS='|' read -r since last seen 2>/dev/null <"$release/quiet" || seen=''
  if [[ $seen != "$1" || ! $since$last =~ ^[0-9]+$ ]] || ((now_ms - last > 2000 || now_ms < last)); then
    since=$now_ms
  fi
  printf '%s|%s|%s\n' "$since" "$now_ms" "$1" 2>/dev/null >"$release/quiet" || since=$now_ms
  ((now_ms - since < 5000)) || return 1
  ! generation_ends_soon "$1" || return 1
  printf '%s\n' "$left workers of $3 from before the reload, no connection to $2 for $((now_ms - since)) ms"
}

# generation_works GENERATION: workers of it are there; sets `left`, how many.
generation_works() {
  local worker
  left=0
  for worker in $1; do
    [[ $worker == "${1%% *}" ]] || ! pid_is "${worker%:*}" "${worker#*:}" || left=$((left + 1))
  done
  ((left))
}

# generation_ends_soon GENERATION: its last worker ends within 300 ms. To look at a worker takes some 0.1 ms, to count connections
# milliseconds of a busy host.
generation_ends_soon() {
  local until step
  now
  until=$((now_ms + 300))
  while ((now_ms < until)); do
    step=$((left > 2 ? left * 5 : 10))
    pause $((step < until - now_ms ? step : until - now_ms)) || break
    generation_works "$1" || break
    now
  done
  ((left == 0))
}
