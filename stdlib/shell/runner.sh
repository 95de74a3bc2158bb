# ---- runner: executes programs, which are lines of `otherwise` and `step` ---------------------------
#
# A step that fails ends its program: what follows is skipped, and `run_program` goes on with what `otherwise` named. No action calls
# another action, and none knows what comes next.

turn=''      # '' while the program goes well; else what the failed step asks for
otherwise='' # what the failure of the next steps asks for
listing=no   # yes: nothing is done, the steps are printed
looking=no   # yes: only the steps are done that look
answer_of='' # what the table `recovery` says of a run that was cut short
recovered=no # yes: what an earlier run has left was undone or finished first
verdict=''   # how the command ended: done, failed, refuse, stopped or person

step_name=''  # words of the step at hand, for people
step_where='' # deploy.bg:14
reason=''     # why the step at hand fails
cause=''      # why the command fails: the first reason, and where that was
cause_name='' cause_where=''
exit_code=1 # of a command that was refused

otherwise() { otherwise=$1; }

# step ACTION [new|old [SERVICE]] ARG… [@LINE]
step() {
  local where='' code begun
  if [[ ${!#} == @* ]]; then
    where=${!#} where=${where#@}
    [[ $where == *:* ]] || where=$source:$where
    set -- "${@:1:$#-1}"
  fi
  if [[ $listing == yes ]]; then
    list_step "$where" "$@"
    return 0
  fi
  if [[ $looking == yes ]]; then
    look_at_step "$where" "$@"
    return 0
  fi
  [[ -z $turn ]] || return 0 # the program has failed: nothing of it runs any more
  step_where=$where
  group_of_program "${FUNCNAME[@]:1}"
  step_begins "$@"
  now
  begun=$now_ms code=143
  # What is only said if it fails is short, and not left out because somebody asked to stop.
  if [[ $otherwise == warn ]] || ! asked_to_stop; then
    "do_$1" "${@:2}"
    code=$?
    # What was done is done, a signal meanwhile or not: the next step, and what its failure asks for, sees to it.
    ((code == 0)) || ! asked_to_stop || code=143
  fi
  case $code in
    0) step_ends ok "$begun" "$@" ;;
    10) # all is done that there was to do
      step_ends ok "$begun" "$@"
      turn='end'
      ;;
    *)
      step_ends FAILED "$begun" "$@"
      step_failed "$code"
      ;;
  esac
}

# step_failed CODE: what its failure asks for.
step_failed() {
  # Whatever else failed follows from it.
  (($1 != 143)) || reason="stopped by ${interrupted:-a signal}"
  if (($1 == 5)); then # only a person can decide, whatever comes next
    turn=person
    keep_cause
    return
  fi
  case $otherwise in
    warn)
      warn "$step_name${step_where:+ ($step_where)}: ${reason:-failed}"
      reason=''
      ;;
    later)
      warn "$step_name${step_where:+ ($step_where)} is not finished: ${reason:-failed}; the next command of this script continues it"
      reason='' interrupted=''
      turn=later
      ;;
    *)
      turn=$otherwise
      case $1 in
        2 | 4 | 6) # it has changed nothing, and says with which code the command ends
          turn=refuse exit_code=$1
          ;;
        143) # of a removal after its swap something is left to be put right
          [[ $turn != refuse && $turn != person || $shielded == yes || ${journal[kind]}:${journal[phase]} == remove:switched ]] || turn=stopped
          ;;
      esac
      keep_cause
      ;;
  esac
}

# keep_cause: the first reason is why a command fails; later ones follow from it, and are told with it.
keep_cause() {
  reason=${reason:-failed}
  if [[ -z $cause ]]; then
    cause=$reason cause_name=$step_name cause_where=$step_where
  elif [[ $cause != *"$reason"* ]]; then
    cause+="; and on the way back, at $step_name: $reason"
  fi
  reason=''
}

# run_program NAME: the program, then the ways that its failures name. Sets `verdict`: done, failed (a way back is through), refuse (nothing
# was changed), stopped (it was asked to, and nothing is to be put right) or person.
run_program() {
  local program=$1 ways=0 shielded_before=$shielded
  local -a through=('done' failed person)
  while :; do
    turn='' otherwise=person
    "$program"
    case $turn in
      '' | 'end' | later) verdict=${through[ways < 2 ? ways : 2]} ;;
      refuse | stopped | person) verdict=$turn ;;
      *) # a way: nobody may interrupt it, and whoever must leave one way for another asks a person
        program=way.$turn ways=$((ways + 1)) shielded=yes interrupted=''
        continue
        ;;
    esac
    break
  done
  turn='' shielded=$shielded_before
  leave_proxy_mutex
}

# recover: what a run that was cut short has left, before the command's own program. Fails where the command has nothing more to do;
# `verdict` says then how it ends.
recover() {
  local before=none reservation kind_of
  while :; do
    read_journal
    take_up_journal || return
    find_reservation
    kind_of=${journal[kind]:-deploy}
    recovery "$planned" "${journal[phase]}" "$kind_of" "$reservation" # the table: sets `answer`
    answer_of=$answer
    case $answer_of in
      proceed) return 0 ;;
      nothing)
        verdict='done'
        say_nothing_to_do
        return 1
        ;;
      usage | refuse | person)
        refuse_journal
        return 1
        ;;
    esac
    # What the last round could not put right is for the next command, or for a person.
    if [[ $before == "${journal[phase]} ${journal[kind]}" ]]; then
      still_unfinished
      return 1
    fi
    before="${journal[phase]} ${journal[kind]}"
    say_recovery
    recover_by "${answer_of#*:}"
    recovered=yes
    [[ ${before%% *} != swapping || -z $in_force ]] || say "  $in_force serves"
    case $answer_of in
      instead:*)
        # Who wants to go back has gone back, or cannot: then what was cut short stays.
        [[ $verdict != 'done' ]] || say 'the interrupted deployment was rolled back: this completes the rollback'
        [[ $verdict != failed ]] || verdict=person
        tell_served
        return 1
        ;;
      try:*)
        forget_cause
        return 0
        ;;
    esac
    [[ $verdict == 'done' || $verdict == failed ]] || return 1
    forget_cause
  done
}

# recover_by PROGRAM: a way back, which nobody interrupts; a cleanup may be.
recover_by() {
  [[ $1 == plan.cleanup ]] || shielded=yes
  run_program "$1"
  shielded=no
}

# forget_cause: what is said of a recovery is no reason of the command's own.
forget_cause() {
  cause='' cause_name='' cause_where='' reason='' step_name='' step_where='' in_force=''
}
