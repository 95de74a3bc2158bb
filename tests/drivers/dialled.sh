# shellcheck shell=bash
#
# ---- switch dialled: nginx, with a `dial` that connects to each address --------------------------

dialled_dial() {
  local address
  for address; do
    (exec 3<>"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null || {
      printf '%s\n' "no connection to $address"
      return 1
    }
  done
}
