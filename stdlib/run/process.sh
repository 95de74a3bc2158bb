# ---- run process: a program that stays in the foreground ----------------------------------------
#
# The identity is `unit NAME INVOCATION` under systemd, otherwise `pid PID START BOOT`. The program and its children
# have DEPLOYC_RUN in their environment. By this mark the script recognises a child that has left the program's session.

# process_preflight: its user is there, and may be taken on.
process_preflight() {
  local account
  local -a become environment
  process_find_account && process_find_become || return
  process_make_environment
  # Where inputs or the slot decide what is started, only the start can tell.
  [[ -z ${process_command[0]-} || " ${process_env[*]-}" == *' PATH='* ]] || process_find_program
}

# What every program finds in its environment, whoever called the script: by hand, from CI, at boot.
process_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# process_stage: the slot is its user's, whoever has staged it; another user's service can read it.
process_stage() {
  local account user group _
  ((EUID == 0)) || return 0
  process_find_account || return
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
  process_find_account || return
  process_make_environment
  process_find_program || return
  process_choose_keeper
  rm -f "$release/exit.$service"
  "process_start_in_$keeper"
}

process_alive() {
  local identity kind name mark boot
  if ! load_identity; then
    printf '%s\n' 'was never started'
    return 1
  fi
  read -r kind name mark boot <<<"$identity"
  case $kind in
    pid | unit) "process_alive_$kind" "$name" "$mark" "$boot" ;;
    *)
      printf '%s\n' "$release/identity.$service says what no script of ours writes"
      return 2
      ;;
  esac
}

# process_adopt: the process that listens on the port becomes the release's program, unless something else keeps it
# running.
process_adopt() {
  local inode pid='' owner boot start others
  if [[ -z $port ]]; then
    printf '%s\n' 'without a port nobody can tell which process it is'
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
  process_tell_keeper "$pid" && return 1
  others=$(process_other_ports "$pid")
  if [[ -n $others ]]; then
    printf '%s\n' "process $pid ($(pid_command "$pid")) listens on port $others too, and may serve more than this app"
    return 1
  fi
  read_boot
  save_identity "pid $pid $start $boot"
}

# process_tell_keeper PID: prints what keeps the process running and would start it again. Fails if nothing is known.
process_tell_keeper() {
  local group unit main cure='after the next deployment'
  if (($1 == 1)); then
    printf '%s\n' "the host's init itself listens on port $port (a socket of systemd's?)"
    return 0
  fi
  group=$(<"/proc/$1/cgroup") || {
    printf '%s\n' "$(id -un) cannot see who keeps process $1 ($(pid_command "$1"))"
    return 0
  }
  unit=$(grep -om 1 '[^/]*\.service$' <<<"$group")
  if [[ -n $unit && $group == */user@* ]]; then
    printf '%s\n' "process $1 ($(pid_command "$1")) is kept by a user's $unit: $cure, \`systemctl --user disable --now $unit\`"
  elif [[ -n $unit ]] && main=$(systemctl show --property=MainPID "$unit" 2>/dev/null) && main=${main#MainPID=} && ((main > 1)) && pid_descends "$1" "$main"; then
    printf '%s\n' "process $1 ($(pid_command "$1")) is kept by $unit of systemd: $cure, \`systemctl disable --now $unit\`"
  elif [[ $group =~ docker|containerd|libpod|kubepods && $group != "$(<"/proc/$$/cgroup")" || $(pid_command "$1") == *docker-proxy* ]]; then
    printf '%s\n' "port $port is a container's: $cure, \`docker stop\` it"
  else
    return 1
  fi
}

# process_other_ports PID: prints another port on which the process listens, if there is one.
process_other_ports() {
  local tables
  net_tables
  # shellcheck disable=SC2012 # the names are numbers
  ls -ln "/proc/$1/fd" 2>/dev/null | LC_ALL=C awk -v port="$(printf ':%04X' "$port")" "$net_awk"'
    FILENAME == "-" { if (match($NF, /^socket:\[[0-9]+\]$/)) held[substr($NF, 9, length($NF) - 9)] = 1; next }
    $4 == "0A" && ($10 in held) && substr($2, length($2) - 4) != port { print number_of(substr($2, length($2) - 3)); exit }
  ' - ${tables[@]+"${tables[@]}"}
}

process_identity() {
  local identity kind name _
  load_identity || return
  read -r kind name _ <<<"$identity"
  printf '%s\n' "$kind $name"
}

process_listens() {
  local identity inode pid kind name stranger='' ours=no _
  load_identity || return 3
  read -r kind name _ <<<"$identity"
  port_listens "$port" || {
    printf '%s\n' "nobody listens on port $port"
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
  process_identity
}

process_enter() {
  local account inner
  local -a environment become
  process_find_account && process_find_become || return
  process_make_environment
  exec 3>/dev/null 4< <(process_tell "$@")
  inner="$(declare -f process_become_program process_become_told)"$'\n''process_become_program "$@"'
  exec "${become[@]}" -c "$inner" deployc - "$process_directory" -
}

process_stop() {
  local identity kind name mark boot
  load_identity || return 0
  read -r kind name mark boot <<<"$identity"
  case $kind in
    pid | unit) "process_stop_$kind" "$name" "$mark" "$boot" ;;
    *)
      printf '%s\n' "$release/identity.$service says what no script of ours writes: end the program by hand"
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
  local identity kind name mark _ log=$release/log.$service
  load_identity || :
  read -r kind name mark _ <<<"$identity"
  if [[ $kind == unit ]]; then
    # The last output of a program that has ended may not be in the journal yet.
    journalctl --sync 2>/dev/null || :
    journalctl --quiet --no-pager --output=cat --lines="$1" "_SYSTEMD_INVOCATION_ID=$mark" 2>/dev/null
  elif [[ -f $log.1 ]]; then
    cat "$log.1" "$log" 2>/dev/null | tail -n "$1"
  elif [[ -f $log ]]; then
    tail -n "$1" "$log"
  fi
}

# Nothing to do: the host does not know the program; after a boot `resume` starts the live color.
process_persist() {
  return 0
}

# process_choose_keeper: sets `keeper`. Before version 240 systemd does not report that a program could not be started.
process_choose_keeper() {
  local version
  keeper=$process_keeper
  [[ $keeper == auto ]] || return 0
  keeper=session
  ((EUID == 0)) && [[ -d /run/systemd/system ]] && version=$(systemctl --version 2>/dev/null) || return 0
  [[ $version =~ ^systemd\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 240)) && keeper=systemd
  return 0
}

# process_find_account: sets `account`, the user's line of passwd.
process_find_account() {
  local user password uid rest name=${process_user:-$EUID}
  # Most are in the file, and to read that starts no process. A directory of accounts is asked for the others.
  while IFS=: read -r user password uid rest; do
    account=$user:$password:$uid:$rest
    [[ $user != "$name" && $uid != "$name" ]] || return 0
  done 2>/dev/null </etc/passwd
  account=$(getent passwd "$name" 2>/dev/null)
  if [[ -z $account ]]; then
    printf '%s\n' "there is no user $name on this host"
    return 1
  fi
}

# process_make_environment: sets `environment`. The app gets no variable from the environment of the script's caller.
process_make_environment() {
  local name user home shell _
  IFS=: read -r user _ _ _ _ home shell <<<"$account"
  environment=("PATH=$process_path" "HOME=$home" "USER=$user" "LOGNAME=$user" "SHELL=${shell:-/bin/sh}" LANG=C.UTF-8)
  for name in ${input_names[@]+"${input_names[@]}"}; do
    environment+=("$name=${input[$name]}")
  done
  [[ -z $port ]] || environment+=("PORT=$port")
  environment+=("COLOR=$color" "DEPLOY_COLOR=$color" ${process_env[@]+"${process_env[@]}"} "DEPLOYC_RUN=$release/$service/")
}

# process_find_program: a name without a `/` is in the PATH that the program gets. That it is in the caller's, too, is no use at the next boot.
process_find_program() {
  local path entry here
  [[ ${process_command[0]} != */* ]] || return 0
  for entry in "${environment[@]}"; do
    [[ $entry != PATH=* ]] || path=${entry#PATH=}
  done
  ! PATH=$path type -P -- "${process_command[0]}" >/dev/null || return 0
  here=$(type -P -- "${process_command[0]}")
  printf '%s\n' "${process_command[0]} is not in the PATH that programs get ($path): name it by its absolute path${here:+ (here $here)}, or set env { PATH = \"…\" }"
  return 1
}

# process_owns PID: the process belongs to the program that `identity` names.
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

# process_is_marked PID: this release's service has started the process, even if it has left the session since.
process_is_marked() {
  local text=''
  # `read` drops the NULs.
  { IFS= read -r -N 4000000 text <"/proc/$1/environ"; } 2>/dev/null
  [[ $text == *"DEPLOYC_RUN=$release/$service/"* ]]
}

# ---- as a transient unit of systemd -------------------------------------------------------------

process_start_in_systemd() {
  local unit=deployc-$app-$color-$service-${release##*/} file=$release/told.$service why mark text
  local unit_state unit_mark unit_code unit_signalled
  local -a options
  (umask 077 && process_tell "${process_command[@]}" 2>/dev/null >"$file") || {
    printf '%s\n' "cannot write $file: is the disk full?"
    return 1
  }
  options=(--quiet --unit="$unit" --description="$app $color $service" --service-type=exec
    --property=KillMode=mixed --property=KillSignal="SIG$process_signal" --property=TimeoutStopSec="${stop_within}ms"
    '--property=SuccessExitStatus=130 131 143' --property=WorkingDirectory="$process_directory"
    --property=StandardInput="file:$file")
  [[ -z $process_user ]] || options+=(--uid="$process_user")
  [[ -z $process_open_files ]] || options+=(--property=LimitNOFILE="$process_open_files")
  systemctl reset-failed "$unit.service" 2>/dev/null || :
  # systemd would change some values in arguments, so a shell reads them from the file and is then replaced by the
  # program. systemd expands $ in the shell's text, so each $ is written as $$.
  text="$(declare -f process_become_told)"$'\n''exec 4<&0 </dev/null; process_become_told'
  # Save the unit's name before the start: if the script is killed now, the unit is known to belong to this release.
  save_identity "unit $unit -" || {
    printf '%s\n' "cannot write to $release: is the disk full?"
    return 1
  }
  if ! why=$(systemd-run "${options[@]}" -- "$BASH" -c "${text//\$/\$\$}" deployc 2>&1); then
    rm -f "$file"
    why=${why//$'\n'/; }
    process_unit_state "$unit"
    # The program was started and ended before systemd reported the start. `alive` will say how it ended. Codes from 200
    # on are from systemd itself, which means that the program was not started.
    if [[ -z $why && -n $unit_mark && $unit_code =~ ^[0-9]+$ ]] && ((unit_code < 200)); then
      save_identity "unit $unit $unit_mark"
      return
    fi
    printf '%s\n' "systemd did not start ${process_command[0]}: ${why:-it ended with code ${unit_code:-?} before the program began}"
    return 1
  fi
  rm -f "$file"
  mark=$(systemctl show --property=InvocationID "$unit.service")
  save_identity "unit $unit ${mark#*=}"
}

# process_unit_state UNIT: sets unit_state unit_mark unit_code unit_signalled.
process_unit_state() {
  local key value
  unit_state='' unit_mark='' unit_code='' unit_signalled=no
  while IFS='=' read -r key value; do
    case $key in
      ActiveState) unit_state=$value ;;
      InvocationID) unit_mark=$value ;;
      ExecMainStatus) unit_code=$value ;;
      # 2 and 3 are the kernel's CLD_KILLED and CLD_DUMPED.
      ExecMainCode) [[ $value != [23] ]] || unit_signalled=yes ;;
    esac
  done < <(systemctl show --property=ActiveState --property=InvocationID --property=ExecMainStatus --property=ExecMainCode "$1.service" 2>/dev/null)
}

process_alive_unit() {
  local unit_state unit_mark unit_code unit_signalled
  process_unit_state "$1"
  if [[ -z $unit_state ]]; then
    printf '%s\n' 'systemd does not answer'
    return 2
  fi
  # `-`: the script was killed before it saved the invocation. The unit's name contains the release, so the name is
  # enough.
  [[ $2 != - ]] || set -- "$1" "$unit_mark"
  case $unit_state:$unit_mark in
    "active:$2" | "activating:$2" | "reloading:$2" | "deactivating:$2") return 0 ;;
    *":$2")
      [[ $unit_signalled == no ]] || unit_code=$((unit_code + 128))
      process_say_exit "$unit_code"
      ;;
    # systemd forgets a unit that ended with success.
    *) process_say_exit 0 ;;
  esac
  return 1
}

# process_unit_is_gone UNIT MARK: fails if systemd does not answer, because then the unit may still run.
process_unit_is_gone() {
  process_alive_unit "$1" "$2" >/dev/null
  (($? == 1))
}

process_stop_unit() {
  local unit_state unit_mark unit_code unit_signalled why
  if process_unit_is_gone "$1" "$2"; then
    process_clear
    return 0
  fi
  why=$(systemctl stop "$1.service" 2>&1) || why=${why:-systemctl stop failed}
  if ! process_unit_is_gone "$1" "$2"; then
    systemctl kill --signal=KILL "$1.service" 2>/dev/null || :
    pause 200
    if ! process_unit_is_gone "$1" "$2"; then
      printf '%s\n' "unit $1 does not end: ${why//$'\n'/; }"
      return 1
    fi
  fi
  process_clear
}

# ---- in a session of its own --------------------------------------------------------------------

process_start_in_session() {
  local line='' boot told both gives takes pipe=$release/told.$service
  local -a become
  process_find_become || return
  printf '%s\n' "$(declare -f default_signals process_become_program process_become_told process_keep)" 'process_keep "$@"' 2>/dev/null >"$release/keeper" || {
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
  if ! IFS= read -r -t 10 -u "$told" line; then
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
  { process_tell "${process_command[@]}" >&"$gives"; } 2>/dev/null || {
    printf '%s\n' "${process_command[0]} ended before it was started: $(process_logs 1)"
    return 1
  }
  exec {gives}>&-
}

# process_find_become: sets `become`, the command of a bash that runs as the app's user.
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
  # BusyBox's setpriv knows no users.
  "${become[@]}" -c : 2>/dev/null || become=(su -m -s "$BASH" -- "$process_user")
}

# process_start_keeper DESCRIPTOR: becomes the keeper. The program's pid and start time are printed on its standard
# output. The program reads its command from DESCRIPTOR.
process_start_keeper() {
  exec 3>&1 4<&"$1" >/dev/null 2>&1 </dev/null
  close_descriptors 3 4
  default_signals
  cd / || exit
  exec env -i PATH="$PATH" setsid "$BASH" "$release/keeper" "$release/log.$service" "$process_log_limit" "$release/exit.$service" \
    "$process_directory" "${process_open_files:--}" "${become[@]}"
}

# process_keep LOG BYTES EXIT FOLDER FILES BECOME…: the keeper, the program's parent. It writes the program's log and
# saves its exit code. LOG and LOG.1 together never exceed BYTES. The keeper has a session of its own, so that a signal
# to the program's session does not end it before the program.
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
  inner="$(declare -f process_become_program process_become_told)"$'\n''process_become_program "$@"'
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
        # The release's folder is gone. Read on, because otherwise the program would block or die when it writes.
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

# process_become_program TEXT FOLDER FILES: runs as the app's user. It first calls itself (TEXT) once more in a session
# of its own. Then it prints its pid and start time on descriptor 3; the program keeps both, because it replaces this
# shell.
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
  process_become_told
}

# process_tell WORD…: prints the input of `process_become_told`: the environment, an empty entry, the number of words,
# the words.
process_tell() {
  printf '%s\0' "${environment[@]}" '' "$#" "$@"
}

# process_become_told: reads a command and its environment from descriptor 4 and becomes this program, with no other
# variable in its environment. If the input is incomplete, the script has ended in between and has not saved the
# identity: then the program must not run.
process_become_told() {
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
        printf '%s\n' "left the foreground: process $pid ($(pid_command "$pid")), which it started, listens on port $port; start it without its daemon option, or say how it starts and stops with \`run command\`"
        return 1
      done
    done
  fi
  process_say_exit "$code"
  return 1
}

# process_say_exit CODE: without a code the keeper still reads the log, because another process holds it open.
process_say_exit() {
  local cure="it must stay in the foreground: start it without its daemon option, or say how it starts and stops with \`run command\`"
  if [[ ! $1 =~ ^[0-9]+$ ]]; then
    printf '%s\n' "exited and left something running; $cure"
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
    printf '%s\n' "$release/identity.$service says neither pid nor start time: was it changed by hand?"
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
      printf '%s\n' "process ${remains[0]} ($(pid_command "${remains[0]}")) does not end, not even by KILL"
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

# process_find_remains PID START SEEN: sets `remains`, the processes of the program that still run: the program, its
# session, and its children in other sessions. The number of a session may be reused. So a process of that session
# counts only if the program was just seen (SEEN), or if the process has the mark. The script itself may be a child of
# the program; it is left out.
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
