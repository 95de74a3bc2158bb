# ---- output: progress for people, CI and machines; the deployment's own log first --------------

log_format=plain # terminal, plain, github or json
log_file=''      # the deployment's log; empty until the state folder is known
secret_values=() # never shown
open_line=''     # a terminal line that waits for its result
group_open=no    # whether GitHub Actions is folding
group_program='' # whose steps are shown

# choose_output [json]: by what standard output is, unless asked for json.
choose_output() {
  if [[ ${1-} == json ]]; then
    log_format=json
  elif [[ ${GITHUB_ACTIONS-} == true ]]; then
    log_format=github
  elif [[ -t 1 && ${TERM-dumb} != dumb ]]; then
    log_format=terminal
  fi
}

# mask TEXT: sets `masked`, every secret replaced.
mask() {
  local secret
  masked=$1
  for secret in ${secret_values[@]+"${secret_values[@]}"}; do
    [[ -z $secret ]] || masked=${masked//"$secret"/***}
  done
}

# What UTF-8 is, byte by byte (RFC 3629, section 4).
utf8_tail=$'[\x80-\xbf]'
utf8=$'^([\x01-\x7f]|[\xc2-\xdf]'$utf8_tail
utf8+=$'|\xe0[\xa0-\xbf]'$utf8_tail$'|\xed[\x80-\x9f]'$utf8_tail$'|[\xe1-\xec\xee\xef]'$utf8_tail$utf8_tail
utf8+=$'|(\xf0[\x90-\xbf]|[\xf1-\xf3]'$utf8_tail$'|\xf4[\x80-\x8f])'$utf8_tail$utf8_tail')*$'

# json_string TEXT: sets `quoted`, a JSON string. Control characters other than the usual become blanks, bytes that are no UTF-8 `?`.
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

# to_log TEXT: one line with the time into the deployment's log. A full disk must not stop a deployment.
to_log() {
  local masked
  [[ -n $log_file ]] || return 0
  mask "$1"
  printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$masked" 2>/dev/null >>"$log_file" || return 0
}

# to_user LINE: a reader that went away must not either.
to_user() {
  printf '%s\n' "$1" 2>/dev/null || return 0
}

# write_line LEVEL TEXT: one remark, in the chosen format.
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

# say WORDS…: a plain remark.
say() { write_line info "$*"; }

# warn WORDS…: something that does not stop the deployment but that a person should know.
warn() { write_line warning "$*"; }

# fail_with WORDS…: sets the reason of the verdict, once: the first failure is the cause, later ones follow from it.
fail_with() {
  [[ -n $reason ]] || reason=$*
  to_log "failed: $*"
  return 1
}

# seconds_since MILLISECONDS: sets `elapsed`, with one decimal.
seconds_since() {
  now
  printf -v elapsed '%d.%d' $(((now_ms - $1) / 1000)) $(((now_ms - $1) % 1000 / 100))
}

# Steps that only their failure is worth a line to people; the log has all.
quiet_steps=' check_host find_artifact check_questions no_stranger journal put_off_journal reserve take_up sync_release ports_are_free '
quiet_steps+='still_live dial persist persist_off keep_resuming save_way_back lock_proxy write unlock_proxy close_journal record sweep '

# step_begins ACTION ARG…: sets `step_name`, its words with the colors in place of `new` and `old`. On a terminal the line stands while the
# step runs.
step_begins() {
  name_step "$@"
  to_log "step: $*"
  [[ $log_format == terminal && $quiet_steps != *" $1 "* ]] || return 0
  open_line=$step_name
  printf '  ..     %s' "$step_name" 2>/dev/null || return 0
}

# name_step ACTION ARG…: sets `step_name`: its words, with the colors in place of `new` and `old`.
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

# step_ends RESULT BEGUN ACTION ARG…: one line a step.
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
  # Without a color that served before there is nothing to tell of it.
  [[ $result != ok || ($quiet_steps != *" $1 "* && "${2-} $from" != 'old ') ]] || return 0
  printf -v line '  %-6s %s (%ss)' "$result" "$step_name" "$elapsed"
  to_user "$line"
}

# group_of_program FUNCTION…: what people see as one part: the innermost of the programs that are one.
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

# group_begins NAME, group_ends: what GitHub Actions folds. It knows no group in a group: one that a failure left open ends first.
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
