# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of the suite
#
# `switch nginx` with an upstream block, in nginx of the host.
# needs nginx
# also busybox
kind=switch
chain=nginx
files=(../../../stdlib/switch/nginx.sh)

# shellcheck source=/dev/null
source "$suite/nginx.sh"
