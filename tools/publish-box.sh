#!/usr/bin/env bash
# Publishes the box as the appliance gets it: self-contained, compiled beforehand, trimmed.
#   tools/publish-box.sh FOLDER [RID]     RID: linux-x64 or linux-arm64, by default this machine's
set -euo pipefail
cd "$(dirname "$0")/.."
case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
dotnet publish edge/Box/Edge.Box.csproj -c Release -r "${2:-$rid}" --self-contained -o "${1:?folder}" -v q
