# ---- actions that look: nothing is changed ----------------------------------------------------------

tested_ms=0             # when this process found the proxy's configuration as it should be
live_passes=unknown     # whether the live color passed `verify` before this process began anything
declare -A passed_ms=() # when a gate of the new color passed in this process

do_check_host() {
  local tool
  for tool in "${tools[@]}"; do
    command -v -- "$tool" >/dev/null || {
      fail_with "$tool is not on this host (looked in $PATH): install it"
      return
    }
  done
}

# do_preflight_run new SERVICE
do_preflight_run() { at new "$2" ask_or_fail run preflight; }

do_preflight_proxy() { ask_or_fail switch preflight; }

# ask_or_fail run|switch FUNCTION ARG…: its answer is the reason.
ask_or_fail() {
  "ask_$1" "${@:2}" || fail_with "${answer:-the answer of the driver could not be saved: is the disk full?}"
}

# do_test_as_it_is: a configuration that another site broke is told apart from ours, unless this process has just tested it.
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

# do_choose_idle: sets `from` and `to`. A color that this script does not know (it was renamed) may be live; then the idle one is that whose
# place it does not take.
do_choose_idle() {
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
    # The fragment was taken away, but the proxy may not have been reloaded since. Whether all of it runs does not matter.
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

# do_find_live: sets `from`, what is to run.
do_find_live() {
  read_live
  if [[ $live_state == none ]] || nobody_runs_live; then
    say '  nothing is live: nothing to bring up'
    return 10
  fi
  live_is_known || return
  if [[ -z $live_release ]]; then
    fail_with "$live is live, but this script did not start it and cannot bring it up"
    return
  fi
  from=$live old_release=$live_release
  # What is under way, if something is, stays with the journal.
  to=$live candidate=$live_release
  load_inputs "$candidate"
}

# do_choose_earlier: sets `from` and `to` for the way back to what served before the live color, and notes whether that runs.
do_choose_earlier() {
  local value
  know_live || return
  if deploy_went_back; then
    fail_with "$live serves: the deployment of $value was rolled back already. To go back further, deploy the version that you want"
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
  # Whether it ran before decides whether it may be stopped again: only a clear answer is one.
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

earlier='' earlier_runs=no # the release that a rollback goes back to

# do_take_up: the color that `prepare` left for this deployment.
do_take_up() {
  deployment=${journal[deployment]}
  read_live
  # Nothing has happened yet: what is prepared stays, and may be switched to when this is mended.
  routes_as_before || return
  say "  ${from:-no color} is live, $to is prepared"
}

# do_still_live old: the proxy's files route where they did.
do_still_live() {
  local found=$live_state$live$live_guess
  read_live
  if [[ ${journal[kind]} == adopt || ${journal[kind]} == remove ]]; then
    [[ $live_state$live$live_guess == "$found" ]] || fail_with "the proxy's files changed meanwhile: ${live_why:-$live_state $live}"
    return
  fi
  routes_as_before
}

# routes_as_before: what was read just now is what served when the deployment began.
routes_as_before() {
  if [[ -n $from ]]; then
    [[ $live_state != color || $live != "$from" ]] || return 0
  elif [[ $live_state == none ]] || nobody_runs_live; then
    return 0
  fi
  fail_with "the proxy's files changed meanwhile: ${from:-nothing} was live, now it is ${live:-$live_state} ${live_why}"
}

# do_try_verify old NAME: the live color must pass now, or the question itself may be wrong (a redirect, another site's answer): better
# found before anything starts.
do_try_verify() {
  [[ -n $from ]] && known_color "$from" || return 0
  load_inputs "${old_release:-$state/none}"
  [[ $live_passes == no ]] || live_passes=yes
  at_first old run_verify_once "verify.$2" && return 0
  ! asked_to_stop || return 143
  if [[ $probe_failure == redirect ]]; then
    fail_with "$2 does not pass on the live color: $probe_said. Nothing was started. Check the URL in deploy.bg"
    return
  fi
  live_passes=no
  warn "$2 does not pass on the live color $from: $probe_said"
}

do_read_inputs() {
  take_inputs || return 2
}

# do_check_questions: this host can ask all that will be asked.
do_check_questions() {
  local one
  for one in ${gates[@]+"${gates[@]}"}; do
    at new "${one% *}" question_is_ready "gate.${one% *}.${one#* }" || return
  done
  for one in ${verifies[@]+"${verifies[@]}"}; do
    at_first new question_is_ready "verify.$one" || return
  done
}

# question_is_ready DECLARATION
question_is_ready() {
  declare_question "$1"
  questions_ready
}

do_find_artifact() {
  local artifact
  local -a matches=()
  find_artifact && room_is_left ${matches[@]+"${matches[@]}"}
}

# room_is_left [ARTIFACT]: the state's disk takes it, and a little more. Nothing is written to see it.
room_is_left() {
  local folder=$state blocks='' free='' for_users='' block='' needed='' value _
  while [[ ! -d $folder ]]; do
    folder=${folder%/*}
    folder=${folder:-/}
  done
  read -r blocks free for_users block < <(stat -f -c '%b %f %a %S' "$folder" 2>/dev/null) || :
  ((EUID == 0)) || free=$for_users
  [[ -z ${1-} ]] || ! bounded "${deadline["journal"]}" du -skH -- "$1" >"$scratch/answer" 2>/dev/null || read -r needed _ <"$scratch/answer" || :
  number "$needed" 0
  needed=$((value + 1024))
  # Some file systems do not count.
  if [[ -n $block && $blocks != 0 ]] && ((free * block / 1024 < needed)); then
    fail_with "the disk with $folder is full: $((free * block / 1024)) KiB are left, but a release needs $needed: free some space"
  elif [[ ! -w $folder ]]; then
    fail_with "$(id -un) may not write $folder, where the releases are kept: run this as the user who owns it"
  fi
}

# do_no_stranger new: nobody else has the idle color's place.
do_no_stranger() {
  local one
  local -a ports_of_new
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    no_stranger_listens "$one" || return
  done
}

# find_ports_of_new: sets `ports_of_new`, the ports of what is about to be started: of deploy.bg, or of the release that is copied.
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

# no_stranger_listens PORT: who listens there is of a release of ours that has this port.
no_stranger_listens() {
  local link value port=$1
  port_listens "$port" || return 0
  # What an interrupted or forgotten deployment has started is ours, too: `prepare` ends it before it asks.
  for link in "$state"/colors/* ${journal[release]:+"$state/releases/${journal[release]##*/}"}; do
    if [[ -d $link ]] && meta ports "$link" && [[ " $value " == *" $port "* ]]; then
      of_release "$link" running
      # Only a clear no is one.
      (($? == 1)) || return 0
    fi
  done
  port_is_taken
}

# port_is_taken: says by whom. Fails.
port_is_taken() {
  fail_with "port $port of the idle color $to is taken by a process that this script did not start: $(owners_of_port "$port")"
}

# do_ports_are_free new
do_ports_are_free() {
  local one
  local -a ports_of_new
  find_ports_of_new
  for one in ${ports_of_new[@]+"${ports_of_new[@]}"}; do
    port_is_free "$one" || return
  done
}

# port_is_free PORT: no listener in IPv4 or IPv6, and a connection is refused.
port_is_free() {
  local port=$1
  if port_listens "$port"; then
    port_is_taken
    return
  fi
  connect_refused 127.0.0.1 "$port" || fail_with "something answers on 127.0.0.1:$port, the port of the idle color $to"
}

# do_dial SIDE: each address can be connected to from where the proxy stands.
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

# dial_from_host HOST:PORT
dial_from_host() {
  local host port
  http_host_port "$1" '' && tcp_connect "$host" "$port"
}

# color_of_side SIDE: sets `side_color` and `side_release`; empty where there is none.
color_of_side() {
  case $1 in
    new) side_color=$to side_release=$candidate ;;
    nothing) side_color='' side_release='' ;;
    *) side_color=$from side_release=$old_release ;;
  esac
}
