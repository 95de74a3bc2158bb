dialing_dial() { fake_do switch.dial dialing_reaches "$@"; }

# dialing_reaches ADDRESS…: what has that address runs.
dialing_reaches() {
  local wanted key
  for wanted; do
    for key in "${!address_of[@]}"; do
      [[ ${address_of["$key"]} == "$wanted" ]] || continue
      [[ -f ${root%/*}/world/runs/${key/ /.} ]] && continue 2
    done
    printf 'nobody is at %s\n' "$wanted"
    return 1
  done
}
