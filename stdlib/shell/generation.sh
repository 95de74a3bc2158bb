# ---- generation: proxies whose old workers finish their requests after a reload ------------------
#
# A generation is one line: PID:START of the master, then PID:START of each worker.

# generation_children MASTER: Sets `old` to all children of the master, as PID:START. Children that are about to begin
# or to end are included.
generation_children() {
  local pid stat_state stat_parent stat_session stat_start
  local -a children
  old=()
  pid_children "$1"
  for pid in ${children[@]+"${children[@]}"}; do
    ! pid_stat "$pid" || [[ $stat_state == [ZXx] ]] || old+=("$pid:$stat_start")
  done
}

# generation_draining GENERATION COLOR NAME: Answers a driver's `draining`. Returns 0 while workers of the generation
# still work for COLOR, and prints how many. Requests to other sites may keep workers for hours. So the workers do not
# count any more after 5 s without a connection to COLOR. NAME is the proxy's name for the message.
generation_draining() {
  local count one since last seen left connections=0
  local -a addresses
  generation_works "$1" || return 1
  # If the addresses of the color are not known, connections cannot be excluded.
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
  # The time without connections counts only if it was seen without a gap of more than 2 s, and for this generation. The
  # file keeps its begin, the last look, and the generation.
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

# generation_works GENERATION: Sets `left` to the number of its workers that still run. Fails if none runs.
generation_works() {
  local worker
  left=0
  for worker in $1; do
    [[ $worker == "${1%% *}" ]] || ! pid_is "${worker%:*}" "${worker#*:}" || left=$((left + 1))
  done
  ((left))
}

# generation_ends_soon GENERATION: Succeeds if its last worker ends within 300 ms. A look at a worker takes about 0.1
# ms. On a busy host counting the connections takes several ms.
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
