# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `run jar`. A small script replaces java: it checks its arguments and runs the suite's program. The end-to-end tests
# deploy real jars.
kind=run
chain='jar process'
files=(../../../stdlib/run/process.sh ../../../stdlib/run/process_session.sh ../../../stdlib/run/process_unit.sh ../../../stdlib/run/jar.sh)

subject_keeper=session

# shellcheck source=/dev/null
source "$suite/process.sh"

subject_begin() {
  mkdir -p /srv/java
  cat >/srv/java/java <<'JAVA'
#!/usr/bin/env bash
# java -Xmx64m -jar FILE BEHAVIOUR…
[[ $1 == -Xmx64m && $2 == -jar && -f $3 ]] || exit 99
shift 3
exec "$PROGRAM" "$@"
JAVA
  chmod 755 /srv/java/java
}

subject_settings() {
  subject_process_settings
  process_command=()
  process_env+=("PROGRAM=$suite/program")
  jar_java=/srv/java/java
  jar_jvm=(-Xmx64m)
  jar_jar="$slot/*.jar"
  jar_args=("${behaviour[@]}")
  if [[ ${behaviour[0]} == missing ]]; then
    jar_java=no-such-program
  fi
  if [[ -n $release && -d $slot ]]; then
    : >"$slot/app-1.0.jar"
  fi
}

subject_false_identity() {
  printf 'pid %s %s %s\n' "$1" "$(($(process_start_time "$1") - 1))" "$(cat /proc/sys/kernel/random/boot_id)"
}
