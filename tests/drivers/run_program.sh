# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite and of its subjects
#
# The checks of the things that a run driver gives to a program: values, environment, user, log. run.sh says what a
# subject must define.

check_passes_values_unchanged() {
  local name pid
  # shellcheck disable=SC2016,SC1003 # these must arrive unchanged
  local -A sent=([QUOTES]="a'b\"c\`d" [DOLLAR]='$HOME ${x} $(id) %h %%' [BACKSLASH]='\ \\ \n \" end\' [LINES]=$'one\ntwo\n\nfour\n'
    [UNICODE]='배포 é 🚀' [SPACES]='  a   b  ' [TAB]=$'a\tb' [EMPTY]='' [GLOB]='* ? [a] ~' [EQUALS]='a=b=c')
  for name in "${!sent[@]}"; do
    input_names+=("$name")
    input["$name"]=${sent[$name]}
  done
  begin environment
  up
  while IFS= read -r -d '' name; do
    [[ -z ${sent[${name%%=*}]+is} ]] || {
      [[ ${name#*=} == "${sent[${name%%=*}]}" ]] || fail "${name%%=*} arrived as '${name#*=}'"
      unset "sent[${name%%=*}]"
    }
  done </tmp/environment
  ((${#sent[@]} == 0)) || fail "these variables did not arrive: ${!sent[*]}"
  grep -zqx 'PORT=8081' /tmp/environment || fail 'PORT did not arrive'
  grep -zqx 'COLOR=blue' /tmp/environment || fail 'COLOR did not arrive'
  for pid in $(pgrep -f .); do
    ! grep -qs '배포' "/proc/$pid/cmdline" || fail "a value is on a command line: $(pid_command "$pid")"
  done
  expect 0 stop
}

check_hides_the_callers_environment() {
  begin environment
  export CALLERS_SECRET=hidden
  up
  ! grep -zq CALLERS_SECRET /tmp/environment || fail "the caller's variables are in its environment"
  expect 0 stop
}

check_own_variables_win() {
  subject_env=('COLOR=mine' $'MANY=a \'b\'\n"c"')
  begin environment
  up
  grep -zqx 'COLOR=mine' /tmp/environment || fail "the setting env does not win over the driver's own variable"
  [[ $(tr '\0' '\1' </tmp/environment) == *$'MANY=a \'b\'\n"c"\1'* ]] || fail 'a variable of env was changed'
  expect 0 stop
}

check_runs_as_another_user() {
  local pid
  subject_user=ec2-user
  begin environment
  up
  pid=$(ours | head -n 1)
  [[ $(stat -c %U "/proc/$pid") == ec2-user ]] || fail "it runs as $(stat -c %U "/proc/$pid")"
  [[ $(awk '$1 == "Groups:" { $1 = ""; print }' "/proc/$pid/status" | tr -d ' ') == "$(id -G ec2-user | tr -d ' ')" ]] || fail 'it has groups of root'
  grep -zqx 'HOME=/home/ec2-user' /tmp/environment || fail "HOME is not the user's"
  expect 0 alive
  expect 0 enter id -un
  says ec2-user
  expect 0 stop
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

# A user without root runs the rest of this check.
check_works_without_root() {
  mkdir -p "$root"
  chown ec2-user "$root"
  runuser -u ec2-user -- bash "$suite/suite.sh" "$subject" works || exit
}

as_user_works() {
  begin environment
  up
  expect 0 alive
  expect 0 enter id -un
  says ec2-user
  expect 0 logs 5
  says testapp
  expect 0 stop
  expect 1 alive
  [[ -z $(ours) ]] || fail "processes are left: $(ours)"
}

check_reports_an_unknown_user() {
  subject_user=nobody-of-that-name
  begin
  expect 1 start
  says nobody-of-that-name
}

check_enters() {
  begin
  up
  # shellcheck disable=SC2016 # expanded inside
  expect 0 enter sh -c 'echo "in $COLOR"'
  says 'in blue'
  expect 7 enter sh -c 'exit 7'
  expect 0 stop
}

check_caps_the_log() {
  local bytes
  subject_log=65536
  begin talks
  up
  until_true 10 talked || fail 'it does not stop talking'
  sleep 0.3
  bytes=$(cat "$release"/log.app* | wc -c)
  ((bytes <= 65536)) || fail "the log has $bytes bytes instead of 65536"
  ((bytes >= 16384)) || fail "the log has only $bytes bytes"
  expect 0 logs 3
  says 'word 20000'
  expect 0 stop
}

talked() { [[ -f /tmp/talked ]]; }

check_a_full_disk_does_not_stop_it() {
  mkdir -p "$state"
  mount -t tmpfs -o size=400k tmpfs "$state"
  begin patient
  up
  head -c 1m /dev/zero >"$state/fill" 2>/dev/null
  : >/tmp/go
  until_true 10 talked || fail 'it is blocked by its log'
  expect 0 alive
  rm "$state/fill"
  expect 0 stop
}

check_reports_a_missing_program() {
  begin missing
  call start
  ((code == 1)) || {
    until_true 3 ended || fail 'there is no program, but alive answers 0'
    expect 0 logs 3
  }
  [[ $answer == *no-such-program* ]] || fail "it does not name the program: $answer"
}
