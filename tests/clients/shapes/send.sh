#!/usr/bin/env bash
# Sends each request of shapes.json by curl, and prints its status code and answer.
set -euo pipefail

jq -c '.[]' "$1" | while read -r shape; do
    member() { jq -j ".$1" <<<"$shape"; }
    answer=$(member body | iconv -f UTF-8 -t "$(member charset)" | curl -sS -w '\n%{http_code}' --data-binary @- \
        -H "Authorization: Bearer $TOKEN" -H "Content-Type: $(member contentType)" "$BASE_URL$(member path)")
    echo "${answer##*$'\n'} ${answer%$'\n'*}"
done
