# ---- question: one try of all questions ----------------------------------------------------------
#
# If a try fails, these say why: `try_kind` in a few words, which are counted; `probe_said` what was found; `try_wanted`
# and `try_target` what was missing, such as `no 2xx from` and `http://…`.

# one_try MILLISECONDS: Asks every question once. All together may take MILLISECONDS.
one_try() {
  local until at left code
  probe_failure=''
  now
  until=$((now_ms + $1))
  for at in "${!question_kind[@]}"; do
    now
    left=$((at == 0 ? $1 : until - now_ms))
    try_target=${question_subject[at]}
    if ((left <= 0)); then
      try_kind='timed out'
      try_wanted='no answer from'
      probe_said='timed out: the requests before it took all of the time'
      return 1
    fi
    case ${question_kind[at]} in
      get | head | post) try_http "$at" "$left" ;;
      tcp) try_tcp "$at" "$left" ;;
      exec) try_command "$left" command_on_host "${question_words[@]:question_first[at]:question_count[at]}" ;;
      inside) try_command "$left" command_inside "${question_words[@]:question_first[at]:question_count[at]}" ;;
      *) try_command "$left" driver_says_healthy ;;
    esac
    code=$?
    ((code == 0)) || return "$code"
  done
}

# try_http QUESTION MILLISECONDS: Sends a request and checks the answer.
try_http() {
  local at code
  local -a headers=()
  for at in ${header_of[@]+"${!header_of[@]}"}; do
    [[ ${header_of[at]} != "$1" ]] || headers+=("${header_line[at]}")
  done
  http_request "${question_kind[$1]}" "${question_subject[$1]}" "$2" "${question_via[$1]}" "${question_ca[$1]}" "${question_content[$1]}" ${headers[@]+"${headers[@]}"}
  code=$?
  if ((code == 0)); then
    expectations_hold "$1" "$2"
    return
  fi
  ((code != 143)) || return 143
  try_wanted='no answer from'
  excerpt "$http_why"
  probe_said=$excerpt
  try_kind=$http_failure
  case $http_failure in
    timeout) try_kind='timed out' ;;
    refused | closed) probe_failure=error ;;
    *) ;;
  esac
  return 1
}

# try_tcp QUESTION MILLISECONDS: Opens a connection.
try_tcp() {
  local host port code tcp_why=''
  try_wanted='no connection to'
  if http_host_port "${question_subject[$1]}" ''; then
    bounded "$2" tcp_connect "$host" "$port" 2>/dev/null
    code=$?
  else
    code=13
  fi
  case $code in
    0 | 143) return "$code" ;;
    10) try_kind='refused' probe_said='connection refused' ;;
    11) try_kind='resolve' probe_said="cannot resolve $host" ;;
    12) try_kind='unreachable' probe_said="no route to $host" ;;
    124) try_kind='timed out' probe_said='timed out: no connection' ;;
    *) try_kind='other' probe_said='not an address that can be connected to' ;;
  esac
  return 1
}

# try_command MILLISECONDS FUNCTION PROG ARG…: Runs a command, which passes if it exits 0. Its output is only for the
# report.
try_command() {
  local limit=$1 code output='' in_seconds
  shift
  bounded "$limit" "$@" >"$scratch/http.value" 2>&1
  code=$?
  ((code != 0 && code != 143)) || return "$code"
  IFS= read -r -d '' output <"$scratch/http.value" || :
  try_wanted='no success of'
  if [[ $1 == driver_says_healthy ]]; then
    try_wanted='no healthy answer from'
    try_target="$service of $color"
  fi
  excerpt "$output"
  if ((code == 124)); then
    in_seconds "$limit"
    try_kind='timed out'
    probe_said="timed out: not done within $in_seconds"
  else
    try_kind="exit $code"
    probe_said="exit $code${excerpt:+, output $excerpt}"
  fi
  return 1
}

# command_on_host PROG ARG…: Runs the command in `root`, with the environment of a user's step. Prints the end of its
# output. `exec` starts a program, even if a function of this script has the same name.
command_on_host() {
  cd "$root" 2>/dev/null || cd /
  step_environment
  { exec -- "$@"; } 2>&1 | tail -c 4096
  return "${PIPESTATUS[0]}"
}

# command_inside PROG ARG…: Runs the command inside the color, by the driver's `enter`.
command_inside() {
  local found name=enter driver=${run_of["$service"]%% *}
  function_of "${run_of["$service"]}" enter || return
  with_settings "settings.$service" "$found" "$@" 2>&1 | tail -c 4096
  return "${PIPESTATUS[0]}"
}

# driver_says_healthy: Asks the driver for its own verdict.
driver_says_healthy() {
  local found name=healthy driver=${run_of["$service"]%% *}
  function_of "${run_of["$service"]}" healthy || {
    printf '%s\n' "the driver $driver has no health check"
    return 1
  }
  with_settings "settings.$service" "$found"
}
