# ---- switch fakeproxy ------------------------------------------------------------------------------

fakeproxy_preflight() { fake_do switch.preflight true; }
fakeproxy_routed() { fake_do switch.routed fragment_routed "$fakeproxy_file"; }
fakeproxy_read() { fake_do switch.read fragment_read "$fakeproxy_file"; }
fakeproxy_write() { fake_do switch.write fragment_write "$fakeproxy_file" "$1"; }
fakeproxy_swap() { fake_do switch.swap fakeproxy_renames; }
fakeproxy_remove() { fake_do switch.remove fragment_remove "$fakeproxy_file"; }
fakeproxy_test() { fake_do switch.test true; }
fakeproxy_snapshot() { fake_do switch.snapshot fakeproxy_generation; }
fakeproxy_reload() { fake_do switch.reload fakeproxy_loads; }
fakeproxy_confirm() { fake_do switch.confirm fakeproxy_is_newer "$1"; }
fakeproxy_draining() { fake_ask switch.draining fakeproxy_drains; }
fakeproxy_mutex() { fake_do switch.mutex printf '%s\n' "${root%/*}/world"; }

fakeproxy_renames() {
  [[ ! -f ${root%/*}/world/foreign ]] || fake_note "BROKEN a file that somebody else has written is overwritten"
  fragment_swap "$fakeproxy_file"
}

fakeproxy_generation() {
  local generation=0
  { read -r generation <"${root%/*}/world/generation"; } 2>/dev/null
  printf '%s\n' "$generation"
}

fakeproxy_loads() {
  local generation what
  generation=$(fakeproxy_generation)
  for what in sick deaf; do
    ! fakeproxy_loads_a "$what" || fake_note "BROKEN the proxy loads a color that is $what"
  done
  if [[ -f $fakeproxy_file ]]; then
    printf '%s\n' "$(<"$fakeproxy_file")" >"${root%/*}/world/force"
  else
    : >"${root%/*}/world/force"
  fi
  printf '%s\n' "$((generation + 1))" >"${root%/*}/world/generation"
  printf '%s\n' "$generation"
}

# fakeproxy_loads_a FILE: Succeeds if the file of the world names the color that the proxy's file routes to.
fakeproxy_loads_a() {
  local word
  { read -r _ word _ <"$fakeproxy_file"; } 2>/dev/null || return
  fake_says "$1" "${word#color=}"
}

fakeproxy_is_newer() {
  [[ $(fakeproxy_generation) != "$1" ]] || {
    printf 'nothing was loaded since generation %s\n' "$1"
    return 1
  }
}

fakeproxy_drains() {
  local left=0
  { read -r left <"${root%/*}/world/drains"; } 2>/dev/null
  ((left > 0)) || return 1
  printf '%s\n' "$((left - 1))" >"${root%/*}/world/drains"
  printf '%s requests are answered\n' "$left"
}
