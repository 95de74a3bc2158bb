# ---- order: the programs that are the same in every application ----------------------------------
#
# Made from the plan by `tests/regenerate`; do not edit. The other programs are in the application's script. In both, `old` is the color
# that serves when a command begins, `new` is the other one. If a step fails, the other steps are skipped, and the last `otherwise` names
# what follows: a way back, or
#   refuse   nothing was changed: exit 3             later    print a warning, exit 0; the next command continues
#   warn     print a warning; the next step follows  person   a person must act: exit 5

plan.rollback() { # goes back to the release that served before, with this release's own script and the same swap
  otherwise refuse
  step choose_earlier
  step check_host
  step preflight_proxy
  step put_off_journal
  step journal preparing
  plan.serve_release
}

plan.rollback_to() { # `rollback RELEASE`: a copy of a release that was good, in the idle color
  otherwise refuse
  step choose_kept
  step check_host
  step preflight_proxy
  step test_as_it_is
  step no_stranger new
  step journal preparing
  otherwise end_new
  step copy_release
  step sync_release
  step clear_idle new
  step ports_are_free new
  plan.serve_release
}

plan.restart() { # a copy of the live release in the idle color, with its inputs read again
  otherwise refuse
  step choose_live
  step check_host
  step preflight_proxy
  step inputs_again
  step test_as_it_is
  step no_stranger new
  step journal preparing
  otherwise end_new
  step copy_release
  step sync_release
  step clear_idle new
  step ports_are_free new
  plan.serve_release
}

plan.abort() { # a prepared color is stopped
  otherwise person
  step stop new
  otherwise warn
  step persist_off new
  step close_journal
  step sweep
}

plan.resume() { # after a boot: starts the live color again
  otherwise refuse
  step find_live
  otherwise person
  step ensures old
  step start_missing old
  step gates old
  step dial old
}

plan.adopt() { # takes over the proxy's file after an edit by hand, or a color that was started by hand
  otherwise refuse
  step find_adoptable
  step check_host
  step preflight_proxy
  step read_inputs
  step check_questions
  step put_off_journal
  step journal adopting
  otherwise let_go
  step make_adopted
  step gates new
  step test_as_it_is
  step still_live old
  step dial new
  step persist new
  step keep_resuming
  plan.point_proxy_at new undo_adopt
  step verifies new
  step commit_adopted
}

plan.remove() { # the app is removed: the proxy does not route to it, nothing of it runs
  otherwise refuse
  step find_removable
  step check_host
  step test_as_it_is
  step journal removing
  otherwise let_go
  step save_way_back
  step still_live old
  plan.point_proxy_at nothing put_back
  step commit_removed
  recover.removed
  otherwise person
  step remove_state
}

way.undo_adopt() { # the proxy's file gets its earlier content back
  otherwise person
  step gates new
  step dial new
  plan.point_proxy_at old person
  way.let_go
}

way.let_go() { # an adoption or a removal failed: the color keeps running as it was
  otherwise warn
  step close_journal
  step sweep
}

way.put_back() { # the app stays, if its color passes its gates
  otherwise person
  step gates old
  step dial old
  plan.point_proxy_at old person
  way.let_go
}

recover.end_new() { # users never saw the new color, or no longer see it
  otherwise warn
  step drain new
  way.end_new
}

recover.swap() { # the proxy may serve either color; programs that a reboot ended are started first
  otherwise warn
  step start_missing old overlap
  way.go_back
  otherwise warn
  step record failed
}

recover.rollback() { # `rollback` after an interrupted switch: only completes the way back of that switch
  otherwise warn
  step start_missing old overlap
  way.go_back
  otherwise warn
  step record ok
}

recover.adopted() { # an adoption was killed after its commit: writes the pointers and the journal
  otherwise later
  step finish_adopted
}

recover.kept() { # a removal was interrupted at its swap: the app stays; programs that a reboot ended are started first
  otherwise warn
  step start_missing old overlap
  way.put_back
}

recover.removed() { # the proxy no longer routes to the app: its programs that still run are stopped
  otherwise person
  step drain old
  step stop old
  step clear_idle new
  step persist_off old
  step close_journal
}

# ---- recovery: what a command does first about an interrupted run; this depends on the journal's phase ----
#
#   preparing, adopting, removing  users saw nothing                          switched   good; the old color still runs
#   prepared                       ready, it waits for its `switch`           returning  the old color serves; the new one drains
#   swapping                       between the rename and the commit: the proxy may serve either color (in an adopt also a text that a
#                                  person wrote, in a remove also nothing)
#
# Sets `answer`: proceed; nothing (there is nothing to do: exit 0); usage (exit 2); refuse (exit 4); undo:PROGRAM (then read the journal
# again); try:PROGRAM (then begin, whether it succeeded or not); instead:PROGRAM (then end); person (the phase is unknown: exit 5).

recovery() { # COMMAND PHASE KIND mine|held|over
  case $2:$3:$4:$1 in
    idle:*:switch) answer=usage ;;
    idle:*:cleanup | idle:*:abort) answer=nothing ;;
    idle:*) answer=proceed ;;
    preparing:adopt:* | returning:adopt:*) answer=undo:way.let_go ;;
    preparing:*:resume | preparing:*:adopt | returning:*:resume | returning:*:adopt) answer=try:recover.end_new ;;
    preparing:* | returning:*) answer=undo:recover.end_new ;;
    prepared:*:over:resume | prepared:*:over:adopt) answer=try:recover.end_new ;;
    prepared:*:over:*) answer=undo:recover.end_new ;;
    prepared:*:mine:deploy | prepared:*:mine:prepare) answer=undo:recover.end_new ;;
    prepared:*:mine:switch | prepared:*:mine:abort | prepared:*:mine:resume | prepared:*:mine:adopt) answer=proceed ;;
    prepared:*:resume | prepared:*:adopt) answer=proceed ;;
    prepared:*) answer=refuse ;;
    swapping:remove:*) answer=undo:recover.kept ;;
    swapping:adopt:*:resume) answer=try:way.undo_adopt ;;
    swapping:adopt:*) answer=undo:way.undo_adopt ;;
    swapping:deploy:*:rollback) answer=instead:recover.rollback ;;
    swapping:*) answer=undo:recover.swap ;;
    switched:remove:*) answer=undo:recover.removed ;;
    switched:adopt:*) answer=undo:recover.adopted ;;
    switched:*:held:deploy | switched:*:held:prepare | switched:*:held:restart | switched:*:held:remove) answer=undo:plan.cleanup ;;
    switched:*:held:resume | switched:*:held:adopt) answer=proceed ;;
    switched:*:held:*) answer=refuse ;;
    switched:*:switch | switched:*:abort) answer=nothing ;;
    switched:*:cleanup | switched:*:rollback | switched:*:resume | switched:*:adopt) answer=proceed ;;
    switched:*) answer=undo:plan.cleanup ;;
    adopting:* | removing:*) answer=undo:way.let_go ;;
    *) answer=person ;;
  esac
}

# ---- the commands ----

command.deploy() {
  plan.deploy
}

command.prepare() {
  plan.prepare
  plan.reserve
}

command.switch() {
  plan.take_up
  plan.switch
}

command.cleanup() {
  plan.cleanup
}

command.rollback() {
  plan.rollback
}

command.rollback_to() {
  plan.rollback_to
}

command.restart() {
  plan.restart
}

command.remove() {
  plan.remove
}

command.abort() {
  plan.abort
}

command.resume() {
  plan.resume
}

command.adopt() {
  plan.adopt
}

# `plan.failed` runs after a failure of these commands.
commands_with_failure_steps=(deploy prepare switch rollback rollback_to restart)

# ---- `listed`: the blocks that `plan` prints; `written_out`: parts whose steps it prints wherever they run ----
listed=(
  command.prepare
  command.switch
  command.cleanup
  command.rollback
  plan.serve_release
  plan.failed
  way.end_new
  way.go_back
  way.stay_on_new
  plan.rollback_to
  plan.restart
  plan.abort
  plan.resume
  plan.adopt
  plan.remove
  way.undo_adopt
  way.let_go
  way.put_back
  recover.end_new
  recover.swap
  recover.rollback
  recover.adopted
  recover.kept
  recover.removed
)
written_out=(plan.before_swap plan.point_proxy_at)
