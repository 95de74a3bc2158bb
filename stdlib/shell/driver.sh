# ---- driver: how the script talks to the drivers, and to the script of an older release --------

answer='' # the line that the last driver call printed
color='' service='' release='' slot=''
declare -A offer=() # what a driver offers, such as container.ip

# use COLOR [SERVICE]: sets what belongs to a color and to a service of it, for the release at hand.
use() {
  color=$1
  service=${2:-${services[0]}}
  slot=$release/slot
  if known_color "$color"; then
    "color_${color//-/_}"
  else
    # Of an older deploy.bg: only its release knows where it listened.
    other_color='' port='' other_port='' address=''
  fi
  "service_${service//-/_}"
}

# known_color COLOR: whether it is one of this script's.
known_color() {
  local name
  for name in "${colors[@]}"; do
    [[ $name != "$1" ]] || return 0
  done
  return 1
}

# use_release RELEASE COLOR: what follows speaks of this release.
use_release() {
  release=$1
  load_inputs
  use "$2"
}

# function_of DRIVER BASE NAME: sets `found`, the driver's function or that of the driver that it extends.
function_of() {
  found=${1}_$3
  declare -F "$found" >/dev/null || found=${2}_$3
  declare -F "$found" >/dev/null
}

# call_driver DRIVER BASE FUNCTION ARG…: sets `answer`; the exit code is the function's.
call_driver() {
  local driver=$1 base=$2 name=$3 found code limit
  shift 3
  function_of "$driver" "$base" "$name" || {
    answer="driver $driver has no function $name"
    return 127
  }
  limit=${deadline[${driver}_$name]-10000}
  bounded "$limit" "$found" "$@" >"$scratch/answer" 2>"$scratch/errors"
  code=$?
  read_answer
  if [[ -s $scratch/errors ]]; then
    to_log "$driver $name: $(<"$scratch/errors")"
    [[ -n $answer || $code == 0 ]] || answer=$(tail -n 3 "$scratch/errors")
  fi
  case $code in
    124) answer="$driver: $name did not finish within $((limit / 1000))s" ;;
    143) answer="$driver: $name was interrupted" ;;
  esac
  return "$code"
}

# ask_run FUNCTION ARG…: the driver of the service at hand.
ask_run() { call_driver "$run" "$run_base" "$@"; }

# ask_run_if_able FUNCTION ARG…: what a driver that `cannot` has nothing to do for.
ask_run_if_able() {
  local found
  ! function_of "$run" "$run_base" "$1" || ask_run "$@"
}

# ask_switch FUNCTION ARG…: the driver of the proxy.
ask_switch() { call_driver "$switch" "$switch_base" "$@"; }

# What the probes ask of the color at hand.
color_alive() { ask_run alive; }
color_listens() { ask_run listens; }

# color_logs LINES: the last lines of the application's log, for the report of a failure.
color_logs() {
  local line
  ask_run logs "$1" || return 0
  [[ -n $answer ]] || return 0
  say "  the last lines of $service's log:"
  while IFS= read -r line; do
    say "    | $line"
  done <<<"$answer"
}

# of_release RELEASE COMMAND ARG…: has a release's own script do something to it. What started it knows
# how to stop it, whatever this script has become since.
of_release() {
  local folder=$1 limit code value
  shift
  [[ -f $folder/script ]] || {
    answer="${folder##*/} has no script: was $state changed by hand?"
    return 125
  }
  case $1 in
    stop*) meta limit.stop "$folder" || : ;;
    start*) meta limit.start "$folder" || : ;;
    *) meta "limit.$1" "$folder" || : ;;
  esac
  number "$value" "${deadline[copy]}"
  limit=$value
  if cmp -s "$script" "$folder/script"; then
    bounded "$limit" as_release "$folder" "$@" >"$scratch/answer" 2>"$scratch/errors"
  else
    bounded "$limit" bash "$folder/script" _release "$folder" "$@" >"$scratch/answer" 2>"$scratch/errors"
  fi
  code=$?
  read_answer
  [[ ! -s $scratch/errors ]] || to_log "release ${folder##*/}, $1: $(<"$scratch/errors")"
  case $code in
    124) answer="${folder##*/}: $1 did not finish within $((limit / 1000))s" ;;
    143) answer="${folder##*/}: $1 was interrupted" ;;
    *)
      # An empty or cut script says nothing, and nothing is no answer.
      if [[ $answer != "release ${folder##*/}"* ]]; then
        answer="${folder##*/}: its script does not answer: was $state changed by hand, or the disk full?"
        return 125
      fi
      answer=${answer#*"${folder##*/}"}
      answer=${answer#$'\n'}
      ;;
  esac
  return "$code"
}

# as_release RELEASE COMMAND ARG…: what a script of the same text would do, without a start of its own.
as_release() {
  from='' to='' reason='' candidate='' log_format=plain open_line='' journal=([phase]=idle)
  scratch=$scratch/release
  mkdir -p "$scratch" || return
  release_command "$@"
}

# read_answer: sets `answer`, what a driver's function printed, without the line end.
read_answer() {
  IFS= read -r -d '' answer <"$scratch/answer" || :
  while [[ $answer == *$'\n' ]]; do
    answer=${answer%$'\n'}
  done
}

# release_command RELEASE COMMAND ARG…: the other side of `of_release`.
release_command() {
  local value name wanted=${3-} code=0
  release=$1
  printf 'release %s\n' "${release##*/}"
  state=${release%/releases/*}
  meta color "$release" || {
    printf 'its meta file says no color: was it changed by hand?\n'
    return 125
  }
  load_inputs
  use "$value"
  case $2 in
    gate)
      # Of an adopted color that nobody can tell the processes of only the answers are known.
      ! meta adopted "$release" || [[ -f $release/identity.${services[0]} ]] || unmanaged=yes
      at_mode=gates
      prepare_steps || code=1
      printf '%s\n' "$reason"
      return "$code"
      ;;
    has_exclusive)
      for name in "${services[@]}"; do
        use "$color" "$name"
        [[ $handover != exclusive ]] || return 0
      done
      return 1
      ;;
    running) code=1 ;;
  esac
  for name in "${services[@]}"; do
    use "$color" "$name"
    [[ $wanted != overlap || $handover == overlap ]] || continue
    case $2 in
      running)
        # Whether anything of it is alive: without an answer nobody knows.
        ask_run alive
        code=$?
        ((code == 1)) || break
        continue
        ;;
      alive | stop) ask_run "$2" ;;
      clear) ask_run_if_able clear ;;
      persist) ask_run_if_able persist "$wanted" ;;
      start) ask_run start ;;
      start_missing) start_missing ;;
      start_service) [[ $name != "$wanted" ]] || ask_run start ;;
      stop_service) [[ $name != "$wanted" ]] || ask_run stop ;;
      stop_exclusive) [[ $handover != exclusive ]] || ask_run stop ;;
      start_exclusive) [[ $handover != exclusive ]] || start_missing ;;
      logs)
        ask_run logs "$wanted" || answer=''
        printf '%s\n' "$answer"
        answer=''
        ;;
      *) return 2 ;;
    esac
    code=$?
    ((code == 0)) || break
  done
  printf '%s\n' "$answer"
  return "$code"
}

# start_missing: the service at hand, unless it runs. Without a clear no it is not started a second time.
start_missing() {
  ask_run alive
  case $? in
    0) return 0 ;;
    1) ask_run start ;;
    *) return 1 ;;
  esac
}
