#!/usr/bin/env bash
# CodeDeploy's ApplicationStart. Made by deployc 0.2.0 from deploy.bg; do not edit.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 3
# The hook calls bash, because a file of a bundle may have lost its mode, for example in an uploaded zip.
exec bash ../hello-spring.sh prepare
