#!/bin/sh
# Tells the connector of one event of a softphone that can only start a program.
#
#   softphone-notify.sh URL EVENT EXTENSION [NUMBER [CALL_ID]]
#
# URL is the device's, https://host/hit/KEY; EVENT is ringing, dialed, connected, ended or missed, or
# the softphone's own word for it. CALL_ID is the softphone's id, the same in all events of a call.
# Returns at once, since some softphones wait for the program; what
# goes wrong is in the file named by SOFTPHONE_NOTIFY_LOG, if it is set.
set -eu

if [ "$#" -lt 3 ]; then
  echo "usage: softphone-notify.sh URL EVENT EXTENSION [NUMBER [CALL_ID]]" >&2
  exit 2
fi
url=$1 event=$2 extension=$3 number=${4-}
# without an id there is no parameter, since an empty one would be data as well
if [ -n "${5-}" ]; then set -- --data-urlencode "call_id=$5"; else set --; fi

curl --silent --show-error --fail --max-time 9 --retry 2 --get "$url/$event" \
  --data-urlencode "ext=$extension" --data-urlencode "n=$number" "$@" \
  </dev/null >/dev/null 2>>"${SOFTPHONE_NOTIFY_LOG:-/dev/null}" &
