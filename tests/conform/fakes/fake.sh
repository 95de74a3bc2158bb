# ---- the world: a folder of files that the fake drivers, fake tools and steps share --------------
#
# runs/COLOR.SERVICE   a running service: the release that started it, its address or -, and `once` if exclusive
# boots/COLOR.SERVICE  exists if the service starts by itself after a reboot
# proxy.conf, force    the file that the proxy reads, and the configuration that is in force
# generation           how often the proxy has loaded a configuration
# drains               how often the proxy still answers that something drains
# sick, deaf           colors that run but are not healthy; colors that the proxy cannot reach
# refused              colors that do not answer through the proxy as expected
# foreign              exists if somebody else has written the proxy's file
# count, fault         the number of calls so far; HOW N: the fault of the N-th call
#
# The world is a folder beside $root. If a fake sees something that no script may do, it writes a line that begins with
# BROKEN into the log.

# fake_do KEY EFFECT ARG…: Is a call that changes something. If it must fail, its exit code is 2, or 10 after its work
# is done. Of a step of the script these codes would mean more than a failure, so no step may pass them on.
fake_do() { fake_answer 2 10 "$@"; }

# fake_ask KEY EFFECT ARG…: Is a question. If it must fail, its exit code is 3, because 1 would mean no.
fake_ask() { fake_answer 3 3 "$@"; }

# fake_answer FAILURE LATE KEY EFFECT ARG…: Logs the call and runs EFFECT. If the fault is for this call, also causes
# the fault. FAILURE is the exit code of a call that must fail, LATE that of a call that must fail after its work is
# done.
fake_answer() {
  local failure=$1 late=$2 key=$3 count=0 how='' at='' code
  shift 3
  { read -r count <"${root%/*}/world/count"; } 2>/dev/null
  count=$((count + 1))
  printf '%s\n' "$count" >"${root%/*}/world/count"
  fake_note "call $key"
  { read -r how at <"${root%/*}/world/fault"; } 2>/dev/null
  [[ $at == "$count" ]] || how=''
  [[ -z $how ]] || fake_note "fault $how"
  case $how in
    fail)
      printf '%s\n' "$key was made to fail"
      return "$failure"
      ;;
    kill) fake_kill ;;
    term) fake_signal TERM ;;
    hang)
      # Longer than the limit of each call.
      sleep 8
      fake_note "BROKEN $key hangs, and the script has not ended it"
      ;;
    lie) return 0 ;;
    foreign) fake_foreign ;;
  esac
  "$@"
  code=$?
  case $how in
    fail-late)
      printf '%s\n' "$key was made to fail after it was done"
      return "$late"
      ;;
    kill-late) fake_kill ;;
  esac
  return "$code"
}

# fake_note TEXT: Writes a line into the log of the running deployment.
fake_note() {
  local pid started running id
  { read -r pid started running id <"$root/.deployc/holder"; } 2>/dev/null || return 0
  printf 'fake %s\n' "$*" >>"$root/.deployc/log/${id//\//_}.log"
}

# fake_signal SIGNAL: Sends the signal to the running script.
fake_signal() {
  local pid
  read -r pid _ <"$root/.deployc/holder"
  kill "-$1" "$pid"
}

# fake_kill: Kills the running script and ends this process, which worked for it.
fake_kill() {
  fake_signal KILL
  exit 1
}

# fake_foreign: Writes and loads the proxy's file as somebody else would. Only a comment is different.
fake_foreign() {
  local text
  text=$(<"${root%/*}/world/proxy.conf")
  printf '# by hand\n%s\n' "${text#*$'\n'}" >"${root%/*}/world/proxy.conf"
  cp "${root%/*}/world/proxy.conf" "${root%/*}/world/force"
  : >"${root%/*}/world/foreign"
}

# ---- run fake --------------------------------------------------------------------------------------

fake_stage() { fake_do "$service stage" true; }
fake_start() { fake_do "$service start" fake_comes_up; }
fake_alive() { fake_ask "$service alive" fake_is_up; }
fake_listens() { fake_ask "$service listens" fake_is_up; }
fake_enter() { fake_do "$service enter" fake_is_up && "$@"; }
fake_stop() { fake_do "$service stop" fake_goes_down; }
fake_clear() { fake_do "$service clear" true; }
fake_logs() { fake_do "$service logs" printf 'nothing to tell\n'; }
fake_persist() { fake_do "$service persist" fake_survives "$1"; }
fake_healthy() { fake_do "$service healthy" fake_is_well; }
fake_adopt() { fake_do "$service adopt" fake_is_taken_over; }

# fake_is_up: Succeeds if the service runs, and this release has started or adopted it.
fake_is_up() {
  local started=''
  { read -r started _ <"${root%/*}/world/runs/$color.$service"; } 2>/dev/null
  [[ $started == "${release##*/}" ]] && return 0
  [[ $started == - && -f $release/identity.$service ]] && return 0
  printf '%s of %s is not there\n' "$service" "$color"
  return 1
}

fake_is_well() {
  fake_is_up || return
  ! fake_says sick "$color" || {
    printf '%s is sick\n' "$color"
    return 1
  }
}

# fake_says FILE COLOR: Succeeds if a file of the world names the color.
fake_says() {
  local colors=''
  { read -r colors <"${root%/*}/world/$1"; } 2>/dev/null
  [[ " $colors " == *" $2 "* ]]
}

fake_comes_up() {
  local file started place kind
  for file in "${root%/*}/world/runs"/*; do
    [[ -f $file ]] || continue
    read -r started place kind <"$file"
    if [[ ${file##*/} == "$color.$service" && $started != "${release##*/}" ]]; then
      printf '%s\n' "its place is taken by release $started"
      return 1
    elif [[ ${file##*/} != "$color".* ]] && fake_excludes "${file##*.}" "$kind"; then
      fake_note "BROKEN ${file##*/} and $color.$service run at once: an exclusive service runs twice"
    fi
  done
  save_identity "$color.$service of ${release##*/}" || return
  kind=''
  [[ $fake_once == no ]] || kind=once
  printf '%s\n' "${release##*/} ${address:--} $kind" >"${root%/*}/world/runs/$color.$service"
}

# fake_excludes SERVICE KIND: Succeeds if a running service of the other color must not run beside this one: both are
# exclusive, or they are the same service and one of them is.
fake_excludes() {
  [[ $fake_once == yes && $2 == once ]] || [[ $1 == "$service" && ($fake_once == yes || $2 == once) ]]
}

# fake_goes_down: Ends the service, if this release has started it.
fake_goes_down() {
  local what drains=0
  # The script gives the service's own `stop within`, and 3 s more from fake.bg.
  ((limit == stop_within + 3000)) \
    || fake_note "BROKEN $color.$service has ${limit}ms to stop, after ${stop_within}ms for TERM"
  fake_is_up >/dev/null || return 0
  # The proxy sends no requests to a service without an address.
  if [[ $fake_once == no && -n $address ]]; then
    { read -r drains <"${root%/*}/world/drains"; } 2>/dev/null
    ((drains == 0)) || fake_note "BROKEN $color.$service is stopped while it answers $drains requests"
    for what in proxy.conf force; do
      ! fake_routes_to "${root%/*}/world/$what" || fake_note "BROKEN $color.$service is stopped although $what routes to it"
    done
  fi
  /bin/rm -f "${root%/*}/world/runs/$color.$service"
}

# fake_survives on|off: From now on the service starts by itself after a reboot, or no longer.
fake_survives() {
  case $1 in
    on) : >"${root%/*}/world/boots/$color.$service" ;;
    off) /bin/rm -f "${root%/*}/world/boots/$color.$service" ;;
    *) fake_note "BROKEN persist takes on or off, not '$1'" ;;
  esac
}

# fake_routes_to FILE: Succeeds if the file is as a script writes it for the current color.
fake_routes_to() {
  local first=''
  { read -r first <"$1"; } 2>/dev/null
  [[ $first == "# color=$color of "* ]]
}

# fake_is_taken_over: Adopts a service that something else has started.
fake_is_taken_over() {
  if [[ -f ${root%/*}/world/runs/$color.$service ]]; then
    save_identity "$color.$service of ${release##*/}"
    return
  fi
  printf '%s\n' "nobody runs $service of $color"
  return 1
}
