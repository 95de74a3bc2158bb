# ---- live: which color the proxy's files route to, read again each time it matters -------------

live_state=unknown # color, none, mixed, edited (not as a script of ours writes it) or unknown
live=''            # the live color
live_release=''    # its release; empty if the script did not start it
live_guess=''      # for edited: the color that it seems to route to
live_why=''        # for edited and unknown: why

# read_live: fills the above.
read_live() {
  local words
  live='' live_release='' live_guess='' live_why=''
  if ! ask_switch routed; then
    live_state=unknown
    live_why=$answer
    return 0
  fi
  read -r live_state words <<<"$answer"
  case $live_state in
    color)
      read -r live live_release <<<"$words"
      [[ $live_release != - ]] || live_release=''
      ;;
    none | mixed) ;;
    edited) read -r live_guess live_why <<<"$words" ;;
    *)
      live_why=${words:-"the answer of ${switch_chain[0]} could not be saved: is the disk with $state full?"}
      live_state=unknown
      ;;
  esac
}

# know_live: as `read_live`, but anything else than a color or none ends the run.
know_live() {
  read_live
  live_is_known
}

# live_is_known: the same of what `read_live` found.
live_is_known() {
  case $live_state in
    color)
      agrees_with_confirmed "$live"
      return
      ;;
    none) return 0 ;;
    mixed) fail_with "the proxy's files route to both colors: put one of the built fragments (${colors[0]}.conf or ${colors[1]}.conf) there and reload the proxy, then try again" ;;
    *) fail_with "cannot tell which color is live: $live_why" ;;
  esac
  return 1
}

# agrees_with_confirmed COLOR: the files route to COLOR, and no other color that was confirmed last still runs. Else somebody has put a file
# back, perhaps without a reload, and users may get either. What does not run serves nobody: after a boot, say, the file decides.
agrees_with_confirmed() {
  local value release why=''
  [[ -L $state/live ]] && release_behind "$state/live" && meta color "$behind" && [[ $value != "$1" ]] || return 0
  release=$behind
  confirmed_runs || return 0
  # Perhaps another file than this script's routes to it.
  if may_route_to_itself "$release" || is_named_elsewhere "$release"; then
    why=" ($answer)"
  fi
  meta color "$release"
  fail_with "the proxy's file routes to $1, but $value was confirmed last, still runs and may still serve the users$why: put $value's fragment back ($release/fragment) and reload the proxy; then \`rollback\` or \`deploy\` can switch to another color. If $1 serves the users, stop $value's program instead"
}

# confirmed_runs: something of what was confirmed last runs, or nobody can tell.
confirmed_runs() {
  release_behind "$state/live" || :
  of_release "${behind:-$state/live}" running
  (($? != 1))
}

# nobody_runs_live: what the file routes to has no release here, and nobody listens on its ports: somebody has put the file there for a
# first deployment. What it says beside that does not matter: the way back writes it again, byte for byte.
nobody_runs_live() {
  local routed=${live:-$live_guess}
  [[ -n $routed && -z $live_release && ! -L $state/live && ! -L $state/colors/$routed ]] && known_color "$routed" && ! answers_somewhere "$routed"
}

# last_live_is COLOR: the release that was switched to last is of that color.
last_live_is() {
  local value
  [[ -L $state/live ]] && meta color "$state/live" && [[ $value == "$1" ]]
}

# shares_port COLOR PORTS: whether a service of the color has one of these ports.
shares_port() {
  local name taken
  for name in "${services[@]}"; do
    for taken in $2; do
      [[ ${port_of["$1 $name"]-} != "$taken" ]] || return 0
    done
  done
  return 1
}

# is_untouchable RELEASE: it is live, or a swap in which it takes part is not confirmed.
is_untouchable() {
  local value
  [[ ${journal[phase]} != swapping ]] || return 0
  read_live
  # Of a first deployment: nothing serves, whatever somebody has written into the file; but what it routes to may be loaded at any time.
  if nobody_runs_live; then
    meta color "$1" && [[ $value == "${live:-$live_guess}" ]]
    return
  fi
  case $live_state in
    # Without a fragment the proxy may still serve what it was told last.
    none) [[ $state/live -ef $1 ]] ;;
    color)
      [[ ! $live_release -ef $1 ]] || return 0
      # What was confirmed last may still be in force.
      [[ ! $state/live -ef $1 ]] || ! confirmed_runs || return 0
      [[ -z $live_release ]] && meta color "$1" && [[ $value == "$live" ]]
      ;;
    *) return 0 ;;
  esac
}

# may_route_to_itself RELEASE: its own script, which may be of other files than this one, does not say clearly that its own file does not
# route to it. Sets `answer`.
may_route_to_itself() {
  local value code
  ! is_of_this_script "$1" && release_protocol "$1" && ((value >= 1)) || return 1
  of_release "$1" routed
  code=$?
  case $code:$answer in
    "0:color "*" $1") answer='its own script says that the proxy routes to it' ;;
    '0:none' | '0:color '*) return 1 ;;
    *) answer="its own script cannot tell whether the proxy routes to it: ${answer:-no answer}" ;;
  esac
}

# is_named_elsewhere RELEASE: of protocol 0, which cannot be asked what its own file says: another file that the proxy loads names one of its
# addresses, or nobody can tell. Sets `answer`.
is_named_elsewhere() {
  local value
  local -a places=()
  release_protocol "$1"
  ((value == 0)) && switch_has holds && meta addresses "$1" || return 1
  read -r -a places <<<"$value"
  ((${#places[@]})) || return 1
  ask_switch holds ${places[@]+"${places[@]}"}
  (($? != 1))
}

# stop_release RELEASE: the only place that stops a whole color.
stop_release() {
  if is_untouchable "$1"; then
    answer="the proxy routes to it or may route to it, so it is not stopped${live_why:+ ($live_why)}"
    return 1
  fi
  if may_route_to_itself "$1"; then
    answer+=', so it is not stopped'
    return 1
  fi
  if is_named_elsewhere "$1"; then
    answer="$answer, so it is not stopped"
    return 1
  fi
  of_release "$1" stop
}
