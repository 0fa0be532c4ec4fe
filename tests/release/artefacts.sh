# What release/run makes, for tests/release/run, which sources this file.

build_program() {
    release/tools
    [ -z "${PROGRAM:-}" ] || return 0
    # With the example, the crates have the features that they have in the tests, and are not built again.
    PATH=$repository/target/tools/bin:$PATH cargo auditable build --locked --bin citrus-status --example release-pages
}

# Packages the program into the folder $1; the rest are more options.
package() {
    local folder=$1
    shift
    release/run --allow-dirty --output "$folder" \
        --program "${PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/citrus-status}" "$@"
}

# Sets what the artefacts are called.
name_artefacts() {
    version=$(cargo pkgid) version=${version##*[@#]}
    name=citrus-status-$version-$(rustc -vV | sed -n 's/^host: //p')
}

build_artefacts() {
    package "$scratch/first"
    ! release/run --program /bin/true --output "$scratch/none" --allow-dirty 2>"$scratch/refused" || fail "true was packaged"
    contains "$scratch/refused" "is not version"
}

# The package of another version is what the upgrade needs.
build_again() {
    name_artefacts
    package "$scratch/second" --deb-version "$version-2"
    for file in "$name.tar.gz" "$name.cdx.json"; do cmp "$scratch"/{first,second}/"$file"; done
}

check_archive() {
    name_artefacts
    cd "$scratch/first"
    sha256sum --check --strict SHA256SUMS
    diff <(ls) <(printf '%s\n' SHA256SUMS "$name.cdx.json" "$name.tar.gz" citrus-status_"$version"-1_*.deb)
    diff <(awk '{ print $2 }' SHA256SUMS) <(ls | grep -v SHA256SUMS)
    tar -tvzf "$name.tar.gz" >"$scratch/list"
    [ "$(awk '{ print $2 }' "$scratch/list" | sort -u)" = 0/0 ]
    diff <(awk '{ print $1 }' "$scratch/list" | sort -u) <(printf '%s\n' -rw-r--r-- -rwxr-xr-x drwxr-xr-x)
    tar -xzf "$name.tar.gz" -C "$scratch"
    cd "$scratch/$name"
    contains LICENSE-MIT "Permission is hereby granted"
    contains LICENSE-APACHE "Apache License"
    for file in README.md CHANGELOG.md systemd/citrus-status.service; do cmp "$file" "$(source_of "$file")"; done
    # Each crate in the program has a licence in the archive, but for those whose own package has none.
    tar -tzf licences-of-dependencies.tar.gz | grep '^sqlx-core-.*/LICENSE-MIT'
    ./citrus-status diagnostico | tee "$scratch/diagnostico"
    [ -n "${PROGRAM:-}" ] || contains "$scratch/diagnostico" "commit: 0123abc"
}

source_of() {
    case $1 in
    systemd/*) echo "$repository/deploy/$1" ;;
    *) echo "$repository/$1" ;;
    esac
}

check_crates() {
    local python=$repository/target/release-test/bin
    [ -x "$python/python" ] || python3 -m venv "$repository/target/release-test"
    "$python/pip" install --quiet --disable-pip-version-check 'cyclonedx-python-lib[json-validation]==11.12.0'
    name_artefacts
    objcopy --dump-section ".dep-v0=$scratch/crates" "$scratch/$name/citrus-status" /dev/null
    "$python/python" tests/release/crates.py "$scratch/first/$name.cdx.json" "$scratch/crates"
}

# As a reader gets them, and as those who check manual pages do.
check_manual() {
    name_artefacts
    local page text
    for page in "$scratch/$name"/man/*.1; do
        MANROFFSEQ='' MANWIDTH=100 man --warnings --encoding=UTF-8 --local-file "$page" >"$scratch/page" 2>"$scratch/complaints"
        [ ! -s "$scratch/complaints" ] || { cat "$scratch/complaints"; fail "man complains of $page"; }
        contains "$scratch/page" NAME SYNOPSIS EXAMPLES "  citrus-status"
    done
    # clap_mangen asks which formatter it is in a way that mandoc does not know.
    mandoc -T lint -W warning "$scratch/$name"/man/*.1
    echo "NOTE $(ls "$scratch/$name/man" | wc -l) pages"
}

# What bash offers after what was typed.
check_completions() {
    name_artefacts
    local folder=$scratch/$name/completions
    bash -eu -c '
        . "$1/citrus-status.bash"
        COMP_WORDS=(citrus-status atendimento im) COMP_CWORD=2
        $(complete -p citrus-status | sed "s/.* -F \([^ ]*\) .*/\1/") citrus-status im atendimento
        [ "${COMPREPLY[*]}" = importar ]' bash "$folder"
    contains "$folder/_citrus-status" importar --dry-run
    # fish writes options without their hyphens.
    contains "$folder/citrus-status.fish" importar "-l dry-run"
}

check_package() {
    cd "$scratch/first"
    # In a folder of root's that others can read.
    lintian --allow-root --fail-on error,warning --display-info --tag-display-limit 0 ./*.deb
}
