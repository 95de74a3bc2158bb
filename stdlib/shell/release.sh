# ---- release: the script of a release can stop it, even if this script has changed since ---------
#
# The script of a release is called as `SCRIPT _release FOLDER WORD ARG…`. Releases of 0.1.0 have protocol 0: their meta
# file has no `protocol`. They do not know the words `routed`, `verify`, `exclusives` and `ensure`, nor the words that
# make a copy (`places`, `read_inputs`, `renew`).

# of_release RELEASE WORD ARG…: Asks the release's script and sets `answer`. The exit code is the script's. 124: the
# time was over. 125: the script does not answer. 143: interrupted.
of_release() {
  local folder=$1 limit code value name exclusives=''
  shift
  [[ -f $folder/script ]] || {
    : >"$scratch/errors"
    say_broken "$folder"
    return 125
  }
  case $1 in
    stop*) meta limit.stop "$folder" || : ;;
    start*) meta limit.start "$folder" || : ;;
    *) meta "limit.$1" "$folder" || : ;;
  esac
  number "$value" "${deadline["copy"]}"
  limit=$value
  if is_of_this_script "$folder"; then
    bounded "$limit" as_release "$folder" "$@" >"$scratch/answer" 2>"$scratch/errors"
  else
    for name in "${services[@]}"; do
      overlaps "$name" || exclusives+=" $name"
    done
    DEPLOYC_COMMAND=$command DEPLOYC_EXCLUSIVE=$exclusives bounded "$limit" bash "$folder/script" _release "$folder" "$@" >"$scratch/answer" 2>"$scratch/errors"
  fi
  code=$?
  read_answer
  [[ ! -s $scratch/errors ]] || to_log "release ${folder##*/}, $1: $(<"$scratch/errors")"
  case $code in
    124) answer="${folder##*/}: $1 did not finish within $((limit / 1000))s" ;;
    143) answer="${folder##*/}: $1 was interrupted" ;;
    *)
      # An empty or truncated script prints nothing and may exit 0. That is not an answer.
      if [[ $answer != "release ${folder##*/}"* ]]; then
        say_broken "$folder"
        return 125
      fi
      answer=${answer#*"${folder##*/}"}
      answer=${answer#$'\n'}
      ;;
  esac
  return "$code"
}

# say_broken RELEASE: Sets `answer` for a release whose script does not answer: what the script has printed, and what
# leads out.
say_broken() {
  local value said='' programs folder
  folder=$(readlink -f -- "$1")
  [[ ! -s $scratch/errors ]] || said=$(tail -n 1 "$scratch/errors")
  meta ports "$1" || :
  programs=$(bounded "${deadline["journal"]}" owners_of_ports "$value")
  answer="${folder##*/}: its script does not answer${said:+ ($said)}. Put $folder/script back. If nobody has it: switch to another release if this one is live, end its programs by hand (${programs:-none listens on its ports}), remove $folder, then run the command again"
}

# The services that are exclusive for the script that asks. Here they are exclusive, too, even if they overlap in this
# deploy.bg: a rollback must not start a second copy of what may run only once today. A service that the proxy routes to
# is not, because it must run before the swap.
exclusive_for_asker=''

same_script='' # the releases whose script has the same text as this one

# is_of_this_script RELEASE: Succeeds if its script has the same text as this script.
is_of_this_script() {
  local text
  [[ $same_script != *"|$1|"* ]] || return 0
  [[ -n $script_text ]] || IFS= read -r -d '' script_text <"$script" || :
  IFS= read -r -d '' text <"$1/script" || :
  [[ -n $text && $text == "$script_text" ]] || return 1
  same_script+="|$1|"
}

# release_protocol RELEASE: Sets `value` to the protocol of its script, 0 if the meta file has none.
release_protocol() {
  meta protocol "$1" || :
  number "$value" 0
}

# print_all_but_reason: Prints all lines of `answer` but the last. Keeps the last line, which is the reason, in `answer`.
print_all_but_reason() {
  local line told=$answer
  [[ $told == *$'\n'* ]] || return 0
  answer=${told##*$'\n'}
  while IFS= read -r line; do
    say "$line"
  done <<<"${told%$'\n'*}"
}

# as_release RELEASE WORD ARG…: Does what the release's script would do. It is for a script with the same text as this
# one, and saves the start of another bash.
as_release() {
  reason='' cause='' log_format=plain open_line=''
  scratch=$scratch/release
  [[ -d $scratch ]] || mkdir "$scratch" || return
  release_command "$@"
}

# release_command RELEASE WORD ARG…: Answers the question of `of_release`. Runs in the script of the release.
release_command() {
  local value name wanted=${3-} code=0
  journal=([phase]=idle) candidate=$1 from='' old_release=''
  printf 'release %s\n' "${1##*/}"
  state=${1%/releases/*}
  if [[ $2 == renew ]]; then
    renew_release "$@"
    return
  fi
  meta color "$1" || {
    printf 'its meta file contains no color: was it edited by hand?\n'
    return 125
  }
  to=$value
  load_inputs "$1"
  for name in $exclusive_for_asker; do
    [[ -z ${handover_of["$name"]-} || -n ${address_of["$to $name"]-} ]] || handover_of["$name"]=exclusive
  done
  case $2 in
    gate | verify)
      # If the processes of an adopted color are not known, only its answers are checked.
      ! meta adopted "$1" || [[ -f $1/identity.${services[0]} ]] || unmanaged=yes
      "release_$2" "$wanted" || code=1
      printf '%s\n' "$reason"
      return "$code"
      ;;
    routed)
      ask_switch routed
      code=$?
      printf '%s\n' "$answer"
      return "$code"
      ;;
    has_exclusive)
      for name in "${services[@]}"; do
        overlaps "$name" || return 0
      done
      return 1
      ;;
    exclusives)
      for name in "${services[@]}"; do
        overlaps "$name" || printf '%s\n' "$name"
      done
      return 0
      ;;
    ensure) return 0 ;;
    places)
      places_in "$wanted"
      return
      ;;
    read_inputs)
      candidate=$wanted
      take_inputs || {
        printf '%s\n' "$reason"
        return 2
      }
      save_inputs
      return
      ;;
    running) code=1 ;;
  esac
  for name in "${services[@]}"; do
    case $wanted in
      overlap) overlaps "$name" || continue ;;
      exclusive) ! overlaps "$name" || continue ;;
    esac
    at new "$name" release_service "$2" "$wanted" "${4-}"
    code=$?
    if [[ $2 == running ]]; then
      # `running` asks whether any service is alive. Only after a clear no the next service is asked.
      ((code == 1)) || break
      continue
    fi
    ((code == 0)) || break
  done
  printf '%s\n' "$answer"
  return "$code"
}

# places_in COLOR: Prints the ports and addresses of its services in this color. Returns 3 if deploy.bg has no such
# color.
places_in() {
  local ports addresses
  known_color "$1" || {
    printf '%s\n' "its deploy.bg has the colors ${colors[0]} and ${colors[1]}, not $1"
    return 3
  }
  list_places "$1"
  printf '%s\n' "ports $ports" "addresses $addresses"
}

# renew_release RELEASE renew COLOR DEPLOYMENT COPIED: Makes RELEASE, a copy of COPIED, a release of COLOR: writes its
# fragment and its meta file.
renew_release() {
  to=$3 deployment=$4
  known_color "$to" || return
  load_inputs "$1"
  { fragment "$to" >"$candidate/fragment" && sync_path "$candidate/fragment" && write_meta "$5"; } 2>/dev/null || {
    printf '%s\n' "cannot write to $candidate: is the disk full?"
    return 1
  }
}

# release_service WORD WANTED MORE: Does WORD for the current service.
release_service() {
  case $1 in
    running) ask_run alive ;;
    alive | stop)
      local code
      ask_run "$1" && return 0
      code=$?
      ((${#services[@]} == 1)) || answer="$service: $answer"
      return "$code"
      ;;
    clear) ask_run_if_able clear ;;
    persist)
      # persist on|off [overlap|exclusive]
      case $3 in
        overlap) overlaps "$service" || return 0 ;;
        exclusive) ! overlaps "$service" || return 0 ;;
      esac
      ask_run_if_able persist "$2"
      ;;
    start) ask_run start ;;
    start_missing) start_and_offer ;;
    start_service) [[ $service != "$2" ]] || ask_run start ;;
    stop_service) [[ $service != "$2" ]] || ask_run stop ;;
    stop_exclusive) [[ $handover != exclusive ]] || ask_run stop ;;
    start_exclusive) [[ $handover != exclusive ]] || start_missing ;;
    logs)
      ask_run logs "$2" || answer=''
      printf '%s\n' "$answer"
      answer=''
      ;;
    *) return 2 ;;
  esac
}

started='' # yes: `start_missing` has started the service

# start_missing: Starts the current service, unless it runs. If the driver cannot tell whether it runs, fails without a
# start, because the service must not be started twice.
start_missing() {
  started=no
  ask_run alive
  case $? in
    0) return 0 ;;
    1)
      started=yes
      ask_run start
      ;;
    *) return 1 ;;
  esac
}

# start_and_offer: Does the same as `start_missing`. After a start it also saves the driver's offers with the release,
# because another start may have another address.
start_and_offer() {
  start_missing || return
  [[ $started == yes ]] && run_has offers || return 0
  ask_run offers && write_file "$release/offers.$service" "$answer"
}

# release_gate [exclusive]: Asks the gates of the services that overlap. With `exclusive`, asks those of the exclusive
# services.
release_gate() {
  local gate name
  for gate in ${gates[@]+"${gates[@]}"}; do
    name=${gate% *}
    if [[ $1 == exclusive ]]; then
      ! overlaps "$name" || continue
    else
      overlaps "$name" || continue
    fi
    at new "$name" run_gate "gate.$name.${gate#* }" || return
  done
}

# release_verify: Asks each `verify` through the proxy. If a `verify` that only warns fails, prints its reason and
# continues.
release_verify() {
  local name
  for name in ${verifies[@]+"${verifies[@]}"}; do
    at_verify new "$name" run_verify "verify.$name" && continue
    if [[ " ${verifies_that_warn[*]-} " == *" $name "* ]]; then
      say "  $name: $reason"
      reason=''
      continue
    fi
    return 1
  done
}

# ---- its folder ----------------------------------------------------------------------------------

# make_release_folder: Makes the folder with everything but the artifact, and syncs it to the disk. The meta file is
# written last. So a release without a meta file was never started.
make_release_folder() {
  local name
  local -a files=("$candidate/script" "$candidate/fragment")
  for name in ${input_names[@]+"${input_names[@]}"}; do
    files+=("$candidate/inputs/$name")
  done
  keep_runtime && mkdir -p "$candidate/slot" && name_artifact && printf '%s' "$script_text" >"$candidate/script" && fragment "$to" >"$candidate/fragment" && save_inputs \
    && sync_path ${files[@]+"${files[@]}"} "$candidate/inputs" "$candidate" "$state/releases" && write_meta
}

# name_artifact: Saves the artifact's name, which is shown to people. The artifact was found before. An adopted color
# has none.
name_artifact() {
  local name=${matches[0]-}
  [[ -n $name ]] || return 0
  # The content of a folder (`FOLDER/.`) gets the folder's name.
  [[ $name != */. ]] || name=${name%/.}
  printf '%s\n' "${name##*/}" >"$candidate/artifact"
}

# keep_runtime: Keeps the runtime file that this script was built with, because the copies of the script in releases
# need it. A script that was built as a single file has no runtime file.
keep_runtime() {
  local kept=$state/runtimes/$runtime
  [[ -n $runtime_file && ! -f $kept ]] || return 0
  cp -- "$runtime_file" "$kept.new" && [[ $(sha256sum <"$kept.new") == "${runtime##*-} "* ]] && sync_path "$kept.new" && mv -f "$kept.new" "$kept" && sync_path "$state/runtimes"
}

# write_meta [COPIED]: Writes what other scripts must know about this release. COPIED is the release that it is a copy
# of. The compiler has made the limits (`src/plan/release_limits.rs`).
write_meta() {
  local name text created ports addresses routed=''
  for name in "${services[@]}"; do
    [[ -z ${address_of["$to $name"]-} ]] || routed+=" $name"
  done
  list_places "$to"
  printf -v created '%(%Y-%m-%dT%H:%M:%S%z)T' -1
  printf -v text '%s\n' "color=$to" "ports=$ports" "addresses=$addresses" "routed=${routed# }" "deployment=$deployment" "created=$created" \
    "protocol=1" "secrets=${secret_names[*]-}" "limit.stop=${deadline["release_stop"]}" "limit.clear=${deadline["release_stop"]}" \
    "limit.start=${deadline["release_start"]}" "limit.gate=${deadline["release_gate"]}" "limit.verify=${deadline["release_verify"]}"
  [[ ${journal[kind]-} != adopt ]] || text+="adopted=yes"
  [[ -z ${1-} ]] || text+="copied=$1"
  write_file "$candidate/meta" "${text%$'\n'}"
}

# declare_question DECLARATION: Loads a declaration without asking its questions.
declare_question() {
  reset_probe
  "$1"
}

# release_of COLOR: Sets `found_release` to the candidate if it is for this color, otherwise to the color's last good
# release. Skips the candidate of an adoption whose processes belong to an earlier release. Fails if there is no
# release.
release_of() {
  found_release=''
  if [[ -n $candidate && ${journal[to]-} == "$1" && ${journal[kind]-}${journal[warm]-} != adoptyes ]]; then
    found_release=$candidate
  elif [[ -L $state/colors/$1 ]]; then
    release_behind "$state/colors/$1"
    found_release=$behind
  fi
  [[ -n $found_release && -d $found_release ]]
}

behind='' # set by `release_behind`

# release_behind LINK: Sets `behind` to the folder of the release that a pointer leads to. Fails if it leads nowhere. A
# release of this state is found without a process.
release_behind() {
  for behind in "$state"/releases/*; do
    [[ ! $behind -ef $1 ]] || return 0
  done
  behind=$(readlink -f -- "$1")
  [[ -n $behind ]]
}

# point NAME RELEASE: Makes $state/NAME a link to the release, by one rename. The link is on the disk after the caller
# has synced its folder.
point() {
  [[ ! $state/$1 -ef $2 ]] || return 0
  ln -sfn "$2" "$state/.point" && mv -fT "$state/.point" "$state/$1"
}

# previous_release: Sets `found_release` to the release that served before the live one. Fails if there is none.
previous_release() {
  found_release=''
  [[ -L $state/previous ]] && release_behind "$state/previous" || return 1
  found_release=$behind
  [[ -f $found_release/meta ]]
}

# remove_release RELEASE UNTIL: Removes a stopped release that no link leads to. If `now_ms` reaches UNTIL before
# everything is removed, a later run removes the rest.
remove_release() {
  case $1 in
    "$state"/releases/?*) ;;
    *) return 1 ;;
  esac
  [[ -d $1 ]] || return 0
  [[ ! -f $1/meta ]] || of_release "$1" clear || warn "release ${1##*/}: $answer"
  now
  warn_of_files_of_app "$1" $(($2 - now_ms))
  now
  ((now_ms < $2)) || return 0
  bounded $(($2 - now_ms)) rm -rf "$1" || warn "release ${1##*/} could not be removed"
}

# meta KEY RELEASE: Sets `value` to the value of KEY in the release's meta file. Fails if it is not there.
meta() {
  local key rest
  value=''
  [[ -f $2/meta ]] || return 1
  while IFS='=' read -r key rest; do
    if [[ $key == "$1" ]]; then
      value=$rest
      return 0
    fi
  done <"$2/meta"
  return 1
}

# release_time RELEASE: Prints when the release was made.
release_time() {
  local value
  meta created "$1"
  printf '%s' "$value"
}

# save_identity LINE, load_identity: Save and load (into `identity`) the line that identifies the process of the current
# service.
save_identity() {
  write_file "$release/identity.$service" "$1"
}

load_identity() {
  identity=''
  [[ -f $release/identity.$service ]] || return 1
  IFS= read -r identity <"$release/identity.$service"
}
