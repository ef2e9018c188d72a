#!/usr/bin/env bash
# Plays the lead school's camera: 25 pictures a second with a burnt-in clock and a tone, H.264 and AAC,
# sent as MPEG-TS to the relay's ingest address until stopped.
#   demo/camera.sh URL [SECONDS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
url=${1:?ingest address}; limit=(); [ -n "${2:-}" ] && limit=(-t "$2")
exec ffmpeg -nostdin -v error -re \
  -f lavfi -i "testsrc2=size=854x480:rate=25" \
  -f lavfi -i "sine=frequency=440:beep_factor=2:sample_rate=48000" "${limit[@]}" \
  -vf "drawbox=x=0:y=0:w=iw:h=74:color=0x0b5f4c:t=fill,drawtext=text='%{localtime\\:%H\\\\\\:%M\\\\\\:%S}  %{pts\\:hms}':x=24:y=18:fontsize=40:fontcolor=white,format=yuv420p" \
  -c:v libx264 -profile:v main -preset ultrafast -tune zerolatency -b:v 700k -maxrate 800k -bufsize 800k -g 50 -keyint_min 50 -sc_threshold 0 \
  -c:a aac -b:a 64k -ac 1 -f mpegts -method POST "$url"
