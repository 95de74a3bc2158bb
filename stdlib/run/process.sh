# ---- run process: a program that stays in the foreground ----------------------------------------
#
# The identity is `unit NAME INVOCATION` under systemd, otherwise `pid PID START BOOT`. The program and its children
# have DEPLOYC_RUN in their environment. By this mark the script recognises a child that has left the program's session.
# Below, `invocation_or_start` is the third word of the identity.

# process_preflight: Fails if the program's user does not exist, if the script cannot become this user, or if the
# program is not found.
process_preflight() {
  local account
  local -a become environment
  find_account "${process_user:-$EUID}" && process_find_become || return
  process_make_environment
  # If the command or PATH depends on inputs or on the slot, the program is looked for only at the start.
  [[ -z ${process_command[0]-} || " ${process_env[*]-}" == *' PATH='* ]] || find_program "${process_command[0]}"
}

# process_stage: Makes the program's user the owner of the slot. It does not matter which user has staged the files. If
# services have different users, the slot belongs to the first one, and the others can read it.
process_stage() {
  local account user group _
  ((EUID == 0)) || return 0
  find_account "${process_user:-$EUID}" || return
  IFS=: read -r _ _ user group _ <<<"$account"
  if [[ ! -f $release/slot-user ]]; then
    printf '%s\n' "$user" >"$release/slot-user" && chown -hR "$user:$group" "$slot"
  elif [[ $(<"$release/slot-user") != "$user" ]]; then
    chmod -R o+rX "$slot"
  fi
}

process_start() {
  local keeper account
  local -a environment
  if [[ ! -d $process_directory ]]; then
    printf '%s\n' "the folder $process_directory, in which ${process_command[0]} is to start, does not exist"
    return 1
  fi
  find_account "${process_user:-$EUID}" || return
  process_make_environment
  find_program "${process_command[0]}" || return
  process_choose_keeper
  rm -f "$release/exit.$service"
  "process_start_in_$keeper"
}

process_alive() {
  local identity kind name invocation_or_start boot
  if ! load_identity; then
    printf '%s\n' 'was never started'
    return 1
  fi
  read -r kind name invocation_or_start boot <<<"$identity"
  case $kind in
    pid | unit) "process_alive_$kind" "$name" "$invocation_or_start" "$boot" ;;
    *)
      printf '%s\n' "$release/identity.$service has an unknown format: was it edited by hand?"
      return 2
      ;;
  esac
}

# process_adopt: Saves the identity of the process that listens on the port as the identity of the release's program.
# Fails if something else keeps the process running.
process_adopt() {
  local inode pid='' owner boot start others
  if [[ -z $port ]]; then
    printf '%s\n' 'the service has no port, so its process cannot be found'
    return 1
  fi
  port_listens "$port" || :
  for inode in ${listening[@]+"${listening[@]}"}; do
    for owner in $(socket_owners "$inode"); do
      # If a program and its children share the socket, take the program.
      if [[ -z $pid ]] || pid_descends "$pid" "$owner"; then
        pid=$owner
      fi
    done
  done
  if [[ -z $pid ]] || ! start=$(process_start_time "$pid"); then
    printf '%s\n' "cannot see which process listens on port $port"
    return 1
  fi
  process_print_keeper "$pid" && return 1
  others=$(process_other_ports "$pid")
  if [[ -n $others ]]; then
    printf '%s\n' "process $pid ($(pid_command "$pid")) listens on port $others too, and may serve more than this app"
    return 1
  fi
  read_boot
  save_identity "pid $pid $start $boot"
}

# process_print_keeper PID: Prints what keeps the process running and would start it again. Fails if no such keeper is
# found.
process_print_keeper() {
  local group unit main cure='after the next deployment'
  if (($1 == 1)); then
    printf '%s\n' "the host's init itself listens on port $port (a socket unit of systemd?)"
    return 0
  fi
  group=$(<"/proc/$1/cgroup") || {
    printf '%s\n' "$(id -un) cannot see what keeps process $1 ($(pid_command "$1"))"
    return 0
  }
  unit=$(grep -om 1 '[^/]*\.service$' <<<"$group")
  if [[ -n $unit && $group == */user@* ]]; then
    printf '%s\n' "process $1 ($(pid_command "$1")) is kept running by the user unit $unit: $cure, run \`systemctl --user disable --now $unit\`"
  elif [[ -n $unit ]] && main=$(systemctl show --property=MainPID "$unit" 2>/dev/null) && main=${main#MainPID=} && ((main > 1)) && pid_descends "$1" "$main"; then
    printf '%s\n' "process $1 ($(pid_command "$1")) is kept running by the systemd unit $unit: $cure, run \`systemctl disable --now $unit\`"
  elif [[ $group =~ docker|containerd|libpod|kubepods && $group != "$(<"/proc/$$/cgroup")" || $(pid_command "$1") == *docker-proxy* ]]; then
    printf '%s\n' "a container listens on port $port: $cure, stop it with \`docker stop\`"
  else
    return 1
  fi
}

# process_other_ports PID: Prints another port on which the process listens, if there is one.
process_other_ports() {
  local tables
  net_tables
  # shellcheck disable=SC2012 # the names are numbers
  ls -ln "/proc/$1/fd" 2>/dev/null | LC_ALL=C awk -v port="$(printf ':%04X' "$port")" "$net_awk"'
    FILENAME == "-" { if (match($NF, /^socket:\[[0-9]+\]$/)) held[substr($NF, 9, length($NF) - 9)] = 1; next }
    $4 == "0A" && ($10 in held) && substr($2, length($2) - 4) != port { print number_of(substr($2, length($2) - 3)); exit }
  ' - ${tables[@]+"${tables[@]}"}
}

process_listens() {
  local identity inode pid kind name stranger='' ours=no _
  load_identity || return 3
  read -r kind name _ <<<"$identity"
  port_listens "$port" || {
    printf '%s\n' "no process listens on port $port"
    return 1
  }
  for inode in ${listening[@]+"${listening[@]}"}; do
    # Usually the program itself holds the socket. Then the search in all other processes is not needed.
    if [[ $kind == pid && $(ls -ln "/proc/$name/fd" 2>/dev/null) == *"socket:[$inode]"* ]]; then
      ours=yes
      continue
    fi
    for pid in $(socket_owners "$inode"); do
      if process_owns "$pid"; then
        ours=yes
      else
        stranger=$pid
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
}

process_enter() {
  local account inner
  local -a environment become
  find_account "${process_user:-$EUID}" && process_find_become || return
  process_make_environment
  exec 3>/dev/null 4< <(process_print_command "$@")
  inner="$(declare -f process_become_program process_become_command)"$'\n''process_become_program "$@"'
  exec "${become[@]}" -c "$inner" deployc - "$process_directory" -
}

process_stop() {
  local identity kind name invocation_or_start boot
  load_identity || return 0
  read -r kind name invocation_or_start boot <<<"$identity"
  case $kind in
    pid | unit) "process_stop_$kind" "$name" "$invocation_or_start" "$boot" ;;
    *)
      printf '%s\n' "$release/identity.$service has an unknown format (was it edited by hand?): end the program by hand"
      return 1
      ;;
  esac
}

process_clear() {
  local identity kind name _
  load_identity || return 0
  read -r kind name _ <<<"$identity"
  [[ $kind != unit ]] || systemctl reset-failed "$name.service" 2>/dev/null || :
}

process_logs() {
  local identity kind name invocation _ log=$release/log.$service
  load_identity || :
  read -r kind name invocation _ <<<"$identity"
  if [[ $kind == unit ]]; then
    # The last output of a program that has ended may not be in the journal yet.
    journalctl --sync 2>/dev/null || :
    journalctl --quiet --no-pager --output=cat --lines="$1" "_SYSTEMD_INVOCATION_ID=$invocation" 2>/dev/null
  elif [[ -f $log.1 ]]; then
    cat "$log.1" "$log" 2>/dev/null | tail -n "$1"
  elif [[ -f $log ]]; then
    tail -n "$1" "$log"
  fi
}

# process_persist: Does nothing, because neither a session nor a transient unit survives a boot. After a boot `resume`
# starts the live color.
process_persist() {
  return 0
}

# process_choose_keeper: Sets `keeper`. `auto` uses systemd only from version 240 on, because an older systemd does not
# report that a program could not be started.
process_choose_keeper() {
  local version
  keeper=$process_keeper
  [[ $keeper == auto ]] || return 0
  keeper=session
  ((EUID == 0)) && [[ -d /run/systemd/system ]] && version=$(systemctl --version 2>/dev/null) || return 0
  [[ $version =~ ^systemd\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 240)) && keeper=systemd
  return 0
}

# process_make_environment: Sets `environment` for the program.
process_make_environment() {
  fixed_environment
  environment+=(${process_env[@]+"${process_env[@]}"} "DEPLOYC_RUN=$release/$service/")
}

# process_owns PID: Succeeds if the process belongs to the program that `identity` names.
process_owns() {
  local kind name _ stat_state stat_parent stat_session stat_start
  read -r kind name _ <<<"$identity"
  if [[ $kind == unit ]]; then
    grep -qs "/$name\.service\(/\|\$\)" "/proc/$1/cgroup"
  else
    pid_stat "$1" || return 1
    [[ $stat_session == "$name" ]] || pid_descends "$1" "$name"
  fi
}

# process_is_marked PID: Succeeds if this release's service has started the process. This finds also a process that has
# left the session since.
process_is_marked() {
  local text=''
  # `read` drops the NULs between the entries.
  { IFS= read -r -N 4000000 text <"/proc/$1/environ"; } 2>/dev/null
  [[ $text == *"DEPLOYC_RUN=$release/$service/"* ]]
}
