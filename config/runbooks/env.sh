# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the pages' commands need. As root, on the HSM's machine, in bash:
#
#     . /opt/managed-hsm/config/runbooks/env.sh
#
# What is set before stays; the rest is read from hsm.yaml. It changes nothing, and prints no secret.

: "${INSTALLED:=/opt/managed-hsm}"
: "${CONFIG:=/etc/managed-hsm/hsm.yaml}"
: "${SERVICE:=managed-hsm}"
: "${RUN_AS:=managed-hsm}"
# The authority that signed the HSM's certificate.
: "${HSM_CA:=/etc/managed-hsm/tls/ca.pem}"

# A value of hsm.yaml: how far it is indented, and its name.
configured() {
    sed -n "s/^ \{$1\}$2: *//p" "$CONFIG" | sed -n '1s/ *#.*//;1p'
}

: "${HSM_URL:=$(configured 2 url)}"
: "${RESOURCE:=$(configured 2 resource)}"
: "${DATA:=$(configured 0 data)}"
: "${BACKUPS:=/var/backups/hsm}"
# Where the two listeners are, as this machine sees them: no name is looked up.
: "${DATA_LISTENER:=127.0.0.1:8443}"
: "${MANAGEMENT_LISTENER:=127.0.0.1:9443}"

# The program, as the service's own user, so that what it writes stays readable for the service.
hsm() {
    runuser -u "$RUN_AS" -- "$INSTALLED/bin/hsm" "$@"
}

# look PATH: asks the listener for management, without a token.
look() {
    curl -sS --max-time 10 --cacert "$HSM_CA" --connect-to "::$MANAGEMENT_LISTENER" "$HSM_URL$1"
    echo
}

# Names of checks that do not hold on this machine, and that you know of and live with: a|b. unwell leaves them out.
: "${KNOWN:=nothing}"

# unwell: the checks of /health that do not hold, one a line.
unwell() {
    look /health | grep -o '{"name":[^}]*"held":false[^}]*}' | grep -Ev "\"name\":\"($KNOWN)\"" || echo "every check holds"
}

# A token of yours: from the HSM's own endpoint where IDENTITY_ENDPOINT is set, otherwise from who is signed in with az.
token() {
    if [ -n "${IDENTITY_ENDPOINT:-}" ]; then
        curl -sS -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=$RESOURCE" |
            sed 's/.*"access_token":"\([^"]*\)".*/\1/'
    else
        az account get-access-token --resource "$RESOURCE" --query accessToken -o tsv
    fi
}

# ask LISTENER METHOD PATH [JSON]: with a token, which goes in by a pipe, so that no list of processes shows it.
ask() {
    local body=()
    [ "$2" = GET ] || body=(-H 'Content-Type: application/json' --data-binary "${4:-}")
    : "${TOKEN:=$(token)}"
    printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
        curl -sS --max-time 60 --cacert "$HSM_CA" --connect-to "::$1" -K - -X "$2" ${body[@]+"${body[@]}"} \
            "$HSM_URL$3$(case $3 in *\?*) echo '&' ;; *) echo '?' ;; esac)api-version=7.6"
    echo
}

# call METHOD PATH [JSON]: what applications ask.
call() {
    ask "$DATA_LISTENER" "$@"
}

# security PATH: refused tokens, for who has the role Managed HSM Security Reader.
security() {
    ask "$MANAGEMENT_LISTENER" GET "$1"
}

# transfer_key FILE: the certificate to which custodians send their answer; made anew each time, in the HSM's memory only.
transfer_key() {
    {
        echo '-----BEGIN CERTIFICATE-----'
        call GET /securitydomain/upload | sed -n 's/.*"x5c":\["\([^"]*\)".*/\1/p' | fold -w 64
        echo '-----END CERTIFICATE-----'
    } >"$1"
}

# domain_upload FILE: hands over what the custodians answered.
domain_upload() {
    call POST /securitydomain/upload "{\"value\":\"$(sed 's/"/\\"/g' "$1")\"}"
}

# until_ready [SECONDS]: waits until requests should be sent here.
until_ready() {
    local left=${1:-${READY_SECONDS:-60}}
    until look /health/ready 2>/dev/null | grep -q '"ready":true'; do
        [ "$left" -gt 0 ] || { echo "not ready: $(look /health/ready)"; return 1; }
        left=$((left - 1))
        sleep 1
    done
    echo ready
}
