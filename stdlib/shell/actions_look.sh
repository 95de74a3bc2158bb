# ---- actions that only look: they change nothing on the host -------------------------------------

tested_ms=0             # when this process last tested the proxy's configuration with success
live_passes=unknown     # yes or no: whether the live color passed `verify` before this process began anything
declare -A passed_ms=() # when a gate of the new color last passed in this process

do_check_host() {
  local tool
  for tool in "${tools[@]}"; do
    tool_is_here "$tool" || return
  done
}

# tool_is_here TOOL: Fails if the host does not have this program. A function of the same name is none.
tool_is_here() {
  type -P -- "$1" >/dev/null || fail_with "$1 is not on this host (looked in $PATH): install it"
}

# do_preflight_run new SERVICE: Calls the `preflight` of the service's run driver.
do_preflight_run() { at new "$2" ask_or_fail run preflight; }

# do_preflight_proxy: Asks the switch driver whether everything is ready. What the driver prints although it is ready is a
# warning.
do_preflight_proxy() {
  ask_or_fail switch preflight || return
  [[ -z $answer ]] || warn "$answer"
}

# ask_or_fail run|switch FUNCTION ARG…: Calls a driver's function. If it fails, its answer is the reason.
ask_or_fail() {
  "ask_$1" "${@:2}" || fail_with "${answer:-the answer of the driver could not be saved: is the disk full?}"
}

# do_test_as_it_is: Tests the proxy's configuration before anything is changed. So a fault of another site is not taken
# for a fault of this deployment. If this process tested it less than 10 s ago, nothing is done.
do_test_as_it_is() {
  now
  ((tested_ms == 0 || now_ms - tested_ms >= 10000)) || return 0
  ask_switch test || {
    fail_with "the proxy's configuration was broken before this command changed anything: $answer"
    return
  }
  now
  tested_ms=$now_ms
}

do_choose_idle() { choose_idle; }

# choose_idle: Sets `from` and `to`. The live color may be one that this script does not know, because it was renamed.
# Then `to` is a color that has no port of the live color.
choose_idle() {
  local choice value
  read_live
  from='' old_release='' to=''
  if nobody_runs_live; then
    to=$(other_color "${live:-$live_guess}")
    say "  the proxy's file routes to ${live:-$live_guess}, where nothing runs: this is a first deployment, to $to"
    return 0
  fi
  live_is_known || return
  from=$live old_release=$live_release
  for choice in "${colors[@]}"; do
    [[ $choice != "$live" ]] || continue
    # The fragment was removed, but the proxy may not have been reloaded since, and may still serve its last live color.
    # So this color is not idle, whether it runs or not.
    [[ $live_state != none ]] || ! last_live_is "$choice" || continue
    if [[ -n $live_release ]] && meta ports "$live_release" && shares_port "$choice" "$value"; then
      continue
    fi
    to=$choice
    break
  done
  if [[ -z $to ]]; then
    fail_with "no color is idle: $live uses the ports of both"
    return
  fi
  say "  ${from:-no color} is live, $to is idle"
}

# do_find_live: Sets `from` and `to` to the live color, which has to run.
do_find_live() {
  read_live
  if [[ $live_state == none ]] || nobody_runs_live; then
    say '  nothing is live, so there is nothing to start'
    return 10
  fi
  live_is_known || return
  if [[ -z $live_release ]]; then
    fail_with "$live is live, but this script did not start it and cannot start it"
    return
  fi
  from=$live old_release=$live_release
  # An unfinished deployment is not touched: it stays in the journal.
  to=$live candidate=$live_release
  load_inputs "$candidate"
}

# do_choose_earlier: Sets `from` and `to` for the way back to the release that served before the live color, and
# `earlier_runs`, which says whether that release runs.
do_choose_earlier() {
  local value
  know_live || return
  if deploy_went_back; then
    fail_with "$live serves: the deployment of $value was rolled back already. To go back further, $(way_further_back)"
    return
  fi
  from=$live old_release=$live_release
  if [[ ${journal[phase]} == switched && -z ${journal[from]} ]]; then
    fail_with "nothing served before $live: there is nothing to go back to"
    return
  fi
  previous_release || {
    fail_with 'there is no earlier release to go back to'
    return
  }
  if meta adopted "$found_release" && ! of_release "$found_release" alive; then
    fail_with "the earlier release ${found_release##*/} was adopted and has no artifact, so it cannot be started again: deploy the version that you want"
    return
  fi
  meta color "$found_release"
  if [[ $value == "$from" || $found_release == "$live_release" ]]; then
    fail_with "the earlier release ${found_release##*/} is in the live color $live: nothing to go back to"
    return
  fi
  to=$value
  # If the release runs already, a failure of the rollback must not stop it. So an unclear answer is an error.
  of_release "$found_release" running overlap
  case $? in
    0) earlier_runs=yes ;;
    1) earlier_runs=no ;;
    *)
      fail_with "cannot tell whether release ${found_release##*/} still runs: $answer"
      return
      ;;
  esac
  earlier=$found_release
  load_inputs "$earlier"
  say "  from ${from:-nothing} back to $to, release ${earlier##*/} of $(release_time "$earlier")"
}

# way_further_back: Prints the command that leads to the release that served before the live one.
way_further_back() {
  if previous_release && [[ ! $found_release -ef $live_release ]] && can_be_copied "$found_release"; then
    printf '%s' "run \`rollback ${found_release##*/}\`"
  else
    printf 'deploy the version that you want'
  fi
}

earlier='' earlier_runs=no # the release that a rollback goes back to

# do_take_up: Continues with the color that `prepare` has left for this deployment.
do_take_up() {
  deployment=${journal[deployment]}
  read_live
  # Nothing was changed yet. The prepared color stays, and a later `switch` can use it after the files are repaired.
  routes_as_before || return
  say "  ${from:-no color} is live, $to is prepared"
}

# do_still_live old: Fails if the proxy's files do not route to the same color as before.
do_still_live() {
  local found=$live_state$live$live_guess
  read_live
  if [[ ${journal[kind]} == adopt || ${journal[kind]} == remove ]]; then
    [[ $live_state$live$live_guess == "$found" ]] || fail_with "the proxy's files changed meanwhile: ${live_why:-$live_state $live}"
    return
  fi
  routes_as_before
}

# routes_as_before: Fails unless the color that was just read is the one that was live when the deployment began.
routes_as_before() {
  if [[ -n $from ]]; then
    [[ $live_state != color || $live != "$from" ]] || return 0
  elif [[ $live_state == none ]] || nobody_runs_live; then
    return 0
  fi
  fail_with "the proxy's files changed meanwhile: ${from:-nothing} was live, now it is ${live:-$live_state} ${live_why}"
}

# do_try_verify old NAME: Asks a `verify` for the live color, before anything starts. If it does not pass, the question
# itself may be wrong, for example because of a redirect, or because another site answers. A redirect is an error,
# everything else a warning.
do_try_verify() {
  [[ -n $from ]] && known_color "$from" || return 0
  load_inputs "${old_release:-$state/none}"
  [[ $live_passes == no ]] || live_passes=yes
  if at_verify old "$2" run_verify_once "verify.$2"; then
    warn_of_sign "$2"
    return 0
  fi
  ! asked_to_stop || return 143
  if [[ $probe_failure == redirect ]]; then
    fail_with "$2 does not pass on the live color: $probe_said. Nothing was started. Check the URL in deploy.bg"
    return
  fi
  live_passes=no
  warn "$2 does not pass on the live color $from: $probe_said"
}

# warn_of_sign NAME: Warns if only the proxy's file of a release of 0.1.0 tells the color, and neither the new file nor
# the proxy has a sign that counts. The new release may send one, so this is no failure.
warn_of_sign() {
  local text
  local -a values
  [[ $color_sign == header && -n $old_release ]] && file_contains "$old_release/fragment" x-deploy-color || return 0
  text=$(fragment "$to")
  [[ ${text,,} != *x-upstream* ]] && ! http_values X-Upstream || return 0
  warn "$1 expects a sign of the color. Today only the proxy's file sends one, the header X-Deploy-Color. This does not prove which color answers, so it no longer counts. If the new release does not send this header itself, $1 will fail. Otherwise let the proxy send the header X-Upstream (\`deployc explain BG707\` shows the line), or replace \`expect color\`"
}

do_read_inputs() {
  take_inputs || return 2
}

# do_check_questions: Fails if this host cannot ask a question of the gates and verifies.
do_check_questions() {
  local one
  for one in ${gates[@]+"${gates[@]}"}; do
    at new "${one% *}" question_is_ready "gate.${one% *}.${one#* }" || return
  done
  for one in ${verifies[@]+"${verifies[@]}"}; do
    at_verify new "$one" question_is_ready "verify.$one" || return
  done
}

# question_is_ready DECLARATION: Fails if this host cannot ask the questions of the declaration.
question_is_ready() {
  declare_question "$1"
  questions_ready
}

do_find_artifact() {
  local artifact
  local -a matches=()
  find_artifact && room_is_left ${matches[@]+"${matches[@]}"}
}

# room_is_left [ARTIFACT]: Fails unless the disk of the state has room for the artifact and 1 MiB more. Nothing is
# written for this.
room_is_left() {
  local folder=$state blocks='' free='' for_users='' block='' needed='' value _
  while [[ ! -d $folder ]]; do
    folder=${folder%/*}
    folder=${folder:-/}
  done
  read -r -t 5 blocks free for_users block < <(stat -f -c '%b %f %a %S' "$folder" 2>/dev/null) || :
  ((EUID == 0)) || free=$for_users
  [[ -z ${1-} ]] || ! bounded "${deadline["journal"]}" du -skH -- "$1" >"$scratch/answer" 2>/dev/null || read -r needed _ <"$scratch/answer" || :
  number "$needed" 0
  needed=$((value + 1024))
  # Some file systems do not report their size.
  if [[ -n $block && $blocks != 0 ]] && ((free * block / 1024 < needed)); then
    fail_with "the disk with $folder is full: $((free * block / 1024)) KiB are left, but a release needs $needed: free some space"
  elif [[ ! -w $folder ]]; then
    fail_with "$(id -un) may not write $folder, where the releases are kept: run this as the user who owns it"
  fi
}

# do_no_stranger new: Fails if a process that this script did not start listens on a port of the idle color.
do_no_stranger() {
  local one
  local -a ports_of_new
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    no_stranger_listens "$one" || return
  done
}

# find_ports_of_new: Sets `ports_of_new`, the ports of the color that is about to be started: those of deploy.bg, or
# those of the release that is copied.
find_ports_of_new() {
  local name
  ports_of_new=()
  if [[ -n $kept ]]; then
    read -r -a ports_of_new <<<"$kept_ports"
    return
  fi
  for name in "${services[@]}"; do
    [[ -z ${port_of["$to $name"]-} ]] || ports_of_new+=("${port_of["$to $name"]}")
  done
}

# no_stranger_listens PORT: Fails if a process listens on the port, unless a release of this script with this port runs
# or may run.
no_stranger_listens() {
  local link value port=$1
  port_listens "$port" || return 0
  # The processes of an interrupted or forgotten deployment are this script's, too. `prepare` ends them before it checks
  # the ports again.
  for link in "$state"/colors/* ${journal[release]:+"$state/releases/${journal[release]##*/}"}; do
    if [[ -d $link ]] && meta ports "$link" && [[ " $value " == *" $port "* ]]; then
      of_release "$link" running
      case $? in
        1) ;; # only this is a clear no
        125)
          fail_with "something listens on port $port of the idle color $to, and it may be a release that cannot be stopped: $answer"
          return
          ;;
        *) return 0 ;;
      esac
    fi
  done
  port_is_taken
}

# port_is_taken: Fails with a reason that names the process.
port_is_taken() {
  fail_with "port $port of the idle color $to is taken by a process that this script did not start: $(owners_of_port "$port")"
}

# do_ports_are_free new: Fails if a port of the new color is not free.
do_ports_are_free() {
  local one
  local -a ports_of_new
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    port_is_free "$one" || return
  done
}

# port_is_free PORT: Fails if a process listens on the port in IPv4 or IPv6, or if 127.0.0.1 does not refuse a
# connection.
port_is_free() {
  local port=$1
  if port_listens "$port"; then
    port_is_taken
    return
  fi
  connect_refused 127.0.0.1 "$port" || fail_with "something answers on 127.0.0.1:$port, the port of the idle color $to"
}

# do_dial SIDE: Fails unless each address of the color accepts a connection from where the proxy runs. Connects from the
# host if the switch driver has no `dial`.
do_dial() {
  local side=$1 one
  local -a addresses
  color_of_side "$side"
  [[ -n $side_color ]] || return 0
  find_addresses "$side_color" || :
  ((${#addresses[@]})) || return 0
  if switch_has dial; then
    ask_switch dial ${addresses[@]+"${addresses[@]}"} || fail_with "the proxy cannot reach $side_color: $answer"
    return
  fi
  for one in ${addresses[@]+"${addresses[@]}"}; do
    bounded "${deadline["switch.dial"]}" dial_from_host "$one" >"$scratch/answer" 2>/dev/null || {
      ! asked_to_stop || return 143
      fail_with "the proxy will not reach $side_color: no connection to $one"
      return
    }
  done
}

# dial_from_host HOST:PORT: Connects from this host.
dial_from_host() {
  local host port
  http_host_port "$1" '' && tcp_connect "$host" "$port"
}

# color_of_side SIDE: Sets `side_color` and `side_release`. Both are empty if the side has no color.
color_of_side() {
  case $1 in
    new) side_color=$to side_release=$candidate ;;
    nothing) side_color='' side_release='' ;;
    *) side_color=$from side_release=$old_release ;;
  esac
}
