# ---- runner: executes programs, which are lines of `otherwise` and `step` ---------------------------
#
# A failed step ends its program, unless `otherwise` is `warn`: the rest is skipped, and `run_program` continues with
# what `otherwise` names. No action calls another one, and none knows which step comes next.
#
# The exit code of `do_ACTION`: 0 is success, everything else a failure. These codes say more, but each only while
# `otherwise` is as written here. Anywhere else they are a failure like any other, because an action may have passed on
# the exit code of a tool or of a driver.
#   10 with refuse   success, and the command has nothing to do
#   2 with refuse    the command's exit code is 2, not 3
#   5 with later     only a person can decide
#   143              a signal ended the step

turn=''      # empty while steps run; otherwise why no more steps run: `end`, or the reaction to the failed step
otherwise='' # what happens if one of the next steps fails
listing=no   # yes: the steps are printed, and none is run
looking=no   # yes: only the steps that change nothing are run (`doctor`)
answer_of='' # the answer of the table `recovery` for the journal of the earlier run
recovered=no # yes: this command first undid or finished what an earlier run had left
verdict=''   # how the command ended: done, failed, refuse, stopped or person

step_name=''  # the current step in words, for messages
step_where='' # its place, such as deploy.bg:14
reason=''     # why the current step fails
cause=''      # why the command fails: the first reason; the next two say at which step, and where
cause_name='' cause_where=''
exit_code=1 # the exit code of a refused command

otherwise() { otherwise=$1; }

# step ACTION [new|old [SERVICE]] ARG… [@LINE]: Runs the action `do_ACTION`, unless the program has ended. LINE is the
# step's line in deploy.bg.
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
  [[ -z $turn ]] || return 0 # the program has ended, so the step is skipped
  step_where=$where
  group_of_program "${FUNCNAME[@]:1}"
  step_begins "$@"
  now
  begun=$now_ms code=143
  # A step whose failure is only a warning is short, so it runs even after a request to stop.
  if [[ $otherwise == warn ]] || ! asked_to_stop; then
    "do_$1" "${@:2}"
    code=$?
    # A step that succeeded stays successful, even if a signal came meanwhile. The next step reacts to the signal.
    ((code == 0)) || ! asked_to_stop || code=143
  fi
  case $otherwise:$code in
    *:0) step_ends ok "$begun" "$@" ;;
    refuse:10)
      step_ends ok "$begun" "$@"
      turn='end'
      ;;
    *)
      step_ends FAILED "$begun" "$@"
      step_failed "$code"
      ;;
  esac
}

# step_failed CODE: Decides what comes after a failed step, from `otherwise` and from the step's exit code.
step_failed() {
  # 143: the signal is the cause of every other failure.
  (($1 != 143)) || reason="stopped by ${interrupted:-a signal}"
  case $otherwise:$1 in
    later:5)
      turn=person
      keep_cause
      ;;
    warn:*)
      warn "$step_name${step_where:+ ($step_where)}: ${reason:-failed}"
      reason=''
      ;;
    later:*)
      warn "$step_name${step_where:+ ($step_where)} is not finished: ${reason:-failed}; the next command of this script continues it"
      reason='' interrupted=''
      turn=later
      ;;
    *)
      turn=$otherwise
      case $otherwise:$1 in
        refuse:2) exit_code=2 ;;
        refuse:143 | person:143) # a removal after its swap is unfinished and keeps what `otherwise` names
          [[ $shielded == yes || ${journal[kind]}:${journal[phase]} == remove:switched ]] || turn=stopped
          ;;
      esac
      keep_cause
      ;;
  esac
}

# keep_cause: Keeps the first reason as the cause of the command's failure. Later reasons are its consequences and are
# appended.
keep_cause() {
  reason=${reason:-failed}
  if [[ -z $cause ]]; then
    cause=$reason cause_name=$step_name cause_where=$step_where
  elif [[ $cause != *"$reason"* ]]; then
    cause+="; and on the way back, at $step_name: $reason"
  fi
  reason=''
}

# run_program NAME: Runs the program NAME, then the ways back that its failures name. Sets `verdict`: done, failed (a
# way back succeeded), refuse (nothing was changed), stopped (by a signal, with nothing to undo) or person.
run_program() {
  local program=$1 ways=0 shielded_before=$shielded
  local -a through=('done' failed person)
  while :; do
    turn='' otherwise=person
    "$program"
    case $turn in
      '' | 'end' | later) verdict=${through[ways < 2 ? ways : 2]} ;;
      refuse | stopped | person) verdict=$turn ;;
      *) # a way back: a signal does not interrupt it. After a second way the verdict is person.
        program=way.$turn ways=$((ways + 1)) shielded=yes interrupted=''
        continue
        ;;
    esac
    break
  done
  turn='' shielded=$shielded_before
  leave_proxy_mutex
}

# recover: Undoes or finishes what an interrupted run left. Fails if the command's own program must not run. Then
# `verdict` is set already.
recover() {
  local before=none reservation kind_of
  while :; do
    read_journal
    take_up_journal || return
    find_reservation
    kind_of=${journal[kind]:-deploy}
    recovery "$planned" "${journal[phase]}" "$kind_of" "$reservation" # the table; it sets `answer`
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
    # The last round has not changed the state, so the next command or a person must do it.
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
        # This command is a rollback. The recovery was this rollback. If it failed, the interrupted deployment stays as
        # it is.
        [[ $verdict != 'done' ]] || say 'the interrupted deployment was rolled back: this completes the rollback'
        [[ $verdict != failed ]] || verdict=person
        find_served
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

# recover_by PROGRAM: Runs a program that recovers. A signal interrupts a cleanup, but not a way back.
recover_by() {
  [[ $1 == plan.cleanup ]] || shielded=yes
  run_program "$1"
  shielded=no
}

# forget_cause: Forgets the reasons and times that a recovery has set, because they are not the command's own.
forget_cause() {
  cause='' cause_name='' cause_where='' reason='' step_name='' step_where='' in_force=''
  reload_began='' shown_since='' shown_for=''
}
