#!/usr/bin/env bash
# CodeDeploy's ValidateService. Made by deployc 0.1.0 from deploy.bg; do not edit.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 3
../hello-spring.sh switch && ../hello-spring.sh cleanup
