# The JVM operators and the jars around them, by Maven, in flink_jobs/operators/target.
# shellcheck shell=bash

# Contents, not dates: a checkout touches every file.
operators_digest() {
    find pom.xml src/main -type f | LC_ALL=C sort | while read -r file; do
        echo "$file"
        cat "$file"
    done | digest
}

make_operators() (
    cd flink_jobs/operators
    want="$(operators_digest)"
    have="$(cat target/.shopstream 2>/dev/null || true)"
    if [ "$have" = "$want" ] && [ -f target/shopstream-operators.jar ]; then return; fi
    say "Building the operators and fetching the jars with Maven"
    rm -f target/.shopstream
    # The tests are run by `make test`.
    mvn --quiet --batch-mode -Dmaven.test.skip=true package
    echo "$want" >target/.shopstream
)
