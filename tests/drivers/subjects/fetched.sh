# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# A run driver that exists only for this suite. It extends `process` and has every function that a driver may leave out.
# only has_every_setting
# only has_every_function
# only preflight_only_looks
# only fetches_beside_what_runs
# only offers_values
# only leaves_the_script_alone
kind=run
chain='fetched process'
files=(../../../stdlib/run/process.sh ../../../stdlib/run/process_session.sh ../../../stdlib/run/process_unit.sh ../fetched.sh)

subject_keeper=session

# shellcheck source=/dev/null
source "$suite/process.sh"

subject_begin() {
  mkdir -p /srv/archive
  : >/srv/archive/page
}

subject_not_ready() { rm -r /srv/archive; }

subject_settings() {
  subject_process_settings
  fetched_archive=/srv/archive
}
