# ---- switch haproxy: one file with the app's backend, and a reload ----------------------------------
#
# A generation is the master and the workers that listen, each as PID:START. An old worker that drains has connections,
# but no listening socket.

haproxy_routed() { fragment_routed "$haproxy_file"; }
haproxy_read() { fragment_read "$haproxy_file"; }
haproxy_write() { fragment_write "$haproxy_file" "$1"; }
haproxy_swap() { fragment_swap "$haproxy_file"; }
haproxy_remove() { fragment_remove "$haproxy_file"; }
haproxy_draining() { generation_draining "$1" "$2" HAProxy; }

haproxy_test() {
  local said path
  local -a options=()
  for path in "${haproxy_config[@]}"; do
    options+=(-f "$path")
  done
  said=$(${sudo[@]+"${sudo[@]}"} haproxy -c -q "${options[@]}" 2>&1) && return 0
  said=$(grep -m 1 ALERT <<<"$said") || said='haproxy -c fails'
  printf '%s\n' "$said"
  return 1
}

haproxy_snapshot() {
  local haproxy_master why
  local -a generation
  if haproxy_read_generation; then
    printf '%s\n' "${generation[*]}"
  else
    printf '%s\n' "$why"
    return 1
  fi
}

haproxy_reload() {
  local haproxy_master why said
  local -a generation old
  haproxy_read_generation || {
    printf '%s\n' "$why"
    return 1
  }
  # Workers that another reload has started since the snapshot are old, too. And workers that drain already must be
  # waited for.
  printf '%s\n' "${generation[*]}" >"$release/reload"
  generation_children "$haproxy_master"
  if ((${#haproxy_reload[@]})); then
    said=$(${sudo[@]+"${sudo[@]}"} "${haproxy_reload[@]}" 2>&1)
  elif [[ -d /run/systemd/system && $(systemctl show --property=MainPID haproxy.service 2>/dev/null) == "MainPID=$haproxy_master" ]]; then
    said=$(${sudo[@]+"${sudo[@]}"} systemctl reload haproxy 2>&1)
  else
    said=$(${sudo[@]+"${sudo[@]}"} kill -USR2 "$haproxy_master" 2>&1)
  fi || {
    printf '%s\n' "${said//$'\n'/; }"
    return 1
  }
  printf '%s\n' "${generation[0]} ${old[*]-}"
}

haproxy_confirm() {
  local haproxy_master why until reloaded=''
  local -a generation before
  read -r reloaded 2>/dev/null <"$release/reload"
  read -r -a before <<<"$1 $reloaded"
  now
  until=$((now_ms + limit - 500))
  until haproxy_judge; do
    now
    if ((now_ms >= until)) || ! pause 20; then
      printf '%s\n' "$why"
      return 1
    fi
  done
}

haproxy_mutex() {
  local file
  file=$(readlink -f -- "${haproxy_config[0]}") && printf '%s\n' "${file%/*}"
}

haproxy_preflight() {
  local haproxy_master why path
  local -a generation
  if ! haproxy_read_generation; then
    printf '%s\n' "$why"
    return 1
  elif ! ${sudo[@]+"${sudo[@]}"} ls "/proc/$haproxy_master/fd" >/dev/null 2>&1; then
    printf '%s\n' "$(id -un) may not look at HAProxy, which runs as root: write \`sudo\` in deploy.bg, and add this line to sudoers: $(haproxy_sudoers)"
    return 1
  elif ((${#generation[@]} == 1)); then
    printf '%s\n' 'no worker of HAProxy listens: is it in master-worker mode (-W)?'
    return 1
  fi
  fragment_writable "$haproxy_file" || return
  for path in "${haproxy_config[@]}"; do
    [[ $path != "$haproxy_file" && ($path != "${haproxy_file%/*}" || $haproxy_file != *.cfg) ]] || return 0
  done
  printf '%s\n' "HAProxy does not read $haproxy_file: it takes ${haproxy_config[*]}, and from a folder only *.cfg"
  return 1
}

# haproxy_sudoers: prints the line for sudoers that allows this user to check, test and reload.
haproxy_sudoers() {
  local reload
  reload="$(type -P kill) -USR2 *"
  [[ ! -d /run/systemd/system ]] || reload="$(type -P systemctl) reload haproxy"
  printf '%s ALL=(root) NOPASSWD: %s -c *, %s, %s\n' "$(id -un)" "$(type -P haproxy)" "$(type -P ls)" "$reload"
}

# haproxy_find_master: sets `haproxy_master`. If it fails, sets `why`.
haproxy_find_master() {
  haproxy_master=''
  { read -r haproxy_master <"$haproxy_pid"; } 2>/dev/null
  if [[ $haproxy_master =~ ^[0-9]+$ && $(pid_command "$haproxy_master") == *haproxy* ]]; then
    return 0
  fi
  why="HAProxy does not run: $haproxy_pid names no process of it; start it"
  return 1
}

# haproxy_read_generation: sets `generation`. If it fails, sets `why`.
haproxy_read_generation() {
  local pid start
  local -a children
  haproxy_find_master || return
  start=$(process_start_time "$haproxy_master") || {
    why='HAProxy ended just now'
    return 1
  }
  generation=("$haproxy_master:$start")
  pid_children "$haproxy_master"
  for pid in ${children[@]+"${children[@]}"}; do
    if haproxy_listens "$pid" && start=$(process_start_time "$pid"); then
      generation+=("$pid:$start")
    fi
  done
}

# haproxy_listens PID: one of its sockets is in state LISTEN (0A). `ls` fails if a connection ends while it runs, which
# happens under load. The lines that it has printed are used all the same.
haproxy_listens() {
  {
    ${sudo[@]+"${sudo[@]}"} ls -l "/proc/$1/fd" 2>/dev/null
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
  } | awk '
    /socket:\[/ { sub(/.*socket:\[/, ""); sub(/\].*/, ""); mine[$0] = 1 }
    $4 == "0A" && ($10 in mine) { found = 1 }
    END { exit !found }'
}

# haproxy_judge: a newer generation is in force. If not, sets `why`. At a reload the master executes itself again, but
# keeps its pid.
haproxy_judge() {
  local worker
  haproxy_read_generation || return 1
  if [[ ${generation[0]} != "${before[0]}" ]]; then
    why='HAProxy was restarted meanwhile'
    return 1
  elif ((${#generation[@]} == 1)); then
    why='no worker of HAProxy listens'
    return 1
  fi
  for worker in "${generation[@]:1}"; do
    if [[ " ${before[*]} " == *" $worker "* ]]; then
      why="worker ${worker%:*} of HAProxy still uses the configuration from before the reload (its log tells why: often a port that is taken)"
      return 1
    fi
  done
}
