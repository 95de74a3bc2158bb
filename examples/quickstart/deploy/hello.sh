#!/usr/bin/env bash
# hello.sh: blue/green deploys of hello on this host, without losing a request.
#
# Made by deployc 0.2.0 from deploy.bg. Do not edit: change deploy.bg, run `deployc build`, commit both.
# Usage: hello.sh COMMAND; `hello.sh help` lists them. Exit: 0 done; 1 failed, users get the same as before; 2 wrong usage or input;
#        3 host not ready, nothing changed; 4 another deployment is active; 5 a person must act
#
# The settings from deploy.bg come first, then the order of the commands. The code of each step, and of `adopt`, `resume` and recovery, is in
# deployc-runtime-0.2.0-79943344.sh, the same for every application; `deployc runtime --check FILE` tells whether FILE is a released runtime.
# Each of the two uses variables that the other one sets. Functions are called by name.
# shellcheck disable=SC2034,SC2154,SC2317

# No setting of the caller has an effect. In POSIX mode no function hides `unset`; variables without a capital letter belong to the script.
POSIXLY_CORRECT=1
# Until the end of this file is read, half a file is reported. A signal only ends the script.
trap 'trap - EXIT && exit 129' HUP && trap 'trap - EXIT && exit 130' INT && trap 'trap - EXIT && exit 143' TERM
trap 'printf "%s\n" "$0 is incomplete: copy it again" >&2 && exit 3' EXIT
\unset -f unset set builtin command compgen exec declare shopt read printf readlink sha256sum
case ${BASH_VERSION-} in '' | [0-3].* | 4.[01].*) printf '%s\n' 'hello.sh: bash 4.2 or later is needed' >&2 && trap - EXIT && exit 3 ;; esac
\set -fhuB +abekmCEHPT +o posix +o pipefail +o history
\unset -v POSIXLY_CORRECT BASH_ENV BASH_COMPAT ENV CDPATH GLOBIGNORE TMOUT FUNCNEST
# shellcheck disable=SC2046 # each word is an option; some cannot be changed
shopt -u $(compgen -A shopt) 2>/dev/null
shopt -s extquote globasciiranges globskipdots sourcepath 2>/dev/null
# If the caller exports one of bash's own variables, bash does not set it. Then the script begins again without it.
for name in $(compgen -A function -A export); do unset -f "$name" && case $name in SHELLOPTS) set +vx ;; BASH_SOURCE | EUID | FUNCNAME | PIPESTATUS | UID) unset -v "$name" && { [[ $- == *s* ]] || exec "$BASH" "$0" "$@"; } ;; *[![:lower:][:digit:]_]* | *_proxy | _) ;; *) unset -v "$name" ;; esac done
set +f && export -n SHELLOPTS BASHOPTS
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
umask 022
trap : ALRM

# ==== hello: what deploy.bg says ==================================================================

runtime=0.2.0-79943344d24aa787dd1d74086a18ab0b9bb772c9a58e32ec0c32f6406c3fd244
source=deploy.bg
app=hello # @2
root=/opt/hello
staging=/opt/hello/staging
colors=(blue green) # @3 @4
services=(app)
gates=("app ready")
verifies=(verify)
verifies_that_warn=()
input_names=()
secret_names=()
sudo=()
lock_wait=0        # ms
drain_within=30000 # ms; @27
hook_deployment=''
switch_chain=(nginx)
tools=(
  awk cat chmod chown cmp cp dd dirname du find flock grep head id ln ls mkdir mkfifo mktemp mv readlink rm sed setsid
  sha256sum sleep stat sync tail tee touch tr wc
)

# Where each color listens, how the proxy reaches it, how each service runs.
declare -A port_of=(["blue app"]=8081 ["green app"]=8082)
declare -A address_of=(["blue app"]=127.0.0.1:8081 ["green app"]=127.0.0.1:8082)
declare -A run_of=(["app"]=process)
declare -A handover_of=(["app"]=overlap)
declare -A stop_within_of=(["app"]=10000) # ms

settings.app() { # @8
  process_command=(./hello --port "${port}" --color "${color}")
  process_user=''
  process_env=()
  process_directory="${slot}"
  process_signal=TERM
  process_open_files=''
  process_log_limit=67108864
  process_keeper=auto
}

switch.settings() { # @16
  nginx_file=/etc/nginx/conf.d/hello.conf
  nginx_upstream=hello
  nginx_set=''
  nginx_read_timeout=''
  nginx_config=/etc/nginx/nginx.conf
  nginx_pid=''
  nginx_binary=nginx
  nginx_test=()
  nginx_reload=()
}

# The longest time of each call, in milliseconds: functions of drivers, and the script's own work.
declare -A deadline=(
  ["copy"]=60000 ["journal"]=5000 ["leftovers"]=15000 ["preempt"]=10000 ["proxy_lock"]=125000 ["release_gate"]=70000
  ["release_start"]=25000 ["release_stop"]=30000 ["release_verify"]=20000 ["reservation"]=3600000 ["resume_unit"]=15000
  ["stays_alive"]=2000 ["sweep"]=60000
  ["switch.confirm"]=40000 ["switch.dial"]=5000 ["switch.draining"]=10000 ["switch.holds"]=40000 ["switch.mutex"]=5000
  ["switch.preflight"]=40000 ["switch.read"]=5000 ["switch.reload"]=15000 ["switch.remove"]=10000 ["switch.routed"]=5000
  ["switch.snapshot"]=5000 ["switch.swap"]=10000 ["switch.test"]=30000 ["switch.write"]=10000
  ["app adopt"]=20000 ["app alive"]=5000 ["app clear"]=10000 ["app listens"]=5000 ["app logs"]=5000 ["app persist"]=5000
  ["app preflight"]=10000 ["app stage"]=10000 ["app start"]=15000 ["app stop"]=20000
)

read_inputs() { return 0; }
artifact_pattern() { artifact=/opt/hello/staging/hello; } # @6

# Gates: a color gets traffic only when it passes them.
gate.app.ready() { # @12
  tries every 100 within 60000 timeout 2000 after 0 passes 2
  ask get "http://127.0.0.1:${port}/"
  expect status 200..299
}

# Verifies: checks through the proxy after a switch.
verify.verify() { # @21
  tries every 100 within 10000 timeout 2000 after 0 passes 2
  ask get http://127.0.0.1/
  expect status 200..299
  expect header X-Upstream equals "${address} 200"
}

# The text of the proxy's file while a color is live.
fragment() {
  case $1 in
    blue) cat <<'FRAGMENT' ;;
# hello: requests go to blue. Written by deployc from deploy.bg. A deployment refuses edits by hand.
upstream hello {
    server 127.0.0.1:8081;
}
FRAGMENT
    green) cat <<'FRAGMENT' ;;
# hello: requests go to green. Written by deployc from deploy.bg. A deployment refuses edits by hand.
upstream hello {
    server 127.0.0.1:8082;
}
FRAGMENT
  esac
}

# ==== The order of its commands ===================================================================
# `old` is the color that serves when a command begins, `new` is the other one; @16 is line 16 of deploy.bg. If a step
# fails, the other steps are skipped, and the last `otherwise` names what follows: a way back, or
#   refuse   nothing was changed: exit 3             later    print a warning, exit 0; the next command continues
#   warn     print a warning; the next step follows  person   a person must act: exit 5

plan.deploy() {
  plan.prepare
  plan.switch
  plan.cleanup
}

plan.prepare() { # the new color runs and passes its gates; users see nothing of it
  otherwise refuse
  step check_host
  step preflight_run new app @8
  step preflight_proxy @16
  step test_as_it_is @16
  step choose_idle
  step try_verify old verify @21
  step read_inputs
  step check_questions
  step find_artifact @6
  step no_stranger new
  step journal preparing
  otherwise end_new
  step make_release @6
  step stage new app @8
  step sync_release
  step clear_idle new
  step ports_are_free new
  step start new app @8
  step gate new app ready @12
}

plan.reserve() { # after `prepare` alone: the new color waits for its `switch`
  otherwise end_new
  step reserve
}

plan.take_up() { # continues with the color that `prepare` started; after a refusal this color stays prepared
  otherwise refuse
  step take_up
  step test_as_it_is @16
}

plan.switch() { # from here on users see the new color
  otherwise end_new
  step test_as_it_is @16
  step gate_again new app ready @12
  plan.before_swap
  plan.point_proxy_at new go_back
  step verify new verify @21
  step commit
  otherwise warn
  step record ok
}

plan.before_swap() { # the last checks, and preparations for a reboot and for the way back
  otherwise end_new
  step still_live old
  step dial new @16
  step persist new overlap
  step keep_resuming
  step save_way_back
}

plan.point_proxy_at() { # COLOR OTHERWISE: one rename, one reload, and the confirmation that the new file is in force
  step lock_proxy @16
  step write "$1" @16
  step journal swapping
  otherwise "$2"
  step swap "$1" @16
  step test @16
  step reload @16
  step confirm @16
  step unlock_proxy
}

plan.cleanup() { # never goes back, because traffic is on a good color
  otherwise later
  step drain old @27
  step stop old @27
  otherwise warn
  step persist_off old
  step close_journal
  step sweep
}

plan.serve_release() { # the end of rollback and restart: switches to a complete release, by its own script
  otherwise end_new
  step ensures new
  step start_missing new overlap
  step gates new
  step test_as_it_is @16
  plan.before_swap
  plan.point_proxy_at new go_back
  step verifies new
  step journal handing
  step move_exclusive new
  step persist new exclusive
  step commit
  otherwise warn
  step record ok
  plan.cleanup
}

plan.failed() { # after every way back of deploy, prepare, switch, rollback and restart
  otherwise warn
  step record failed
}

# ---- ways back: no signal interrupts them; after a second one the command ends with exit 5 ----

way.end_new() { # users never saw the new color, or no longer see it
  otherwise later
  step stop new
  otherwise warn
  step persist_off new
  step close_journal
  step sweep
}

way.go_back() { # the old color serves again, if it passes its gates
  otherwise stay_on_new
  step gates old
  step dial old @16
  otherwise person
  plan.point_proxy_at old person
  step move_exclusive old
  otherwise warn
  step journal returning
  step drain new @27
  way.end_new
}

way.stay_on_new() { # the old color is down: the new one stays if it passes its gates
  otherwise person
  step start_missing new overlap
  step gates new
  step dial new @16
  plan.point_proxy_at new person
  step journal handing
  step move_exclusive new
  step persist new
  step commit
  step verifies new
}

script_file=${BASH_SOURCE[0]-}
[[ $script_file == /* && ! -L $script_file ]] || script_file=$(readlink -f -- "$script_file")
runtime_file='' # the file of the runtime; empty if this script contains the runtime

load_runtime() { # opens the runtime that this script was made with; checks its hash before anything of it is read
  local hash=${runtime##*-} version=${runtime%-*} folder=${script_file%/*} name file pid='' found='' sum='' first='' last='' why
  name=deployc-runtime-$version-${hash:0:8}.sh
  [[ -n $script_file ]] || { printf '%s\n' "$app: this script is one of two files: for standard input, use what \`deployc build --stdout\` prints" >&2 && trap - EXIT && exit 3; }
  for file in "$folder/$name" "$folder/../../runtimes/$runtime" "$folder/runtimes/$runtime"; do
    [[ -e $file ]] || continue
    found=${found:-$file}
    { exec {runtime_fd}<"$file"; } 2>/dev/null || continue
    { read -r pid && read -r -t 60 sum; } < <(printf '%s\n' "$BASHPID" && exec sha256sum <&"$runtime_fd") || kill -KILL "$pid" 2>/dev/null
    [[ $sum != "$hash "* ]] || { runtime_file=$file && return 0; }
    exec {runtime_fd}<&-
  done
  { read -r first <"$found" && last=$(tail -n 1 -- "$found"); } 2>/dev/null
  case "${found:+there}${sum:+, read}: $first … $last" in
    :*) found=$folder/$name why='is missing' ;;
    there:*) why='cannot be read, or sha256sum is missing' ;;
    *": # deployc-runtime $version:"*' … # The end of deployc-runtime.') why='was edited' ;;
    *": # deployc-runtime $version:"*) why='is incomplete' ;;
    *': # deployc-runtime '*) why="is not of version $version" ;;
    *) why='is not a runtime of deployc' ;;
  esac
  printf '%s\n' "$app: $found $why: copy both files that \`deployc build\` wrote, ${script_file##*/} and $name" >&2
  trap - EXIT && exit 3
}

load_runtime
# shellcheck disable=SC1090 # it is checked as a file of its own
. "/dev/fd/$runtime_fd"
exec {runtime_fd}<&-
{ trap - EXIT && main "$@"; }
