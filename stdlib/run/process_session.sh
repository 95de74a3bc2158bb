# ---- run process, kept in a session of its own ---------------------------------------------------

process_start_in_session() {
  local line='' boot told both gives takes starter='' pipe=$release/told.$service
  local -a become
  process_find_become || return
  printf '%s\n' "$(declare -f default_signals process_become_program process_become_command process_keep)" 'process_keep "$@"' 2>/dev/null >"$release/keeper" || {
    printf '%s\n' "cannot write $release/keeper: is the disk full?"
    return 1
  }
  [[ ! -e $pipe ]] || rm -f "$pipe"
  # Opening one end of a pipe waits for the other end, so the pipe is first opened for both.
  if ! { mkfifo -m 600 "$pipe" && exec {both}<>"$pipe" && exec {gives}>"$pipe" && exec {takes}<"$pipe"; } 2>/dev/null; then
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  fi
  exec {both}>&-
  rm -f "$pipe"
  exec {told}< <(process_start_keeper "$takes")
  exec {takes}<&-
  if ! { IFS= read -r -t 4 -u "$told" starter && IFS= read -r -t 8 -u "$told" line; }; then
    [[ -z $starter ]] || end_tree "$starter"
    printf '%s\n' "${process_command[0]} was not started: $(process_logs 1)"
    return 1
  fi
  read_boot
  # The program waits for its command on the pipe. It gets the command only after its identity is saved. If this script
  # ends before that, the program ends too, so no unknown program is left running.
  save_identity "pid $line $boot" || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  trap '' PIPE
  { process_print_command "${process_command[@]}" >&"$gives"; } 2>/dev/null || {
    printf '%s\n' "${process_command[0]} ended before it was started: $(process_logs 1)"
    return 1
  }
  exec {gives}>&-
}

# process_find_become: Sets `become`, the command of a bash that runs as the program's user. Fails if this needs root.
process_find_become() {
  local uid gid groups _
  become=("$BASH")
  [[ -n $process_user ]] || return 0
  IFS=: read -r _ _ uid gid _ <<<"$account"
  ((uid != EUID)) || return 0
  if ((EUID != 0)); then
    printf '%s\n' "only root can start ${process_command[0]-a program} as $process_user; this is $(id -un)"
    return 1
  fi
  groups=$(id -G "$process_user")
  become=(setpriv --reuid="$uid" --regid="$gid" --groups="${groups// /,}" -- "$BASH")
  # BusyBox's setpriv has no options for users, so `su` is used.
  "${become[@]}" -c : 2>/dev/null || become=(su -m -s "$BASH" -- "$process_user")
}

# process_start_keeper DESCRIPTOR: Replaces this subshell by the keeper. Prints its own pid on this shell's standard
# output; after that the keeper prints the program's pid and start time. The program reads its command from DESCRIPTOR.
process_start_keeper() {
  printf '%s\n' "$BASHPID"
  exec 3>&1 4<&"$1" >/dev/null 2>&1 </dev/null
  close_descriptors 3 4
  default_signals
  fixed_limits
  cd / || exit
  exec env -i PATH="$PATH" setsid "$BASH" "$release/keeper" "$release/log.$service" "$process_log_limit" "$release/exit.$service" \
    "$process_directory" "${process_open_files:--}" "${become[@]}"
}

# fixed_limits: Sets the limits of this process and its children, so that they do not depend on the caller. What a child
# may do is what the host allows at most. No program needs more than 524288 open files, and some go through all of them.
# Only root can undo a caller's `nice`. systemd sets the limits of its units itself.
fixed_limits() {
  local limit files
  ulimit -S -c 0
  for limit in d f m t u v; do
    ulimit -S "-$limit" "$(ulimit -H "-$limit")"
  done
  ulimit -S -s 8192
  files=$(ulimit -H -n)
  [[ $files != unlimited ]] && ((files <= 524288)) || files=524288
  ulimit -S -n "$files"
  renice 0 -p "$BASHPID"
  printf '0\n' >/proc/self/oom_score_adj
} 2>/dev/null >&2

# process_keep LOG BYTES EXIT FOLDER FILES BECOME…: Runs as the keeper, the parent of the program. It writes the
# program's log to LOG and saves the exit code in EXIT. LOG and LOG.1 together never exceed BYTES. The keeper has a
# session of its own, so that a signal to the program's session does not end it before the program.
process_keep() {
  local log=$1 half=$(($2 / 2)) exit=$3 folder=$4 files=$5 inner count child said size code
  shift 5
  umask 077
  exec 2>>"$log"
  [[ ! -e $log.pipe ]] || rm -f "$log.pipe"
  mkfifo "$log.pipe" || exit
  exec 5<>"$log.pipe"
  exec 6<"$log.pipe"
  rm -f "$log.pipe"
  inner="$(declare -f process_become_program process_become_command)"$'\n''process_become_program "$@"'
  (
    default_signals
    exec "$@" -c "$inner" deployc "$inner" "$folder" "$files" >&5 2>&1 5>&- 6<&-
  ) &
  child=$!
  exec 3>&- 4<&- 5>&- 2>/dev/null
  trap '' HUP INT QUIT PIPE TERM
  count=$((half / 4096 / 4))
  count=$((count < 1 ? 1 : count > 256 ? 256 : count))
  # dd writes each block as soon as it has read it. The shell checks the size of the log after `count` reads.
  while :; do
    said=$(LC_ALL=C dd bs=4096 count="$count" <&6 2>&1 >>"$log")
    case $said in
      *'0+0 records in'*) break ;;
      *'records in'*) ;;
      *)
        # The release's folder is gone. Continue to read: otherwise the program would block or die when it writes.
        cat <&6 >/dev/null
        break
        ;;
    esac
    size=$(stat -c %s "$log" 2>/dev/null) || size=0
    ((size + count * 4096 <= half)) || mv -f "$log" "$log.1"
  done
  wait "$child"
  code=$?
  printf '%s\n' "$code" >"$exit.new" && mv -f "$exit.new" "$exit"
}

# process_become_program TEXT FOLDER FILES: Runs as the program's user. If it is not the leader of a session, it runs
# TEXT (this function) once more, in a session of its own. Then it prints its pid and start time on descriptor 3. The
# program keeps both, because it replaces this shell.
process_become_program() {
  local stat='' text=$1 folder=$2 files=$3
  local -a become_field
  IFS= read -r -d '' stat <"/proc/$$/stat"
  read -r -a become_field <<<"${stat##*) }"
  if [[ ${become_field[3]} != "$$" && $text != - ]]; then
    exec setsid "$BASH" -c "$text" deployc - "$folder" "$files"
  fi
  cd -- "$folder" || exit 126
  umask 022
  [[ $files == - ]] || ulimit -n "$files" || exit 126
  printf '%s %s\n' "$$" "${become_field[19]}" >&3
  exec 3>&-
  process_become_command
}

# process_print_command WORD…: Prints the input of `process_become_command`: the environment, an empty entry, the number
# of words, the words.
process_print_command() {
  printf '%s\0' "${environment[@]}" '' "$#" "$@"
}

# process_become_command: Reads an environment and a command from descriptor 4 and becomes this program, with no other
# variable in its environment. If the input is incomplete, the script ended before it saved the identity. Then the
# program must not run.
process_become_command() {
  local become_name='' become_entry='' become_count=''
  local -a become_environment=() become_words=()
  while IFS= read -r -d '' -u 4 become_entry && [[ -n $become_entry ]]; do
    become_environment+=("$become_entry")
  done
  IFS= read -r -d '' -u 4 become_count || exit 125
  while ((${#become_words[@]} < become_count)) && IFS= read -r -d '' -u 4 become_entry; do
    become_words+=("$become_entry")
  done
  ((${#become_words[@]} == become_count)) || exit 125
  exec 4<&-
  for become_name in $(compgen -e); do
    unset "$become_name" 2>/dev/null || :
  done
  for become_entry in ${become_environment[@]+"${become_environment[@]}"}; do
    # If a name is not valid for a variable, stop here: the program must not start without that variable.
    export "${become_entry?}" || exit 126
  done
  exec -- ${become_words[@]+"${become_words[@]}"}
}

process_alive_pid() {
  local boot inode pid code tries=0 value
  read_boot
  if [[ $boot != "$3" ]]; then
    printf '%s\n' 'ended with a reboot'
    return 1
  fi
  ! pid_is "$1" "$2" || return 0
  if meta adopted "$release"; then
    printf '%s\n' 'has ended'
    return 1
  fi
  # The keeper writes the exit code after it has read the program's last output.
  while [[ ! -f $release/exit.$service ]] && ((tries++ < 10)); do
    pause 20 || break
  done
  read -r code 2>/dev/null <"$release/exit.$service" || code=''
  if [[ -n $port ]] && port_listens "$port"; then
    for inode in ${listening[@]+"${listening[@]}"}; do
      for pid in $(socket_owners "$inode"); do
        process_is_marked "$pid" || continue
        printf '%s\n' "left the foreground: process $pid ($(pid_command "$pid")), which it started, listens on port $port; start it without its daemon option, or use \`run command\` to say how it starts and stops"
        return 1
      done
    done
  fi
  process_say_exit "$code"
  return 1
}

# process_say_exit CODE: Prints how the program ended. If CODE is empty, the keeper still reads the log, because another
# process holds the log's pipe open.
process_say_exit() {
  local cure="it must stay in the foreground: start it without its daemon option, or use \`run command\` to say how it starts and stops"
  if [[ ! $1 =~ ^[0-9]+$ ]]; then
    printf '%s\n' "exited but left a process running; $cure"
  elif (($1 == 0)); then
    printf '%s\n' "exited with code 0; $cure"
  elif (($1 > 128 && $1 < 193)); then
    printf '%s\n' "was ended by signal $(($1 - 128)) ($(kill -l $(($1 - 128)) 2>/dev/null))"
  else
    printf '%s\n' "exited with code $1"
  fi
}

process_stop_pid() {
  local boot until seen=no asked=no step=5
  local -a remains
  if [[ ! "$1 $2" =~ ^[0-9]+\ [0-9]+$ ]]; then
    printf '%s\n' "$release/identity.$service contains neither pid nor start time: was it edited by hand?"
    return 1
  fi
  read_boot
  # No process survives a reboot, and other processes may have its pids now.
  [[ $boot == "$3" ]] || return 0
  now
  until=$((now_ms + stop_within))
  if pid_is "$1" "$2"; then
    seen=yes
    kill -s "$process_signal" "$1" 2>/dev/null || :
    while pid_is "$1" "$2" && ((now_ms < until)); do
      pause "$step" || return 1
      ((step >= 20)) || step=$((step * 2))
      now
    done
  fi
  while :; do
    process_find_remains "$1" "$2" "$seen"
    ((${#remains[@]})) || return 0
    now
    if ((now_ms >= until + 5000)); then
      printf '%s\n' "process ${remains[0]} ($(pid_command "${remains[0]}")) does not end, not even after SIGKILL"
      return 1
    elif ((now_ms >= until)); then
      kill -KILL "${remains[@]}" 2>/dev/null || :
    elif [[ $asked == no ]]; then
      # Remaining children may have work to finish, too.
      asked=yes
      kill -TERM "${remains[@]}" 2>/dev/null || :
    fi
    pause 20 || return 1
  done
}

# process_find_remains PID START SEEN: Sets `remains` to the processes of the program that still run: the program, its
# session, and its children in other sessions. The number of a session may be reused. So a process of that session
# counts only if the program was just seen (SEEN is yes), or if the process has the mark. The script itself may be a
# child of the program; it is left out.
process_find_remains() {
  local file pid stat_state stat_parent stat_session stat_start
  remains=()
  for file in /proc/[0-9]*; do
    pid=${file#/proc/}
    if ! pid_stat "$pid" || [[ $stat_state == [ZXx] ]] || ((stat_start < $2)); then
      continue
    fi
    if [[ $pid == "$1" ]]; then
      [[ $stat_start != "$2" ]] || remains+=("$pid")
    elif [[ $stat_session == "$1" && $3 == yes ]] || process_is_marked "$pid"; then
      pid_descends "$BASHPID" "$pid" || pid_descends "$pid" "$$" || remains+=("$pid")
    fi
  done
}
