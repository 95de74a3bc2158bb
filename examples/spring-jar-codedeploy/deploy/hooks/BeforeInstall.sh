#!/usr/bin/env bash
# CodeDeploy's BeforeInstall. Made by deployc 0.2.0 from deploy.bg; do not edit.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 3
mkdir -p -- /home/ec2-user/app || exit 3
# CodeDeploy removes only the files that it has installed itself. Any other file there would be a second artifact.
rm -rf -- /home/ec2-user/app/staging || exit 3
# The hook calls bash, because a file of a bundle may have lost its mode, for example in an uploaded zip.
exec bash ../hello-spring.sh doctor
