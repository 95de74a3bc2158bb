# ---- status, history, doctor, plan: nothing is changed -----------------------------------------

# status [json]: what serves, what is under way, what is left over.
status() {
  local value running='' phase held='' color_word release_word
  read_journal
  read_boot
  read_live
  phase=${journal[phase]}
  mutex_is_held && holder_of_mutex && held=$holder
  if [[ ${1-} == json ]]; then
    status_json
    return
  fi
  case $live_state in
    color)
      live_is_dead && running=", NOT RUNNING: \`resume\` brings it up"
      say "live:      $live$(described "$live_release")$running"
      ;;
    none) say 'live:      nothing: the proxy has no fragment of this app yet' ;;
    mixed) say 'live:      MIXED: the files of the proxy route to both colors' ;;
    *) say "live:      UNKNOWN: $live_why" ;;
  esac
  for color_word in "${colors[@]}"; do
    [[ $color_word != "${live:-$live_guess}" ]] || continue
    release_of "$color_word" || {
      say "idle:      $color_word, empty"
      continue
    }
    of_release "$found_release" alive
    case $? in
      0) running=running ;;
      1) running=stopped ;;
      *) running="cannot tell whether it runs ($answer)" ;;
    esac
    say "idle:      $color_word, $running$(described "$found_release")"
  done
  case $phase in
    idle) say 'under way: nothing' ;;
    prepared) say "under way: ${journal[to]} is prepared for deployment ${journal[deployment]}, not switched yet" ;;
    removing) say "under way: $app is to be removed${held:+ ($held)}" ;;
    preparing | returning | adopting) say "under way: deployment ${journal[deployment]} prepares ${journal[to]}${held:+ ($held)}" ;;
    swapping | switched)
      if [[ ${journal[kind]} == remove ]]; then
        say "under way: $app is being removed${journal[from]:+; ${journal[from]} served}"
      elif [[ $phase == switched ]]; then
        say "under way: cleanup of deployment ${journal[deployment]}: ${journal[from]:-nothing} has to be drained and stopped"
      else
        say "under way: deployment ${journal[deployment]} switches from ${journal[from]:-nothing} to ${journal[to]}; until it is confirmed the proxy may serve either"
      fi
      ;;
  esac
  if [[ $phase != idle && $phase != prepared && $phase != switched && -z $held ]]; then
    say "           its process is gone: the next command that may change something puts this right"
  fi
  [[ -z $held || $phase == preparing ]] || say "lock:      $held"
  if [[ -L $state/failed ]]; then
    release_word=$(readlink -f "$state/failed")
    say "failed:    release ${release_word##*/}; its logs are in $release_word"
  fi
}

# described RELEASE: ", release ID of TIME", or that there is none.
described() {
  local value
  if [[ -z $1 ]]; then
    printf ' (not started by this script)'
  elif meta created "$1"; then
    printf ', release %s of %s' "${1##*/}" "$value"
  fi
}

# live_is_dead: the live color was started by this script and does not run any more. Only a clear answer is one.
live_is_dead() {
  [[ -n $live_release ]] || return 1
  of_release "$live_release" alive
  (($? == 1))
}

# mutex_is_held: asked of the kernel; taking the lock to see whether it is free would keep a deployment out.
mutex_is_held() {
  local inode
  inode=$(stat -c %i "$state/lock" 2>/dev/null) || return 1
  grep -qE "FLOCK .*:$inode 0 EOF" /proc/locks
}

status_json() {
  local quoted line
  line="{\"app\":\"$app\",\"live\":"
  if [[ $live_state == color ]]; then line+="\"$live\""; else line+=null; fi
  json_string "$live_why"
  line+=",\"state\":\"$live_state\",\"why\":$quoted,\"release\":\"${live_release##*/}\",\"phase\":\"${journal[phase]}\""
  json_string "${journal[deployment]-}"
  line+=",\"deployment\":$quoted,\"from\":\"${journal[from]-}\",\"to\":\"${journal[to]-}\""
  json_string "$held"
  line+=",\"lock\":$quoted,\"colors\":{"
  for color_word in "${colors[@]}"; do
    running=false
    release_of "$color_word" && of_release "$found_release" alive && running=true
    line+="\"$color_word\":{\"release\":\"${found_release##*/}\",\"running\":$running},"
  done
  printf '%s}}\n' "${line%,}"
}

# history: a line for each deployment, the newest last.
history() {
  local when deployed ran result went came took why
  if [[ ! -f $state/history ]]; then
    say 'no deployment yet'
    return 0
  fi
  while IFS=$'\t' read -r when deployed ran result went came took why; do
    say "$when  $ran $result  $went -> $came  ${took}s  $deployed${why:+  $why}"
  done <"$state/history"
}

# doctor: is this host ready, and is what is installed what was generated?
doctor() {
  local found=0
  check_for_doctor 'the tools' do_check_host || found=1
  check_for_doctor 'the proxy' do_preflight_proxy || found=1
  check_for_doctor 'its configuration' do_test_as_it_is || found=1
  check_for_doctor 'the live color can be told' live_can_be_told || found=1
  from=$live to=${colors[0]}
  [[ $live != "${colors[0]}" ]] || to=${colors[1]}
  check_for_doctor 'the inputs' take_inputs || found=1
  check_for_doctor 'what probes and verify ask' do_check_questions || found=1
  check_for_doctor 'room for a release' room_is_left || found=1
  check_for_doctor 'the script is as it was built' script_is_as_built || found=1
  # No reason to refuse a deployment: it may be the cure.
  ! live_is_dead || warn "$live is live and does not run: \`resume\` brings it up"
  reason=''
  if ((found)); then
    exit_code=3
    fail_with 'this host is not ready: see above'
    return
  fi
  case $live_state in
    color) say "ready; $live is live" ;;
    *) say 'ready; nothing is live yet' ;;
  esac
}

# live_can_be_told: or nobody has started what the proxy's file routes to.
live_can_be_told() {
  read_live
  nobody_runs_live || live_is_known
}

# room_is_left: the state's disk takes something. Nothing is written to see it.
room_is_left() {
  local folder=$state blocks='' free='' for_users=''
  while [[ ! -d $folder ]]; do
    folder=${folder%/*}
    folder=${folder:-/}
  done
  read -r blocks free for_users < <(stat -f -c '%b %f %a' "$folder" 2>/dev/null) || :
  ((EUID == 0)) || free=$for_users
  # Some file systems do not count.
  if [[ $free == 0 && $blocks != 0 ]]; then
    fail_with "the disk with $folder is full: make room"
  elif [[ ! -w $folder ]]; then
    fail_with "$(id -un) may not write $folder, where the releases are kept: run this as the user who owns it"
  fi
}

# script_is_as_built: by the manifest beside it, if there is one.
script_is_as_built() {
  local manifest=${script%/*}/manifest.json hash line
  line=$(grep -sF "${script##*/}\": \"" "$manifest") && hash=$(sha256sum "$script" 2>/dev/null) || return 0
  [[ $line == *"\"${hash%% *}\""* ]] || fail_with "$script was changed since it was built ($manifest knows another): install what \`deployc build\` wrote"
}

# check_for_doctor WHAT FUNCTION: one line.
check_for_doctor() {
  reason=''
  if "$2"; then
    say "  ok      $1"
    return 0
  fi
  say "  FAILED  $1: $reason"
  return 1
}

# plan: what every command would do, in order; nothing is done.
plan() {
  local program
  if do_choose_idle >/dev/null; then
    say "$app: from ${from:-nothing} to $to"
  else
    say "$app: a deployment would be refused now: $reason"
  fi
  say 'every command first takes the lock and undoes or finishes what an interrupted run left'
  listing=yes
  for program in prepare switch cleanup; do
    list_program "plan.$program"
  done
  for program in plan.failed plan.rollback plan.serve_release plan.rollback_to plan.restart plan.abort plan.resume plan.adopt plan.remove way.end_new way.go_back \
    way.stay_on_new way.undo_adopt way.let_go way.put_back; do
    list_program "$program"
  done
}

# list_program FUNCTION: its steps, with what the failure of each asks for.
list_program() {
  say ''
  say "${1#plan.}:"
  otherwise=person
  "$1"
}

# list_step WHERE ACTION ARG…
list_step() {
  local line
  printf -v line '  %-42s %-14s %s' "${*:2}" "$otherwise" "$1"
  say "${line%"${line##*[! ]}"}"
}
