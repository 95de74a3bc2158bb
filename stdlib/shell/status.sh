# ---- status, history, plan: commands that change nothing -----------------------------------------

# status [json]: Prints the live color, the idle one, unfinished work and the last failed release.
status() {
  local value runs='' told='' phase held='' color_word release_word
  read_journal
  read_boot
  read_live
  phase=${journal[phase]}
  # While a deployment is under way, or was interrupted, the file may be ahead of what was confirmed. `under way` says so.
  if [[ $live_state == color && $phase =~ ^(idle|prepared)$ ]] && ! agrees_with_confirmed "$live"; then
    live_state=unknown live_why=$reason live='' live_release='' reason=''
  elif nobody_runs_live; then
    live_why="the proxy's file routes to ${live:-$live_guess}, where nothing runs"
    live_state=none live=''
  fi
  mutex_is_held && holder_of_mutex && held=$holder
  if [[ ${1-} == json ]]; then
    status_json
    return
  fi
  case $live_state in
    color)
      [[ -z $live_release ]] || what_runs_of "$live_release"
      case $runs in
        none) told=", NOT RUNNING: \`resume\` starts it" ;;
        part) told=", ONLY PARTLY RUNNING ($answer): \`resume\` starts the rest" ;;
      esac
      say "live:      $live$(described "$live_release")$told"
      ;;
    none) say "live:      nothing: ${live_why:-the proxy has no fragment of this app yet}" ;;
    mixed) say 'live:      MIXED: the files of the proxy route to both colors' ;;
    *) say "live:      UNKNOWN: $live_why" ;;
  esac
  for color_word in "${colors[@]}"; do
    [[ $color_word != "${live:-$live_guess}" ]] || continue
    release_of "$color_word" || {
      say "idle:      $color_word, empty"
      continue
    }
    what_runs_of "$found_release"
    case $runs in
      all) told=running ;;
      part) told="running in part ($answer)" ;;
      none) told=stopped ;;
      unknown) told="cannot tell whether it runs ($answer)" ;;
    esac
    say "idle:      $color_word, $told$(described "$found_release")"
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
    say "           its process is gone: the next command that changes something repairs this"
  fi
  [[ -z $held || $phase == preparing ]] || say "lock:      $held"
  if [[ -L $state/failed ]]; then
    release_word=$(readlink -f "$state/failed")
    say "failed:    release ${release_word##*/}; its logs are in $release_word"
  fi
}

# described RELEASE: Prints `, release ID of TIME`, or that this script did not start the color.
described() {
  local value
  if [[ -z $1 ]]; then
    printf ' (not started by this script)'
  elif meta created "$1"; then
    printf ', release %s of %s' "${1##*/}" "$value"
  fi
}

# what_runs_of RELEASE: Sets `runs` to all, part, none or unknown. If it is part, `answer` says what does not run.
what_runs_of() {
  local code
  of_release "$1" alive
  code=$?
  case $code in
    0) runs=all ;;
    1)
      # This no means that at least one service does not run. Others may run, and then the release is not stopped.
      local why=$answer
      of_release "$1" running
      case $? in
        0) runs=part answer=$why ;;
        1) runs=none ;;
        *) runs=unknown ;;
      esac
      ;;
    *) runs=unknown ;;
  esac
}

# live_is_dead: Succeeds if this script started the live color and the color does not run any more. An unclear answer
# does not count.
live_is_dead() {
  [[ -n $live_release ]] || return 1
  of_release "$live_release" alive
  (($? == 1))
}

status_json() {
  local quoted line running complete
  line="{\"app\":\"$app\",\"live\":"
  if [[ $live_state == color ]]; then line+="\"$live\""; else line+=null; fi
  json_string "$live_why"
  line+=",\"state\":\"$live_state\",\"why\":$quoted,\"release\":\"${live_release##*/}\",\"phase\":\"${journal[phase]}\""
  json_string "${journal[deployment]-}"
  line+=",\"deployment\":$quoted,\"from\":\"${journal[from]-}\",\"to\":\"${journal[to]-}\""
  json_string "$held"
  line+=",\"lock\":$quoted,\"colors\":{"
  for color_word in "${colors[@]}"; do
    runs=none
    ! release_of "$color_word" || what_runs_of "$found_release"
    running=false complete=false
    [[ $runs != all && $runs != part ]] || running=true
    [[ $runs != all ]] || complete=true
    line+="\"$color_word\":{\"release\":\"${found_release##*/}\",\"running\":$running,\"complete\":$complete},"
  done
  printf '%s}}\n' "${line%,}"
}

# history: Prints a line for each deployment, the newest last.
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

# plan: Prints the steps of every command, in order. Nothing is done.
plan() {
  local program
  if choose_idle >/dev/null; then
    say "$app: from ${from:-nothing} to $to"
  else
    say "$app: a deployment would be refused now: $reason"
  fi
  say 'every command first takes the lock and undoes or finishes what an interrupted run left'
  listing=yes
  for program in ${listed[@]+"${listed[@]}"}; do
    list_block "$program"
  done
}

# list_block FUNCTION: Prints the steps of the function, each with what follows its failure.
list_block() {
  local block=$1 heading told_of=''
  heading=${1#command.}
  say ''
  say "${heading#plan.}:"
  otherwise=person
  "$1"
}

# list_step WHERE ACTION ARG…: Prints a step. For the steps of a program that has a block of its own, prints only the
# program's name.
list_step() {
  local line program
  program_of_block "${FUNCNAME[@]:2}"
  if [[ -z $program ]]; then
    printf -v line '  %-42s %-14s %s' "${*:2}" "$otherwise" "$1"
  elif [[ $program != "$told_of" ]]; then
    told_of=$program
    printf -v line '  %-42s %-14s %s' "$program" '' 'see there'
  else
    return 0
  fi
  say "${line%"${line##*[! ]}"}"
}

# program_of_block FUNCTION…: Sets `program` to the function whose block has the steps, if that is another block than
# the listed one; otherwise to an empty text. FUNCTION… are the running functions, the innermost first.
program_of_block() {
  local one within=''
  program=''
  for one; do
    [[ $one != "$block" ]] || break
    # The programs that belong only to this command are printed in its own block.
    if [[ -n $within && " ${written_out[*]} " != *" $within "* ]]; then
      program=$within
    fi
    within=$one
  done
  if [[ -n $within && $block != command.* && " ${written_out[*]} " != *" $within "* ]]; then
    program=$within
  fi
}
