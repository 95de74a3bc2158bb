# ---- prepare: the new color runs and passes its gates; users see nothing -----------------------

declare -A passed_ms=() # when a gate passed in this process
tested_ms=0             # when this process found the proxy's configuration as it should be

# prepare: leaves a reservation that `switch` takes up.
prepare() {
  group_begins "prepare $app (deployment $deployment)"
  step preflight || return
  step choose_idle || return
  step verify_as_it_is || return
  step take_inputs || return
  step check_questions || return
  step clear_idle || return
  step new_release || return
  prepare_steps || return
  [[ $command != prepare ]] || reserve || return
  group_ends
}

# reserve: the prepared color rests until `switch` or `abort`, or until it is too old. A `deploy` that is killed here has left
# no reservation: nobody will come for it.
reserve() {
  journal[expires]=$(($(printf '%(%s)T' -1) + deadline[reservation] / 1000))
  write_journal prepared
}

# preflight: is this host ready? Nothing is changed.
preflight() {
  local tool
  exit_code=3
  for tool in "${tools[@]}"; do
    command -v -- "$tool" >/dev/null || {
      fail_with "$tool is not on this host (looked in $PATH): install it"
      return
    }
  done
  ask_switch preflight || {
    fail_with "$answer"
    return
  }
  test_as_it_is || return
  exit_code=1
}

# check_questions: this host can ask all that will be asked; adds up how long the gates may take.
check_questions() {
  local name
  exit_code=3
  release=''
  use "$to"
  gates_ms=0
  at_mode=sum
  prepare_steps
  at_mode=run
  for name in ${verifies[@]+"${verifies[@]}"}; do
    reset_probe
    "$name"
    questions_ready
  done
  [[ -z $reason ]] || return
  exit_code=1
}

# clear_idle: what is left of the idle color is ours and stopped, and nobody else has its place.
clear_idle() {
  local name link folder idle='' value artifact
  local -a matches
  exit_code=3
  # What is missing is found before anything is stopped.
  find_artifact || return
  if release_of "$to"; then
    idle=$found_release
    stop_release "$idle" || {
      fail_with "the idle color $to still runs and cannot be stopped: $answer"
      return
    }
  fi
  # Colors of other names may have had these ports, and be warm.
  for link in "$state"/colors/*; do
    if [[ $link -ef $idle ]] || ! meta ports "$link" || ! shares_port "$to" "$value"; then
      continue
    fi
    folder=$(readlink -f "$link")
    stop_release "$folder" || {
      fail_with "release ${folder##*/}, which has a port of the idle color $to, still runs and cannot be stopped: $answer"
      return
    }
  done
  sweep_releases
  for name in "${services[@]}"; do
    release='' use "$to" "$name"
    [[ -n $port ]] || continue
    port_is_free || return
  done
  exit_code=1
}

# port_is_free: no listener in IPv4 or IPv6, and a connection is refused.
port_is_free() {
  local found
  found=$(listeners "$port")
  if [[ -n $found ]]; then
    fail_with "port $port of the idle color $to is taken by a process that this script did not start: $(owners_of_port "$port")"
    return
  fi
  connect_refused 127.0.0.1 "$port" || fail_with "something answers on 127.0.0.1:$port, the place of the idle color $to"
}

# new_release: a folder with all that belongs to this deployment, the script that can stop it among it.
new_release() {
  local name
  make_release deploy || return
  save_way_back || return
  use "$to"
  copy_artifact || return
  for name in "${services[@]}"; do
    use "$to" "$name"
    ask_run_if_able stage || {
      fail_with "$answer"
      return
    }
  done
  bounded "${deadline[copy]}" sync_tree "$slot" || fail_with "cannot write $slot to the disk"
}

# make_release KIND [WARM]: its folder, which the journal knows of before it is there.
make_release() {
  local id
  printf -v id '%(%Y%m%d-%H%M%S)T-%s' -1 "$$"
  release=$state/releases/$id
  begin_journal "$@"
  write_journal preparing || return
  bounded "${deadline[copy]}" fill_release || fail_with "cannot write to $release: is the disk full?"
}

# begin_journal KIND [WARM]: of a run with the release at hand; WARM is yes where what runs of the color goes on whatever comes of it.
begin_journal() {
  empty_journal
  candidate=$release
  journal[deployment]=$deployment journal[kind]=$1 journal[warm]=${2-} journal[from]=$from journal[to]=$to journal[release]=${release##*/} journal[boot]=$boot
}

# fill_release: all but the artifact, on the disk. The meta file comes last: a release without one was never started.
fill_release() {
  local name
  local -a files=("$release/script" "$release/fragment")
  for name in ${input_names[@]+"${input_names[@]}"}; do
    files+=("$release/inputs/$name")
  done
  mkdir -p "$release/slot" && cp "$script" "$release/script" && fragment "$to" >"$release/fragment" && save_inputs \
    && sync_path ${files[@]+"${files[@]}"} "$release/inputs" "$release" "$state/releases" && write_meta
}

# write_meta: what another script must know of this release.
write_meta() {
  local name text ports='' addresses='' stop=0 start=0
  for name in "${services[@]}"; do
    use "$to" "$name"
    ports+=" $port"
    addresses+=" $address"
    stop=$((stop + stop_within + deadline[driver_slack]))
    start=$((start + deadline[${run}_start] + deadline[driver_slack]))
  done
  printf -v text '%s\n' "color=$to" "ports=${ports# }" "addresses=${addresses# }" "deployment=$deployment" "created=$(printf '%(%Y-%m-%dT%H:%M:%S%z)T' -1)" \
    "limit.stop=$stop" "limit.clear=$stop" "limit.start=$start" "limit.gate=$((gates_ms + deadline[driver_slack]))"
  [[ ${journal[kind]} != adopt ]] || text+="adopted=yes"
  write_file "$release/meta" "${text%$'\n'}"
}

# copy_artifact: what was staged for this deployment, into the slot.
copy_artifact() {
  local artifact said
  local -a matches
  exit_code=3
  find_artifact || return
  exit_code=1
  [[ -n $artifact ]] || return 0
  bounded "${deadline[copy]}" cp -a -- "${matches[0]}" "$slot/" >"$scratch/answer" 2>&1 || {
    # A full disk has no room for what cp says of it.
    said=$(<"$scratch/answer")
    fail_with "copying $artifact failed: ${said:-is the disk with $state full?}"
  }
}

# find_artifact: sets `artifact`, as deploy.bg says, and `matches`: exactly one file, or a folder's content.
find_artifact() {
  artifact_pattern
  [[ -n $artifact ]] || return 0
  if [[ $artifact == */ ]]; then
    [[ -d $artifact ]] || {
      fail_with "the artifact folder $artifact does not exist"
      return
    }
    matches=("$artifact.")
  else
    mapfile -t matches < <(compgen -G "$artifact")
    if ((${#matches[@]} == 0)); then
      fail_with "no artifact: nothing matches $artifact"
      return
    elif ((${#matches[@]} > 1)); then
      fail_with "more than one artifact matches $artifact: ${matches[*]##*/}: remove all but the one to be deployed, or name it more exactly"
      return
    fi
  fi
}

# start SERVICE
start() {
  use "$to" "$1"
  ask_run start || fail_with "$1 of $to did not start: $answer"
}

# gate SERVICE NAME: the new color must pass; adds up only, where `at_mode` says so.
gate() {
  if [[ $at_mode == sum ]]; then
    reset_probe
    "probe_${1//-/_}_${2//-/_}"
    gates_ms=$((gates_ms + probe_worst))
    questions_ready
    return
  fi
  use "${to:-$color}" "$1"
  run_gate "probe_${1//-/_}_${2//-/_}" || return
  now
  passed_ms[$1.$2]=$now_ms
}

# gate_again SERVICE NAME: right before the swap, unless this process has just seen it pass.
gate_again() {
  local age=2000
  now
  [[ -z ${passed_ms[$1.$2]-} ]] || age=$((now_ms - passed_ms[$1.$2]))
  # Whether it lives was asked last thing.
  ((age >= 100)) || return 0
  if ((age < 2000)); then
    use "$to" "$1"
    color_alive && return 0
  fi
  gate "$@"
}

# describe_color RELEASE: prints the color that it was made for.
describe_color() {
  local value
  meta color "$1"
  printf '%s' "$value"
}

# take_up_pending: what was under way before a rollback that did not succeed, or an `adopt`. If that had swapped, the drain begins anew.
take_up_pending() {
  local draining=${journal[draining]} switched=${journal[switched]}
  if [[ ! -f $state/journal.pending ]]; then
    forget_journal
    return
  fi
  read_journal_from "$state/journal.pending"
  if [[ -n $draining && ${journal[phase]} == switched ]]; then
    journal[draining]=$draining
    journal[switched]=$switched
    journal[boot]=$boot
  fi
  write_journal "${journal[phase]}" || {
    read_journal
    return 1
  }
  rm -f "$state/journal.pending"
}

# drain_dropped: what reached the new color between its swap and the way back ends whole.
drain_dropped() {
  [[ -n ${journal[draining]} && ${journal[warm]} != yes ]] || return 0
  use_release "$candidate" "${journal[to]}"
  step drain_color "${journal[to]}" || :
}

# drop_candidate: the new color, which users never saw or no longer see, is stopped.
drop_candidate() {
  local dropped=$candidate kind=${journal[kind]-}
  [[ -n $dropped ]] || {
    forget_journal
    return 0
  }
  if [[ $kind == adopt ]]; then
    drop_adopted
    return
  fi
  if [[ ${journal[warm]-} == yes ]]; then
    # It ran before this rollback, perhaps with requests to finish; it goes on as it was.
    take_up_pending
    return
  fi
  if [[ -f $dropped/meta ]]; then
    stop_release "$dropped" || {
      warn "release ${dropped##*/} could not be stopped: $answer"
      if [[ -n $live_release && $live_release -ef $dropped ]]; then
        exit_code=5
        reason="${reason:+$reason; and }somebody has pointed the proxy at ${journal[to]} while it was being prepared: write ${journal[from]:-the earlier}'s fragment back by hand and reload the proxy, then run any command of this script again"
        return 1
      fi
      fail_with "release ${dropped##*/} of $(describe_color "$dropped") could not be stopped: $answer"
      return
    }
  fi
  # A failed release stays to be looked at. One that was good before is not made bad by a failed rollback.
  [[ $kind == rollback || $command == abort || ! -d $dropped ]] || point failed "$dropped"
  take_up_pending || return
  sweep_releases
}
