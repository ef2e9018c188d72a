#!/usr/bin/env bash
# Installs what the repository needs on Debian 12 and nothing that is there already.
#   tools/setup.sh run     what ./run needs: ffmpeg, a font, npm
#   tools/setup.sh test    that, and what the tests run for real: broker, browser, ARM emulation, neighbours, sticks, peers of the benchmarks
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-run}
say() { printf '\033[1m%s\033[0m\n' "$*"; }
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

packages=(ffmpeg fonts-wqy-microhei curl)
if [ "$what" = test ]; then
  packages+=(avahi-daemon avahi-utils casync chromium dbus-daemon dosfstools e2fsprogs exfatprogs iproute2 mosquitto mosquitto-clients nginx-light qemu-user-static rsync udev vlc-bin vlc-plugin-base wrk xdelta3 zsync)
fi
missing=()
for p in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "Installing from Debian: ${missing[*]}"
  root apt-get update -q
  # No service starts by itself: tests start the broker and nginx as processes of their own.
  root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: https://learn.microsoft.com/dotnet/core/install/linux-debian" >&2; exit 1; }

if ! command -v npm >/dev/null; then
  say "Installing from Debian: npm"
  root apt-get update -q
  root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends npm
fi
