#!/usr/bin/env bash
# suite.sh SUBJECT CHECK: Runs one check of the driver contract, on a temporary host.
#
# SUBJECT is a file that says how to try a driver (see subjects/). CHECK is the name of a function of run.sh or
# switch.sh, without its `check_`. The driver's functions are called as the script calls them. Exit 0: the driver passes
# the check.
# shellcheck disable=SC2034,SC2154 # variables that the runtime reads, and the subject sets
set -u
suite=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
subject=$1
check=$2
[[ -z ${TOOLS_FIRST-} ]] || PATH=$TOOLS_FIRST:$PATH

# The application of every subject: two colors, one service.
app=shop
root=/srv/shop
staging=/srv/shop/staging
colors=(blue green)
services=(app)
sudo=()
# Every script has this constant. No check drains, and only the runtime's `do_drain` reads it, so its value is of no
# importance here.
drain_within=0
declare -A port_of=(["blue app"]=8081 ["green app"]=8082) address_of=(["blue app"]=127.0.0.1:8081 ["green app"]=127.0.0.1:8082)
declare -A run_of=() handover_of=(["app"]=overlap) stop_within_of=(["app"]=2000)
declare -A deadline=() input=() let_of=()
for one in stage start alive listens enter healthy stop clear logs persist adopt preflight fetch offers \
  routed read write swap remove test snapshot reload confirm draining mutex dial holds; do
  deadline["app $one"]=10000 deadline["switch.$one"]=10000
done
switch_chain=()
input_names=()
secret_names=()
behaviour=(serves)

for module in "$suite"/../../stdlib/shell/*.sh; do
  # shellcheck disable=SC1090 # the runtime, module by module
  source "$module"
done
state=/var/lib/deployc/shop
# A check that runs as root calls the suite again for the part that another user does.
if ((EUID != 0)); then
  state=$root/.deployc
  sudo=(sudo -n)
fi

settings.app() { subject_settings; }
switch.settings() { subject_settings; }

fragment() { subject_fragment "$1"; }

# ---- functions of checks -------------------------------------------------------------------------

# fail WORDS…: Ends the check. The end of the host ends the processes that still run.
fail() {
  printf '%s: %s\n' "$check" "$*" >&2
  exit 1
}

# call FUNCTION ARG…: Calls a driver's function as the script does. Sets `answer` and `code`.
call() {
  if [[ $kind == run ]]; then
    at new app ask_run "$@"
  else
    ask_switch "$@"
  fi
  code=$?
}

# directly FUNCTION ARG…: Calls a driver's function in this shell. Its output is not captured.
directly() {
  local found settings=settings.app limit=10000 driver=${chain%% *} name=$1
  function_of "$chain" "$1" || fail "none of $chain has $1"
  shift
  [[ $kind == run ]] || settings=switch.settings
  at new app with_settings "$settings" "$found" "$@"
}

# has FUNCTION: Succeeds if the driver, or one that it extends, has this function.
has() {
  local found
  function_of "$chain" "$1"
}

# expect CODE FUNCTION ARG…: Calls a function. Fails unless it exits with CODE.
expect() {
  local wanted=$1
  shift
  call "$@"
  [[ $code == "$wanted" ]] || fail "$1 exited $code instead of $wanted: $answer"
}

# says TEXT: Fails unless the last answer contains TEXT.
says() {
  [[ $answer == *"$1"* ]] || fail "the answer does not say '$1': $answer"
}

# until_true SECONDS COMMAND…: Waits until COMMAND succeeds. Fails after SECONDS.
until_true() {
  local until
  now
  until=$((now_ms + $1 * 1000))
  shift
  until "$@"; do
    now
    ((now_ms < until)) || return 1
    sleep 0.02
  done
}

# new_release ID COLOR: Makes a release. It is the candidate, and the checks work on it.
new_release() {
  release=$state/releases/$1
  candidate=$release to=$2
  port=${port_of["$2 app"]}
  mkdir -p "$release/slot" "$release/inputs" "$state/colors"
  printf 'color=%s\n' "$2" >"$release/meta"
  [[ $kind != switch ]] || fragment "$2" >"$release/fragment"
}

# get PATH: Asks through the proxy, on a new connection.
get() { curl -s --max-time 5 "http://127.0.0.1$1"; }

# listens PORT: Succeeds if a process listens on the port.
listens() {
  local inode
  inode=$(listeners "$1")
  [[ -n $inode ]]
}

# sets_all_settings: Fails unless the subject sets every setting. A script sets all of them, and the functions run with
# `set -u`.
sets_all_settings() {
  local one file described name limit=10000 driver=${chain%% *}
  for one in $chain; do
    described=''
    for file in "${files[@]}"; do
      file=$(dirname "$subject")/$(dirname "$file")/$one.bg
      [[ ! -f $file ]] || described=$file
    done
    [[ -n $described ]] || fail "there is no description of $one beside ${files[*]}"
    while read -r name; do
      [[ -z $name ]] || at new app with_settings subject_settings declare -p "$name" >/dev/null 2>&1 \
        || fail "the subject does not set $name, a setting of $described"
    done <<<"$(settings_of "$one" "$described")"
  done
}

# settings_of DRIVER FILE: Prints the variables of a description's settings, without the settings that only the template
# reads.
settings_of() {
  local word name _
  while read -r word name _; do
    name=${name%:}
    if [[ $word == setting ]] && ! grep -qs "settings\.$name\b" "${2%.bg}".*.j2; then
      printf '%s_%s\n' "$1" "$name"
    fi
  done <"$2"
}

# state_of_the_shell: Prints the options, the traps and the folder of this shell.
state_of_the_shell() {
  shopt
  set +o
  trap -p
  pwd
}

# is_unchanged FUNCTION STATE: Fails if the driver's function has changed the state of this shell.
is_unchanged() {
  local state_now
  state_now=$(state_of_the_shell)
  [[ $state_now == "$2" ]] || fail "$1 changed an option, a trap or the folder: $(diff <(printf '%s' "$2") <(printf '%s' "$state_now"))"
}

# functions_of KIND: Prints the functions of the contract that every driver must have.
functions_of() {
  case $1 in
    run) printf '%s\n' stage start alive listens enter stop clear logs persist adopt ;;
    switch) printf '%s\n' routed read write swap remove test snapshot reload confirm draining mutex preflight ;;
  esac
}

scratch=$(mktemp -d)
watch_signals
exec 8>"$scratch/proxy-lock" 9>"$scratch/lock"
cd / || exit
# shellcheck disable=SC1090 # it sets kind, chain and `files`
source "$subject"
for file in "${files[@]}"; do
  # shellcheck disable=SC1090 # the driver's functions
  source "$(dirname "$subject")/$file"
done
for file in "$suite/$kind".sh "$suite/${kind}_"*.sh; do
  # shellcheck disable=SC1090 # the checks of this kind of driver
  source "$file"
done
# The checks call the driver, then those that it extends.
if [[ $kind == run ]]; then
  run_of["app"]=$chain
else
  read -r -a switch_chain <<<"$chain"
fi
if ((EUID != 0)); then
  "as_user_$check" </dev/null || fail "it ended with $?"
  exit
fi
subject_begin
"check_$check" </dev/null || fail "it ended with $?"
