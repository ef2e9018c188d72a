#!/usr/bin/env bash
# Makes the demo pack's folder: the files in demo/fractions and a video that ffmpeg draws.
#   demo/make-pack.sh FOLDER [SECONDS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?folder}; seconds=${2:-60}
mkdir -p "$out"
cp -r "$here/fractions/." "$out/"
[ -s "$out/video.mp4" ] && exit 0
# Key frames every two seconds, index in front: the video seeks by byte range.
ffmpeg -nostdin -v error -y \
  -loop 1 -framerate 25 -t "$seconds" -i "$here/fractions/kit/t0040.jpg" \
  -f lavfi -t "$seconds" -i "sine=frequency=330:beep_factor=3:sample_rate=48000" \
  -vf "scale=854:480,drawtext=text='%{pts\\:hms}':x=w-tw-24:y=h-th-20:fontsize=34:fontcolor=white:box=1:boxcolor=0x0b5f4ccc:boxborderw=10,format=yuv420p" \
  -c:v libx264 -profile:v main -preset veryfast -b:v 500k -maxrate 600k -bufsize 1200k -g 50 -c:a aac -b:a 64k -ac 1 \
  -movflags +faststart "$out/video.mp4.part.mp4"
mv "$out/video.mp4.part.mp4" "$out/video.mp4"
