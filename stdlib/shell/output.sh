# ---- output: messages for people, CI and machines; each goes first into the deployment's log -----

log_format=plain # terminal, plain, github or json
log_file=''      # the deployment's log; empty until the state folder is known
secret_values=() # texts that are never shown
open_line=''     # the line of the running step on a terminal; its result replaces it
group_open=no    # yes: a group is open in the output for GitHub Actions
group_program='' # the program whose steps are shown

# choose_output [json]: Sets `log_format`: `json` if the caller asks for it, otherwise the format that fits GitHub
# Actions, a terminal, or another standard output.
choose_output() {
  if [[ ${1-} == json ]]; then
    log_format=json
  elif [[ ${GITHUB_ACTIONS-} == true ]]; then
    log_format=github
  elif [[ -t 1 && ${TERM-dumb} != dumb ]]; then
    log_format=terminal
  fi
}

# mask TEXT: Sets `masked` to TEXT, with `***` in place of every secret.
mask() {
  local secret
  masked=$1
  for secret in ${secret_values[@]+"${secret_values[@]}"}; do
    [[ -z $secret ]] || masked=${masked//"$secret"/***}
  done
}

# A pattern for valid UTF-8, byte by byte (RFC 3629, section 4).
utf8_tail=$'[\x80-\xbf]'
utf8=$'^([\x01-\x7f]|[\xc2-\xdf]'$utf8_tail
utf8+=$'|\xe0[\xa0-\xbf]'$utf8_tail$'|\xed[\x80-\x9f]'$utf8_tail$'|[\xe1-\xec\xee\xef]'$utf8_tail$utf8_tail
utf8+=$'|(\xf0[\x90-\xbf]|[\xf1-\xf3]'$utf8_tail$'|\xf4[\x80-\x8f])'$utf8_tail$utf8_tail')*$'

# json_string TEXT: Sets `quoted` to TEXT as a JSON string. Line ends and tabs are escaped; other control characters
# become blanks. If TEXT is not valid UTF-8, every byte above 127 becomes `?`.
json_string() {
  quoted=${1//\\/\\\\}
  quoted=${quoted//\"/\\\"}
  quoted=${quoted//$'\n'/\\n}
  quoted=${quoted//$'\r'/\\r}
  quoted=${quoted//$'\t'/\\t}
  quoted=${quoted//[[:cntrl:]]/ }
  [[ $quoted =~ $utf8 ]] || quoted=${quoted//[$'\x80'-$'\xff']/?}
  quoted=\"$quoted\"
}

# to_log TEXT: Writes one line with the time into the deployment's log. Always succeeds, because a full disk must not
# stop a deployment.
to_log() {
  local masked
  [[ -n $log_file ]] || return 0
  mask "$1"
  printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$masked" 2>/dev/null >>"$log_file" || return 0
}

# to_user LINE: Prints LINE. Always succeeds, because a reader that went away must not stop a deployment.
to_user() {
  printf '%s\n' "$1" 2>/dev/null || return 0
}

# write_line LEVEL TEXT: Writes a message into the log, and prints it in the chosen format.
write_line() {
  local level=$1 text quoted masked
  mask "$2"
  text=$masked
  to_log "$level: $text"
  if [[ -n $open_line ]]; then
    open_line=''
    to_user ''
  fi
  case $log_format in
    json)
      json_string "$text"
      to_user "{\"level\":\"$level\",\"app\":\"$app\",\"deployment\":\"${deployment-}\",\"message\":$quoted}"
      ;;
    github)
      text=${text//%/%25}
      text=${text//$'\r'/%0D}
      text=${text//$'\n'/%0A}
      case $level in
        warning) to_user "::warning title=$app::$text" ;;
        error) to_user "::error title=$app${step_where:+,file=${step_where%:*},line=${step_where##*:}}::$text" ;;
        *) to_user "$masked" ;;
      esac
      ;;
    *)
      [[ $level == info ]] || text="$level: $text"
      to_user "$text"
      ;;
  esac
}

# say WORDS…: Prints an ordinary message.
say() { write_line info "$*"; }

# warn WORDS…: Prints a warning: something that a person should know, but that does not stop the deployment.
warn() { write_line warning "$*"; }

# fail_with WORDS…: Sets `reason`, unless it is set already: the first failure is the cause, later ones are its
# consequences. Returns 1.
fail_with() {
  [[ -n $reason ]] || reason=$*
  to_log "failed: $*"
  return 1
}

# seconds_since MILLISECONDS: Sets `elapsed`, the seconds since then, with one decimal.
seconds_since() {
  now
  printf -v elapsed '%d.%d' $(((now_ms - $1) / 1000)) $(((now_ms - $1) % 1000 / 100))
}

# Steps that print a line only if they fail. The log has every step.
quiet_steps=' check_host find_artifact check_questions no_stranger journal put_off_journal reserve take_up sync_release ports_are_free '
quiet_steps+='still_live dial persist persist_off keep_resuming save_way_back lock_proxy write unlock_proxy close_journal record sweep '

# step_begins ACTION ARG…: Sets `step_name` and writes the step into the log. A terminal shows the step's line while the
# step runs.
step_begins() {
  name_step "$@"
  to_log "step: $*"
  [[ $log_format == terminal && $quiet_steps != *" $1 "* ]] || return 0
  open_line=$step_name
  printf '  ..     %s' "$step_name" 2>/dev/null || return 0
}

# name_step ACTION ARG…: Sets `step_name` to the step's words, with the colors in place of `new` and `old`.
name_step() {
  local word
  step_name=''
  for word; do
    case $word in
      new) word=${to:-new} ;;
      old) word=${from:-old} ;;
    esac
    step_name+="${step_name:+ }$word"
  done
}

# step_ends RESULT BEGUN ACTION ARG…: Prints one line with the step's result and duration. BEGUN is the step's start, as
# `now_ms`.
step_ends() {
  local line quoted result=$1 elapsed
  seconds_since "$2"
  shift 2
  to_log "step $result: $* (${elapsed}s)"
  if [[ $log_format == json ]]; then
    json_string "$*"
    to_user "{\"level\":\"info\",\"app\":\"$app\",\"deployment\":\"${deployment-}\",\"step\":$quoted,\"where\":\"$step_where\",\"result\":\"$result\",\"seconds\":$elapsed}"
    return
  fi
  if [[ -n $open_line ]]; then
    open_line=''
    printf '\r\033[K' 2>/dev/null || :
  fi
  # If no color served before, a successful step on `old` has done nothing, so it prints no line.
  [[ $result != ok || ($quiet_steps != *" $1 "* && "${2-} $from" != 'old ') ]] || return 0
  printf -v line '  %-6s %s (%ss)' "$result" "$step_name" "$elapsed"
  to_user "$line"
}

# group_of_program FUNCTION…: Begins a group of output for the running program. FUNCTION… are the running functions, the
# innermost first; the first one with a title counts.
group_of_program() {
  local program title=''
  for program; do
    case $program in
      plan.prepare) title="prepare $app (deployment $deployment)" ;;
      plan.switch) title="switch $app from ${from:-nothing} to $to" ;;
      plan.cleanup) title="cleanup of ${from:-nothing}" ;;
      plan.rollback) title="rollback of $app (deployment $deployment)" ;;
      plan.abort) title="abort of deployment ${journal[deployment]}" ;;
      plan.resume) title="resume of $app" ;;
      plan.adopt) title="adopt the live color of $app" ;;
      way.go_back) title="way back to ${from:-nothing}" ;;
      *) continue ;;
    esac
    break
  done
  [[ -n $title && $program != "$group_program" ]] || return 0
  group_program=$program
  group_begins "$title"
}

# group_begins NAME, group_ends: Begin and end a group, which GitHub Actions can fold. GitHub Actions knows no group
# inside of a group, so an open group is ended first.
group_begins() {
  group_ends
  to_log "phase: $1"
  case $log_format in
    github)
      group_open=yes
      to_user "::group::$1"
      ;;
    json) ;;
    *) to_user "$1" ;;
  esac
}

group_ends() {
  [[ $group_open == yes ]] || return 0
  group_open=no
  to_user '::endgroup::'
}
