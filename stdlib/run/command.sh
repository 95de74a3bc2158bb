# ---- run command: a program that a process manager keeps --------------------------------------------
#
# The identity is `kept` and the line that the `identity` command printed after the start. It is `starting` if the
# script ended before that.

# command_preflight: Fails if a program of the commands is not found in the PATH that they get.
command_preflight() {
  local account one
  local -a environment
  find_account "$EUID" || return
  command_make_environment
  # If PATH depends on inputs or on the slot, the programs are looked for only when they run.
  [[ " ${command_env[*]-} " != *' PATH='* ]] || return 0
  for one in "${command_start[0]}" "${command_stop[0]}" "${command_alive[0]}" "${command_logs[0]-}" "${command_identity[0]-}"; do
    [[ -z $one ]] || find_program "$one" || return
  done
}

command_stage() {
  return 0
}

command_start() {
  local said
  save_identity starting || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  if ! command_run "$release/log.$service" "${command_start[@]}"; then
    printf '%s\n' "${command_start[0]} failed: $(tail -n 1 "$release/log.$service")"
    return 1
  fi
  said=$(command_ask_identity) || {
    printf '%s\n' "${command_identity[0]} failed after the start: $said"
    return 1
  }
  save_identity "kept $said"
}

command_alive() {
  local identity said
  if ! load_identity; then
    printf '%s\n' 'was never started'
    return 1
  fi
  command_can_run "$release/answer.$service" || return 2
  if ! command_run "$release/answer.$service" "${command_alive[@]}"; then
    said=$(tail -n 1 "$release/answer.$service")
    printf '%s\n' "does not run${said:+: $said}"
    return 1
  fi
}

# command_can_run OUTPUT: Fails if no command could be run now. Then its exit code would say nothing about the program.
command_can_run() {
  local account
  find_account "$EUID" || return
  { : >"$1"; } 2>/dev/null || {
    printf '%s\n' "cannot write $1: is the disk full?"
    return 1
  }
}

# command_is_gone: Succeeds if the program does not run. Fails also if this cannot be found out.
command_is_gone() {
  command_alive >/dev/null
  (($? == 1))
}

command_adopt() {
  local said
  if ! save_identity starting; then
    printf '%s\n' "cannot write to $release: is the disk full?"
  elif ! command_alive; then
    : # it has printed the reason
  elif ! said=$(command_ask_identity); then
    printf '%s\n' "${command_identity[0]} failed: $said"
  elif ! save_identity "kept $said"; then
    printf '%s\n' "cannot write to $release: is the disk full?"
  else
    return 0
  fi
  rm -f "$release/identity.$service"
  return 1
}

# command_listens: The owner of the port can be compared only if the identity is a pid.
command_listens() {
  local identity inode pid owner stranger='' ours=no
  load_identity || return 3
  pid=$(command_ask_identity) || pid=''
  if [[ ! $pid =~ ^[0-9]+$ ]]; then
    printf '%s\n' 'the identity is not a pid'
    return 3
  fi
  port_listens "$port" || {
    printf '%s\n' "no process listens on port $port"
    return 1
  }
  for inode in ${listening[@]+"${listening[@]}"}; do
    for owner in $(socket_owners "$inode"); do
      if pid_descends "$owner" "$pid"; then
        ours=yes
      else
        stranger=$owner
      fi
    done
  done
  if [[ -n $stranger ]]; then
    printf '%s\n' "port $port belongs to process $stranger ($(pid_command "$stranger")), which is not the one that was started"
    return 2
  elif [[ $ours == no ]]; then
    printf '%s\n' "cannot see who listens on port $port without root"
    return 3
  fi
  printf '%s\n' "pid $pid"
}

command_enter() {
  command_environment
  cd -- "$command_directory" && exec "$@"
}

command_stop() {
  local identity said until step=20
  load_identity || return 0
  ! command_is_gone || return 0
  command_can_run "$release/answer.$service" || return
  said=$(command_ask_identity) || said=''
  if [[ $identity != starting && "kept $said" != "$identity" ]]; then
    printf '%s\n' "$service of $color was started again by somebody else (its identity was${identity#kept}, now it is $said), so this script does not stop it"
    return 1
  fi
  if ! command_run "$release/answer.$service" "${command_stop[@]}"; then
    ! command_is_gone || return 0
    printf '%s\n' "${command_stop[0]} failed: $(tail -n 1 "$release/answer.$service")"
    return 1
  fi
  now
  until=$((now_ms + stop_within))
  while ! command_is_gone; do
    now
    if ((now_ms >= until)); then
      printf '%s\n' "still runs $((stop_within / 1000))s after ${command_stop[0]}"
      return 1
    fi
    pause "$step" || return 1
    ((step >= 200)) || step=$((step * 2))
  done
}

command_clear() {
  return 0
}

command_logs() {
  if ((${#command_logs[@]})); then
    command_run "$release/answer.$service" "${command_logs[@]}"
    tail -n "$1" "$release/answer.$service"
  elif [[ -f $release/log.$service ]]; then
    tail -n "$1" "$release/log.$service"
  fi
}

# command_persist: Does nothing, because the process manager decides whether the program starts after a reboot.
command_persist() {
  return 0
}

# command_ask_identity: Prints the current identity, one line. Without the setting `identity` prints nothing.
command_ask_identity() {
  ((${#command_identity[@]})) || return 0
  command_run "$release/answer.$service" "${command_identity[@]}" || {
    tail -n 1 "$release/answer.$service"
    return 1
  }
  head -n 1 "$release/answer.$service"
}

# command_run OUTPUT COMMAND…: Runs the command with its output in the file OUTPUT. With a pipe, a process that the
# command leaves running would keep the pipe open, and the script would wait for it.
command_run() {
  local output=$1
  shift
  (
    umask 077
    exec >"$output" 2>&1 || exit
    close_descriptors
    default_signals
    umask 022
    command_environment
    cd -- "$command_directory" && exec "$@"
  )
}

# command_make_environment: Sets `environment` for the commands.
command_make_environment() {
  fixed_environment
  environment+=(${command_env[@]+"${command_env[@]}"})
}

# command_environment: Exports what the commands get, and nothing else. The caller's variables would come by accident: at
# the next boot `resume` has others.
command_environment() {
  local account entry
  local -a environment
  find_account "$EUID" || exit
  command_make_environment
  for entry in $(compgen -e); do
    unset "$entry" 2>/dev/null || :
  done
  for entry in "${environment[@]}"; do
    export "${entry?}"
  done
}
