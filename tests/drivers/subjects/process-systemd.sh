# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `run process` as a transient unit.
# on systemd
# without caps_the_log: the output goes to the journal of systemd, which has its own limits
# without a_full_disk_does_not_stop_it: the output goes to the journal of systemd
# without works_without_root: without root there is no unit
kind=run
chain=process
files=(../../../stdlib/run/process.sh ../../../stdlib/run/process_session.sh ../../../stdlib/run/process_unit.sh)

subject_keeper=auto

# shellcheck source=/dev/null
source "$suite/process.sh"

subject_settings() { subject_process_settings; }

# subject_false_identity PID: Starts a unit and prints an identity with its name, but with the id of another start.
subject_false_identity() {
  systemd-run --quiet --unit=deployc-shop-blue-app-r1 sleep 1000
  printf 'unit deployc-shop-blue-app-r1 %032d\n' 0
}

subject_stranger_lives() { systemctl is-active deployc-shop-blue-app-r1; }
