# ---- live: which color the proxy's files route to; read again each time it matters ---------------

live_state=unknown # color, none, mixed, edited (the file is not as a script of ours writes it) or unknown
live=''            # the live color
live_release=''    # its release; empty if the script did not start it
live_guess=''      # for `edited`: the color that the file seems to route to
live_why=''        # for `edited` and `unknown`: the reason

# read_live: Fills these variables from the answer of the switch driver.
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

# know_live: Does the same as `read_live`, but fails unless it is certain which color is live, or that none is live.
know_live() {
  read_live
  live_is_known
}

# live_is_known: Does the check of `know_live` for what `read_live` has found.
live_is_known() {
  case $live_state in
    color)
      agrees_with_confirmed "$live"
      return
      ;;
    none) return 0 ;;
    mixed) fail_with "the proxy's files route to both colors: $(way_out_by_file)" ;;
    *) fail_with "cannot tell which color is live: $live_why" ;;
  esac
  return 1
}

# way_out_by_file: Prints how a person brings back a file that a script of ours has written. `adopt COLOR` needs a color
# that runs, and a proxy whose configuration is valid.
way_out_by_file() {
  if confirmed_fragment; then
    printf '%s\n' "$confirmed was confirmed last: run \`adopt $confirmed\`, or put its fragment back ($confirmed_file) and reload the proxy; then try again"
  else
    printf '%s\n' "put the built fragment of ${colors[0]} or ${colors[1]} there and reload the proxy, then try again"
  fi
}

# confirmed_fragment: Sets `confirmed` to the color that was confirmed last, and `confirmed_file` to the fragment that
# was in force then. Fails if there is none.
confirmed_fragment() {
  local value release
  [[ -L $state/live ]] && release_behind "$state/live" && release=$behind && [[ -f $release/fragment ]] && meta color "$release" || return
  confirmed=$value confirmed_file=$release/fragment
}

# agrees_with_confirmed COLOR: Fails if the files route to COLOR, but another color was confirmed last and still runs.
# Then somebody has put a file back, perhaps without a reload, and users may get either color. If the confirmed color
# does not run, for example after a boot, it serves no users, and the file decides.
agrees_with_confirmed() {
  local value release way="\`adopt COLOR\` probes a color and puts it in force"
  confirmed_is_another "$1" || return 0
  release=$behind
  # Another file of the proxy may route to that release.
  if may_route_to_itself "$release" || is_named_elsewhere "$release"; then
    way="$answer. Put $value's fragment back ($release/fragment) and reload the proxy"
  fi
  meta color "$release"
  fail_with "the proxy's file routes to $1, but $value was confirmed last, still runs and may still serve the users: $way"
}

# confirmed_is_another COLOR: Succeeds if another color than COLOR was confirmed last and still runs. Sets `value` to it,
# and `behind` to its release.
confirmed_is_another() {
  [[ -L $state/live ]] && release_behind "$state/live" && meta color "$behind" && [[ $value != "$1" ]] && confirmed_runs
}

# confirmed_runs: Succeeds if a part of the release that was confirmed last runs, or if this cannot be found out.
confirmed_runs() {
  release_behind "$state/live" || :
  of_release "$behind" running
  (($? != 1))
}

# nobody_runs_live: Succeeds if a person has put the proxy's file there for a first deployment: its color has no release
# here, and no process listens on the color's ports. The rest of the file does not matter, because the way back writes
# the file again, byte for byte.
nobody_runs_live() {
  local routed=${live:-$live_guess}
  [[ -n $routed && -z $live_release && ! -L $state/live && ! -L $state/colors/$routed ]] && known_color "$routed" && ! answers_somewhere "$routed"
}

# last_live_is COLOR: Succeeds if the release that was switched to last belongs to this color.
last_live_is() {
  local value
  [[ -L $state/live ]] && meta color "$state/live" && [[ $value == "$1" ]]
}

# shares_port COLOR PORTS: Succeeds if a service of COLOR has one of these ports.
shares_port() {
  local name taken
  for name in "${services[@]}"; do
    for taken in $2; do
      [[ ${port_of["$1 $name"]-} != "$taken" ]] || return 0
    done
  done
  return 1
}

# is_untouchable RELEASE: Succeeds if the release is live or may be live. While a swap is not confirmed, this is every
# release.
is_untouchable() {
  local value
  [[ ${journal[phase]} != swapping ]] || return 0
  read_live
  # This is a first deployment: nothing serves yet, whatever the file contains. But the proxy may load the file at any
  # time, so the color in the file must not be stopped.
  if nobody_runs_live; then
    meta color "$1" && [[ $value == "${live:-$live_guess}" ]]
    return
  fi
  case $live_state in
    # Without a fragment the proxy may still serve the configuration that it loaded last.
    none) [[ $state/live -ef $1 ]] ;;
    color)
      [[ ! $live_release -ef $1 ]] || return 0
      # The release that was confirmed last may still be in force.
      [[ ! $state/live -ef $1 ]] || ! confirmed_runs || return 0
      [[ -z $live_release ]] && meta color "$1" && [[ $value == "$live" ]]
      ;;
    *) return 0 ;;
  esac
}

# may_route_to_itself RELEASE: Asks the release's own script whether the proxy routes to it, because that script may
# write another file of the proxy than this one. Succeeds unless the script gives a clear no. Fails without a question
# if it is the same script as this one, or of protocol 0. Sets `answer`.
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

# is_named_elsewhere RELEASE: For a release of protocol 0, whose script cannot be asked about its own file. Succeeds
# if another file that the proxy loads contains one of its addresses, or if this cannot be found out. Sets `answer`.
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

# stop_release RELEASE: Stops all services of a release, unless it is live or may be live. No other function stops a
# whole color.
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
