# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of suite.sh, which sources this file
#
# The checks that every `switch` driver must pass. A subject defines:
#   subject_begin             the proxy's configuration on port 80 of the host, without the fragment of the app
#   subject_settings          the driver's settings; if the array reload_with is set, it is the command that reloads
#   subject_file              prints the path of the fragment
#   subject_fragment COLOR    prints the fragment for the live color COLOR
#   subject_start             starts the proxy; subject_end ends it at once
#   subject_break             makes the proxy's configuration invalid
#   subject_listen PORT       makes the proxy listen on one more port
#   subject_reload            reloads the proxy as another app would
#   subject_workers           prints the pids of the workers that accept connections
#   subject_other_site PORT   makes another site on port 81, for a program on 127.0.0.1:PORT
#
# A driver may leave some functions out. A check of such a function has the line `# where it has FUNCTION` above it.

# begin COLOR: Starts both colors and the proxy, which serves COLOR. Makes a release of the other color.
begin() {
  local name
  for name in blue green; do
    "$suite/../../testapp" --port "${port_of["$name app"]}" --color "$name" >/dev/null 2>&1 &
    until_true 5 listens "${port_of["$name app"]}" || fail "$name does not listen"
  done
  fragment "$1" >"$(subject_file)"
  subject_start
  until_true 5 serves "$1" || fail "the proxy does not serve $1: $(get /profile)"
  new_release r2 "$(other_color "$1")"
}

serves() { [[ $(get /profile) == "$1" ]]; }

# routes TEXT: Fails unless `routed` answers TEXT.
routes() {
  expect 0 routed
  [[ $answer == "$1" ]] || fail "routed says '$answer' instead of '$1'"
}

# swap_to COLOR: Does what the script does before the reload, to the new color or back. Sets `snapshot`.
swap_to() {
  local file=$release/fragment
  expect 0 snapshot
  snapshot=$answer
  if [[ $1 != "$to" ]]; then
    file=$release/way-back
    fragment "$1" >"$file"
  fi
  expect 0 write "$file"
  expect 0 swap
  expect 0 test
}

# switch_to COLOR: Calls `swap_to`, then reloads and confirms. Sets `drains` to the generation that must drain.
switch_to() {
  swap_to "$1"
  expect 0 reload
  drains=${answer:-$snapshot}
  expect 0 confirm "$snapshot"
}

check_has_every_setting() {
  new_release r1 blue
  sets_all_settings
}

check_has_every_function() {
  local name
  for name in $(functions_of switch); do
    has "$name" || fail "none of $chain has $name"
  done
}

check_knows_what_is_routed() {
  local file
  file=$(subject_file)
  new_release r1 blue
  rm -f "$file"
  routes none
  fragment blue >"$file"
  routes "color blue $release"
  fragment green >"$file"
  routes 'color green -'
  # An older script wrote the fragment of this release, for a color that has another name now.
  new_release r0 blue
  printf '# as an older script wrote it\n' >"$release/fragment"
  printf 'color=red\n' >"$release/meta"
  ln -sfn "$release" "$state/colors/red"
  cp "$release/fragment" "$file"
  routes "color red $release"
  {
    printf '# edited\n'
    fragment green
  } >"$file"
  expect 0 routed
  [[ $answer == "edited green "* && $answer == *hand* ]] || fail "routed answers '$answer' for an edited file"
  {
    fragment blue
    fragment green
  } >"$file"
  routes mixed
  : >"$file"
  expect 0 routed
  [[ $answer == unknown* ]] || fail "routed answers '$answer' for an empty file"
}

check_reads_the_file() {
  begin blue
  directly read | cmp -s - "$(subject_file)" || fail 'it does not print what the file says'
}

check_switches() {
  local try pid before
  begin blue
  routes 'color blue -'
  before=" $(subject_workers | tr '\n' ' ') "
  switch_to green
  for pid in $(subject_workers); do
    [[ $before != *" $pid "* ]] || fail "the reload is confirmed, but the earlier worker $pid still accepts connections"
  done
  routes "color green $release"
  for ((try = 0; try < 40; try++)); do
    serves green || fail "after the confirmation an answer came from $(get /profile)"
  done
}

check_switches_back_and_forth() {
  local color
  begin blue
  for color in green blue green blue green; do
    switch_to "$color"
    serves "$color" || fail "the reload is confirmed, but $(get /profile) answers instead of $color"
  done
}

check_answers_in_one_line() {
  local name
  begin blue
  expect 0 snapshot
  snapshot=$answer
  for name in preflight routed test snapshot mutex reload "confirm $snapshot" draining "write $release/fragment" swap remove; do
    case $name in
      draining) call draining "$snapshot" green ;;
      *) call "${name%% *}" "${name#* }" ;;
    esac
    [[ $answer != *$'\n'* ]] || fail "${name%% *} answered more than one line: $answer"
  done
}

check_leaves_the_script_alone() {
  local name before
  begin blue
  expect 0 snapshot
  snapshot=$answer
  for name in preflight routed test snapshot mutex dial 'write' swap reload confirm draining remove; do
    has "$name" || continue
    before=$(state_of_the_shell)
    case $name in
      write) directly write "$release/fragment" ;;
      confirm) directly confirm "$snapshot" ;;
      dial) directly dial "${address_of["blue app"]}" ;;
      draining) directly draining "$snapshot" blue ;;
      *) directly "$name" ;;
    esac >/dev/null 2>&1 </dev/null
    is_unchanged "$name" "$before"
  done
}

check_keeps_mode_and_owner() {
  local file
  file=$(subject_file)
  begin blue
  chown ec2-user "$file"
  chmod 640 "$file"
  expect 0 write "$release/fragment"
  # The candidate exists now, and the proxy must not read it.
  expect 0 test
  expect 0 swap
  [[ $(stat -c '%U %a' "$file") == 'ec2-user 640' ]] || fail "the new file is $(stat -c '%U %a' "$file") instead of ec2-user 640"
  cmp -s "$file" "$release/fragment" || fail 'the content is not what was written'
  expect 0 test
}

check_goes_back() {
  local file
  file=$(subject_file)
  begin blue
  swap_to green
  switch_to blue
  cmp -s "$file" <(fragment blue) || fail 'the previous file is not back'
  serves blue || fail 'blue does not serve'
  [[ -z $(find "$(dirname "$file")" -name '.*deployc*') ]] || fail "files are left: $(find "$(dirname "$file")" -name '.*deployc*')"
}

check_removes_the_file_and_the_candidate() {
  local file
  file=$(subject_file)
  new_release r1 blue
  rm -f "$file"
  expect 0 write "$release/fragment"
  expect 0 swap
  cmp -s "$file" "$release/fragment" || fail 'the content is not what was written'
  expect 0 remove
  [[ ! -e $file ]] || fail 'there was no file before, but now there is one'
  routes none
  # After a kill `remove` is called again. It must remove a candidate, too.
  expect 0 write "$release/fragment"
  expect 0 remove
  [[ -z $(find "$(dirname "$file")" -name '.*deployc*') ]] || fail "files are left: $(find "$(dirname "$file")" -name '.*deployc*')"
}

check_follows_a_link() {
  local file
  file=$(subject_file)
  begin blue
  mkdir -p /srv/elsewhere
  mv "$file" /srv/elsewhere/fragment
  ln -s /srv/elsewhere/fragment "$file"
  switch_to green
  [[ -L $file ]] || fail 'the link was replaced by a file'
  cmp -s /srv/elsewhere/fragment <(fragment green) || fail 'the file behind the link was not written'
}

check_reports_a_full_disk() {
  local file folder
  file=$(subject_file)
  mkdir -p /srv/small
  mount -t tmpfs -o size=64k tmpfs /srv/small
  fragment blue >/srv/small/fragment
  rm -f "$file"
  ln -s /srv/small/fragment "$file"
  new_release r2 green
  head -c 1m /dev/zero >/srv/small/fill 2>/dev/null
  expect 1 write "$release/fragment"
  [[ -n $answer ]] || fail 'it does not say why'
  cmp -s /srv/small/fragment <(fragment blue) || fail 'the real file was changed'
  [[ -z $(find /srv/small -name '.*deployc*') ]] || fail 'a candidate is left'
  folder=$(find /srv/small -type f | wc -l)
  ((folder == 2)) || fail "files are left: $(find /srv/small -type f)"
}

check_is_ready() {
  begin blue
  expect 0 preflight
}

check_reports_what_is_missing() {
  begin blue
  subject_not_included
  expect 1 preflight
  says "$(subject_file)"
}

check_is_ready_for_a_first_install() {
  begin blue
  rm -f "$(subject_file)"
  call preflight
  ((code == 0)) || says "$(subject_file)"
}

# where it has dial
check_dials_from_where_the_proxy_runs() {
  begin blue
  expect 0 dial "${address_of["blue app"]}"
  expect 0 dial "${address_of["blue app"]}" "${address_of["green app"]}"
  expect 1 dial "${address_of["blue app"]}" 127.0.0.1:8099
  says 8099
  [[ $answer != *$'\n'* ]] || fail "it answered more than one line: $answer"
}

check_names_its_mutex() {
  begin blue
  expect 0 mutex
  [[ -r $answer ]] || fail "'$answer' cannot be read"
  # shellcheck disable=SC2094 # the file is opened, not written
  flock -n "$answer" true || fail "'$answer' cannot be locked"
}

# as_another_user CHECK: Runs the rest of this check as a user without root.
as_another_user() {
  mkdir -p "$root"
  chown ec2-user "$root"
  runuser -u ec2-user -- bash "$suite/suite.sh" "$subject" "$1" || exit
}

check_works_by_sudo() {
  local file
  file=$(subject_file)
  begin blue
  chmod 600 "$file"
  printf 'ec2-user ALL=(root) NOPASSWD: ALL\n' >/etc/sudoers.d/suite
  as_another_user switches_by_sudo
  serves green || fail 'green does not serve'
  [[ $(stat -c '%U %a' "$file") == 'root 600' ]] || fail "the new file is $(stat -c '%U %a' "$file") instead of root 600"
}

as_user_switches_by_sudo() {
  new_release r2 green
  expect 0 preflight
  routes 'color blue -'
  switch_to green
  routes "color green $release"
  # Switch back and forth again.
  switch_to blue
  routes 'color blue -'
  switch_to green
}

check_reports_a_user_without_rights() {
  begin blue
  as_another_user without_the_setting_sudo
  as_another_user without_a_line_in_sudoers
}

as_user_without_the_setting_sudo() {
  sudo=()
  new_release r2 green
  expect 1 preflight
  says ec2-user
  says sudo
}

as_user_without_a_line_in_sudoers() {
  new_release r2 green
  expect 1 preflight
  says ec2-user
  says sudoers
}
