#!/usr/bin/env bash
# shop.sh: blue/green deploys of shop on this host, without losing a request.
#
# Made by deployc 0.2.0 from deploy.bg. Do not edit: change deploy.bg, run `deployc build`, commit both.
# Usage: shop.sh COMMAND; `shop.sh help` lists them. Exit: 0 done; 1 failed, users get the same as before; 2 wrong usage or input;
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
case ${BASH_VERSION-} in '' | [0-3].* | 4.[01].*) printf '%s\n' 'shop.sh: bash 4.2 or later is needed' >&2 && trap - EXIT && exit 3 ;; esac
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

# ==== shop: what deploy.bg says ===================================================================

runtime=0.2.0-79943344d24aa787dd1d74086a18ab0b9bb772c9a58e32ec0c32f6406c3fd244
source=deploy.bg
app=shop # @4
root=/opt/shop
staging=/opt/shop/staging
colors=(blue green) # @5 @6
services=(app)
gates=("app ready")
verifies=(verify)
verifies_that_warn=()
input_names=()
secret_names=()
sudo=()
lock_wait=0        # ms
drain_within=30000 # ms; @29
hook_deployment=''
switch_chain=(haproxy)
tools=(
  awk cat chmod chown cmp cp dd du find flock grep haproxy head id ln ls mkdir mkfifo mktemp mv readlink rm sed setsid
  sha256sum sleep stat sync tail tee touch tr wc
)

# Where each color listens, how the proxy reaches it, how each service runs.
declare -A port_of=(["blue app"]=8081 ["green app"]=8082)
declare -A address_of=(["blue app"]=127.0.0.1:8081 ["green app"]=127.0.0.1:8082)
declare -A run_of=(["app"]=process)
declare -A handover_of=(["app"]=overlap)
declare -A stop_within_of=(["app"]=10000) # ms

settings.app() { # @10
  process_command=(./shop --port "${port}" --color "${color}")
  process_user=''
  process_env=()
  process_directory="${slot}"
  process_signal=TERM
  process_open_files=''
  process_log_limit=67108864
  process_keeper=auto
}

switch.settings() { # @18
  haproxy_file=/etc/haproxy/conf.d/shop.cfg
  haproxy_config=(/etc/haproxy/haproxy.cfg /etc/haproxy/conf.d)
  haproxy_pid=/run/haproxy.pid
  haproxy_reload=()
}

# The longest time of each call, in milliseconds: functions of drivers, and the script's own work.
declare -A deadline=(
  ["copy"]=60000 ["journal"]=5000 ["leftovers"]=15000 ["preempt"]=10000 ["proxy_lock"]=80000 ["release_gate"]=70000
  ["release_start"]=25000 ["release_stop"]=30000 ["release_verify"]=20000 ["reservation"]=3600000 ["resume_unit"]=15000
  ["stays_alive"]=2000 ["sweep"]=60000
  ["switch.confirm"]=10000 ["switch.dial"]=5000 ["switch.draining"]=5000 ["switch.mutex"]=2000
  ["switch.preflight"]=15000 ["switch.read"]=5000 ["switch.reload"]=15000 ["switch.remove"]=10000 ["switch.routed"]=5000
  ["switch.snapshot"]=5000 ["switch.swap"]=10000 ["switch.test"]=15000 ["switch.write"]=10000
  ["app adopt"]=20000 ["app alive"]=5000 ["app clear"]=10000 ["app listens"]=5000 ["app logs"]=5000 ["app persist"]=5000
  ["app preflight"]=10000 ["app stage"]=10000 ["app start"]=15000 ["app stop"]=20000
)

read_inputs() { return 0; }
artifact_pattern() { artifact=/opt/shop/staging/shop; } # @8

# Gates: a color gets traffic only when it passes them.
gate.app.ready() { # @14
  tries every 100 within 60000 timeout 2000 after 0 passes 2
  ask get "http://127.0.0.1:${port}/"
  expect status 200..299
}

# Verifies: checks through the proxy after a switch.
verify.verify() { # @23
  tries every 100 within 10000 timeout 2000 after 0 passes 2
  ask get http://127.0.0.1/
  expect status 200..299
  expect color
}

# The text of the proxy's file while a color is live.
fragment() {
  case $1 in
    blue) cat <<'FRAGMENT' ;;
# shop: requests go to blue. Written by deployc from deploy.bg. A deployment refuses edits by hand.
backend shop
    # HAProxy itself says which server has answered, and with which status. `expect color` reads this.
    http-response set-header X-Upstream "%si:%sp %[status]"
    # Idle connections of a worker that drains would look like work for 5 s longer.
    server blue 127.0.0.1:8081 pool-purge-delay 1s
FRAGMENT
    green) cat <<'FRAGMENT' ;;
# shop: requests go to green. Written by deployc from deploy.bg. A deployment refuses edits by hand.
backend shop
    # HAProxy itself says which server has answered, and with which status. `expect color` reads this.
    http-response set-header X-Upstream "%si:%sp %[status]"
    # Idle connections of a worker that drains would look like work for 5 s longer.
    server green 127.0.0.1:8082 pool-purge-delay 1s
FRAGMENT
  esac
}

# ==== The order of its commands ===================================================================
# `old` is the color that serves when a command begins, `new` is the other one; @18 is line 18 of deploy.bg. If a step
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
  step preflight_run new app @10
  step preflight_proxy @18
  step test_as_it_is @18
  step choose_idle
  step try_verify old verify @23
  step read_inputs
  step check_questions
  step find_artifact @8
  step no_stranger new
  step journal preparing
  otherwise end_new
  step make_release @8
  step stage new app @10
  step sync_release
  step clear_idle new
  step ports_are_free new
  step start new app @10
  step gate new app ready @14
}

plan.reserve() { # after `prepare` alone: the new color waits for its `switch`
  otherwise end_new
  step reserve
}

plan.take_up() { # continues with the color that `prepare` started; after a refusal this color stays prepared
  otherwise refuse
  step take_up
  step test_as_it_is @18
}

plan.switch() { # from here on users see the new color
  otherwise end_new
  step test_as_it_is @18
  step gate_again new app ready @14
  plan.before_swap
  plan.point_proxy_at new go_back
  step verify new verify @23
  step commit
  otherwise warn
  step record ok
}

plan.before_swap() { # the last checks, and preparations for a reboot and for the way back
  otherwise end_new
  step still_live old
  step dial new @18
  step persist new overlap
  step keep_resuming
  step save_way_back
}

plan.point_proxy_at() { # COLOR OTHERWISE: one rename, one reload, and the confirmation that the new file is in force
  step lock_proxy @18
  step write "$1" @18
  step journal swapping
  otherwise "$2"
  step swap "$1" @18
  step test @18
  step reload @18
  step confirm @18
  step unlock_proxy
}

plan.cleanup() { # never goes back, because traffic is on a good color
  otherwise later
  step drain old @29
  step stop old @29
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
  step test_as_it_is @18
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
  step dial old @18
  otherwise person
  plan.point_proxy_at old person
  step move_exclusive old
  otherwise warn
  step journal returning
  step drain new @29
  way.end_new
}

way.stay_on_new() { # the old color is down: the new one stays if it passes its gates
  otherwise person
  step start_missing new overlap
  step gates new
  step dial new @18
  plan.point_proxy_at new person
  step journal handing
  step move_exclusive new
  step persist new
  step commit
  step verifies new
}

# ==== switch haproxy: your driver's functions, from haproxy.sh ====

# ---- switch haproxy: one file with the app's backend, and a reload ----------------------------------
#
# A generation is the master and the workers that listen, each as PID:START. An old worker that drains has connections,
# but no listening socket.

haproxy_routed() { fragment_routed "$haproxy_file"; }
haproxy_read() { fragment_read "$haproxy_file"; }
haproxy_write() { fragment_write "$haproxy_file" "$1"; }
haproxy_swap() { fragment_swap "$haproxy_file"; }
haproxy_remove() { fragment_remove "$haproxy_file"; }
haproxy_draining() { generation_draining "$1" "$2" HAProxy; }

haproxy_test() {
  local said path
  local -a options=()
  for path in "${haproxy_config[@]}"; do
    options+=(-f "$path")
  done
  said=$(${sudo[@]+"${sudo[@]}"} haproxy -c -q "${options[@]}" 2>&1) && return 0
  said=$(grep -m 1 ALERT <<<"$said") || said='haproxy -c fails'
  printf '%s\n' "$said"
  return 1
}

haproxy_snapshot() {
  local haproxy_master why
  local -a generation
  if haproxy_read_generation; then
    printf '%s\n' "${generation[*]}"
  else
    printf '%s\n' "$why"
    return 1
  fi
}

haproxy_reload() {
  local haproxy_master why said
  local -a generation old
  haproxy_read_generation || {
    printf '%s\n' "$why"
    return 1
  }
  # Workers that another reload has started since the snapshot are old, too. And workers that drain already must be
  # waited for.
  printf '%s\n' "${generation[*]}" >"$release/reload"
  generation_children "$haproxy_master"
  if ((${#haproxy_reload[@]})); then
    said=$(${sudo[@]+"${sudo[@]}"} "${haproxy_reload[@]}" 2>&1)
  elif [[ -d /run/systemd/system && $(systemctl show --property=MainPID haproxy.service 2>/dev/null) == "MainPID=$haproxy_master" ]]; then
    said=$(${sudo[@]+"${sudo[@]}"} systemctl reload haproxy 2>&1)
  else
    said=$(${sudo[@]+"${sudo[@]}"} kill -USR2 "$haproxy_master" 2>&1)
  fi || {
    printf '%s\n' "${said//$'\n'/; }"
    return 1
  }
  printf '%s\n' "${generation[0]} ${old[*]-}"
}

haproxy_confirm() {
  local haproxy_master why until reloaded=''
  local -a generation before
  read -r reloaded 2>/dev/null <"$release/reload"
  read -r -a before <<<"$1 $reloaded"
  now
  until=$((now_ms + limit - 500))
  until haproxy_judge; do
    now
    if ((now_ms >= until)) || ! pause 20; then
      printf '%s\n' "$why"
      return 1
    fi
  done
}

haproxy_mutex() {
  local file
  file=$(readlink -f -- "${haproxy_config[0]}") && printf '%s\n' "${file%/*}"
}

haproxy_preflight() {
  local haproxy_master why path
  local -a generation
  if ! haproxy_read_generation; then
    printf '%s\n' "$why"
    return 1
  elif ! ${sudo[@]+"${sudo[@]}"} ls "/proc/$haproxy_master/fd" >/dev/null 2>&1; then
    printf '%s\n' "$(id -un) may not look at HAProxy, which runs as root: write \`sudo\` in deploy.bg, and add this line to sudoers: $(haproxy_sudoers)"
    return 1
  elif ((${#generation[@]} == 1)); then
    printf '%s\n' 'no worker of HAProxy listens: is it in master-worker mode (-W)?'
    return 1
  fi
  fragment_writable "$haproxy_file" || return
  for path in "${haproxy_config[@]}"; do
    [[ $path != "$haproxy_file" && ($path != "${haproxy_file%/*}" || $haproxy_file != *.cfg) ]] || return 0
  done
  printf '%s\n' "HAProxy does not read $haproxy_file: it takes ${haproxy_config[*]}, and from a folder only *.cfg"
  return 1
}

# haproxy_sudoers: prints the line for sudoers that allows this user to check, test and reload.
haproxy_sudoers() {
  local reload
  reload="$(type -P kill) -USR2 *"
  [[ ! -d /run/systemd/system ]] || reload="$(type -P systemctl) reload haproxy"
  printf '%s ALL=(root) NOPASSWD: %s -c *, %s, %s\n' "$(id -un)" "$(type -P haproxy)" "$(type -P ls)" "$reload"
}

# haproxy_find_master: sets `haproxy_master`. If it fails, sets `why`.
haproxy_find_master() {
  haproxy_master=''
  { read -r haproxy_master <"$haproxy_pid"; } 2>/dev/null
  if [[ $haproxy_master =~ ^[0-9]+$ && $(pid_command "$haproxy_master") == *haproxy* ]]; then
    return 0
  fi
  why="HAProxy does not run: $haproxy_pid names no process of it; start it"
  return 1
}

# haproxy_read_generation: sets `generation`. If it fails, sets `why`.
haproxy_read_generation() {
  local pid start
  local -a children
  haproxy_find_master || return
  start=$(process_start_time "$haproxy_master") || {
    why='HAProxy ended just now'
    return 1
  }
  generation=("$haproxy_master:$start")
  pid_children "$haproxy_master"
  for pid in ${children[@]+"${children[@]}"}; do
    if haproxy_listens "$pid" && start=$(process_start_time "$pid"); then
      generation+=("$pid:$start")
    fi
  done
}

# haproxy_listens PID: one of its sockets is in state LISTEN (0A). `ls` fails if a connection ends while it runs, which
# happens under load. The lines that it has printed are used all the same.
haproxy_listens() {
  {
    ${sudo[@]+"${sudo[@]}"} ls -l "/proc/$1/fd" 2>/dev/null
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
  } | awk '
    /socket:\[/ { sub(/.*socket:\[/, ""); sub(/\].*/, ""); mine[$0] = 1 }
    $4 == "0A" && ($10 in mine) { found = 1 }
    END { exit !found }'
}

# haproxy_judge: a newer generation is in force. If not, sets `why`. At a reload the master executes itself again, but
# keeps its pid.
haproxy_judge() {
  local worker
  haproxy_read_generation || return 1
  if [[ ${generation[0]} != "${before[0]}" ]]; then
    why='HAProxy was restarted meanwhile'
    return 1
  elif ((${#generation[@]} == 1)); then
    why='no worker of HAProxy listens'
    return 1
  fi
  for worker in "${generation[@]:1}"; do
    if [[ " ${before[*]} " == *" $worker "* ]]; then
      why="worker ${worker%:*} of HAProxy still uses the configuration from before the reload (its log tells why: often a port that is taken)"
      return 1
    fi
  done
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
