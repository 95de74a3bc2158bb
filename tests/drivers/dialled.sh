# shellcheck shell=bash
#
# ---- switch dialled: nginx, and each address is connected to first --------------------------------

dialled_dial() {
  local address
  for address; do
    (exec 3<>"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null || {
      printf '%s\n' "no connection to $address"
      return 1
    }
  done
}
