#!/usr/bin/env bash
# Publishes the box self-contained for linux-arm64 (ReadyToRun), and beside it the few arm64 libraries of Debian
# that a Pi has and this machine does not, so that qemu-aarch64-static can run it.
#   tools/publish-arm64.sh FOLDER     makes FOLDER/box and FOLDER/sysroot
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:?folder}")
mkdir -p "$out"
tools/publish-box.sh "$out/box" linux-arm64

[ -e "$out/sysroot/.done" ] && exit 0
# A package index of its own: this machine's list of architectures stays as it is.
state=$out/apt
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: >"$state/status"
apt=(apt-get -q -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
  -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root -o Debug::NoLocking=1)
"${apt[@]}" update >/dev/null
mkdir -p "$out/sysroot" "$state/debs"
(cd "$state/debs" && "${apt[@]}" download libc6 libgcc-s1 libstdc++6 zlib1g libicu72 libssl3 ca-certificates tzdata >/dev/null)
for deb in "$state"/debs/*.deb; do dpkg-deb -x "$deb" "$out/sysroot"; done
touch "$out/sysroot/.done"
