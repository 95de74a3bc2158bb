# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `switch nginx` on a host where nginx is a systemd unit, so that systemctl reloads it.
# on systemd
# without a_foreign_reload_before_the_swap_is_old: it is the same as on a host without systemd
# without is_not_fooled_by_workers_that_died: it is the same as on a host without systemd
# without works_by_sudo: the host has no sudo
# without reports_a_user_without_rights: it is the same as on a host without systemd
kind=switch
chain=nginx
files=(../../../stdlib/switch/nginx.sh)

# shellcheck source=/dev/null
source "$suite/nginx.sh"

subject_start() {
  systemctl restart nginx
  until_true 5 subject_is_up || fail 'nginx does not start'
}

subject_end() { systemctl stop nginx; }
